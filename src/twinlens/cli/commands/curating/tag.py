"""``twinlens tag``: give photos tags, take them away, list, rename and suggest them."""

from pathlib import Path
from typing import Annotated, Any

import typer

from twinlens import api
from twinlens.cli.changes import change_photos, show_change
from twinlens.cli.options.common import Existing
from twinlens.cli.options.photos import FromStdin, OfQuery, Photos
from twinlens.cli.outcome import FOUND, NOTHING_FOUND, AsJson, as_exit_code, logged, print_json, say
from twinlens.cli.suggesting import EXAMPLE, suggest

app = typer.Typer(
    help="Tag photos: give them tags, take them away, list, rename and suggest them. No photo file is changed.",
    no_args_is_help=True,
    epilog="Example: twinlens tag add kids ~/Pictures/beach.jpg",
)
Tag = Annotated[str, typer.Argument(metavar="TAG", help="A word or several; case does not matter.")]


@app.callback(invoke_without_command=True)
def choose_from(
    context: typer.Context,
    labels: Annotated[
        Path | None,
        typer.Option(metavar="FILE", readable=False, help="Short for 'twinlens tag suggest --labels FILE'."),
    ] = None,
    place: Existing = None,
    as_json: AsJson = False,
) -> None:
    """What stands before a command: the labels alone are a command by themselves."""
    if context.invoked_subcommand is None and labels is not None:
        given = ["--labels", str(labels), *(["--in", str(place)] if place else []), *(["--json"] if as_json else [])]
        command = context.command.get_command(context, "suggest")  # type: ignore[attr-defined]
        with command.make_context("suggest", given, parent=context) as inner:
            command.invoke(inner)
    if labels is not None or place is not None or as_json:
        raise typer.BadParameter("--labels, --in and --json stand behind a command, or --labels FILE without one")


@app.command("add", epilog="Example: twinlens tag add 'on holiday' --query 'a beach year:2023'")
@as_exit_code
@logged
def add(
    tag: Tag,
    photos: Photos = None,
    query: OfQuery = None,
    from_stdin: FromStdin = False,
    place: Existing = None,
    as_json: AsJson = False,
) -> int:
    """Give a tag to photos: to all that are named, or to none if one is unknown."""
    return change_photos(
        place,
        photos,
        query,
        from_stdin=from_stdin,
        change=lambda collection, chosen: collection.tags.add(tag, chosen),
        done="tagged {}",
        before="had the tag already",
        as_json=as_json,
        tag=tag,
    )


@app.command("remove", epilog="Example: twinlens tag remove kids ~/Pictures/beach.jpg")
@as_exit_code
@logged
def remove(
    tag: Tag,
    photos: Photos = None,
    query: OfQuery = None,
    from_stdin: FromStdin = False,
    place: Existing = None,
    as_json: AsJson = False,
) -> int:
    """Take a tag from photos: from all that are named, or from none if one is unknown."""
    return change_photos(
        place,
        photos,
        query,
        from_stdin=from_stdin,
        change=lambda collection, chosen: collection.tags.remove(tag, chosen),
        done="took the tag from {}",
        before="did not have it",
        as_json=as_json,
        tag=tag,
    )


@app.command("list", epilog="Example: twinlens tag list --in ~/Pictures")
@as_exit_code
@logged
def list_tags(
    photo: Annotated[
        str | None, typer.Argument(metavar="[PHOTO]", help="Only the tags of this photo.", show_default=False)
    ] = None,
    place: Existing = None,
    as_json: AsJson = False,
) -> int:
    """List all tags and how many photos have each, or the tags of one photo."""
    with api.library.find_existing(place).collection as collection:
        rows: list[dict[str, Any]] = [{"tag": tag, "photos": count} for tag, count in collection.tags.all()]
        if photo is not None:
            rows = [{"tag": tag} for tag in collection.tags.of(Path(photo))]
    if as_json:
        print_json({"tags": rows})
    for row in () if as_json else rows:
        typer.echo("\t".join(map(str, row.values())))
    if not rows:
        say("there are no tags yet; give some: twinlens tag add TAG PHOTO" if photo is None else "it has no tags")
    return FOUND if rows else NOTHING_FOUND


@app.command("rename", epilog="Example: twinlens tag rename kids children")
@as_exit_code
@logged
def rename(
    tag: Tag,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The new name.")],
    merge: Annotated[
        bool, typer.Option("--merge", help="If there is a tag of that name already, make the two one for good.")
    ] = False,
    place: Existing = None,
    as_json: AsJson = False,
) -> int:
    """Write a tag in another way on all photos that have it."""
    with api.library.find_existing(place).collection as collection:
        changed = collection.tags.rename(tag, name, merge=merge)
    return show_change(range(changed), changed, "renamed the tag of {}", "", as_json=as_json, tag=tag, name=name)


app.command("suggest", epilog=EXAMPLE)(suggest)
