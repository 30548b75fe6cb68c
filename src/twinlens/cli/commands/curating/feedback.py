"""``twinlens feedback``: say which photos fit a query, and which do not."""

from typing import Annotated

import typer

from twinlens import api
from twinlens.cli.options.common import Existing
from twinlens.cli.outcome import FOUND, NOTHING_FOUND, AsJson, as_exit_code, logged, print_json, say
from twinlens.counted import counted

EXAMPLE = "Example: twinlens feedback 'our garden' --good 2023/IMG_1.jpg --bad 2023/IMG_7.jpg --in ~/Pictures"


@as_exit_code
@logged
def run(
    query: Annotated[str | None, typer.Argument(help="The query as it was asked.", show_default=False)] = None,
    good: Annotated[list[str] | None, typer.Option("--good", metavar="ID", help="A photo that fits.")] = None,
    bad: Annotated[list[str] | None, typer.Option("--bad", metavar="ID", help="A photo that does not.")] = None,
    forget: Annotated[
        bool, typer.Option("--forget", help="Forget what was said of the photos that are named, or of all.")
    ] = False,
    list_all: Annotated[bool, typer.Option("--list", help="List what was said, of all queries.")] = False,
    place: Existing = None,
    as_json: AsJson = False,
) -> int:
    """Say which photos fit a query, and which do not: from now on it finds more like the good ones.

    ID is the id of a photo or the path of its file; --good and --bad may be given several times. Good photos stand
    first, bad ones are left out. With --list, stdout has one photo per line: good or bad, query, id.
    """
    if (query is None) != list_all:
        raise typer.BadParameter("give either a QUERY or --list")
    if query is not None and not forget and not good and not bad:
        raise typer.BadParameter("say which photos are good or bad: --good ID, --bad ID; or --forget")
    with api.library.find_existing(place).collection as collection:
        teaching = collection.teaching
        if query is None:
            return show_said(teaching.said(kind="query"), as_json=as_json)
        parsed = api.searching.parse_query(query)
        liked, disliked = (api.teaching.ids_of(collection, named or []) for named in (good, bad))
        if forget:
            changed = teaching.forget_feedback(parsed, [*liked, *disliked] or None)
        else:
            changed = teaching.feedback(parsed, good=liked, bad=disliked)
    if as_json:
        print_json({"query": query, "changed": changed})
    else:
        say(f"{'forgot' if forget else 'recorded'} {counted(changed, 'opinion')}")
    return FOUND


def show_said(said: "list[api.teaching.Said]", *, as_json: bool) -> int:
    """Prints opinions on stdout, and returns the exit code."""
    if as_json:
        print_json([one.to_json() for one in said])
    for one in () if as_json else said:
        for opinion, photos in (("good", one.good), ("bad", one.bad)):
            for photo in photos:
                typer.echo(f"{opinion}\t{one.subject}\t{api.searching.on_one_line(photo)}")
    return FOUND if said else NOTHING_FOUND
