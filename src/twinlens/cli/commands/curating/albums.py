"""``twinlens albums``: put photos into albums, save searches as live ones, show, rename and delete them."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from twinlens import api
from twinlens.cli.answers import check_output, check_sheet, read_export, show_answer
from twinlens.cli.changes import change_photos
from twinlens.cli.options.common import Copies, Existing, Export, Grid, Null
from twinlens.cli.options.photos import FromStdin, OfQuery, Photos
from twinlens.cli.outcome import FOUND, NOTHING_FOUND, AsJson, as_exit_code, logged, print_json, say
from twinlens.counted import counted

if TYPE_CHECKING:
    from twinlens.api.photos.curating import PhotoLike

app = typer.Typer(
    help="Put photos into albums, or save searches as live albums, which show what they find when they are opened.",
    no_args_is_help=True,
    epilog="Example: twinlens albums save 'Best dogs' 'a dog rating>=4'",
)
Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the album; case does not matter.")]


@app.command("list", epilog="Example: twinlens albums list --in ~/Pictures")
@as_exit_code
@logged
def list_albums(place: Existing = None, as_json: AsJson = False) -> int:
    """List the albums: with their number of photos, or the search of a live one."""
    with api.library.find_existing(place).collection as collection:
        counts = collection.albums.counts()
        rows = [_fields(album, counts.get(album.name)) for album in collection.albums.all()]
    if as_json:
        print_json({"albums": rows})
    for row in () if as_json else rows:
        what = counted(row["photos"], "photo") if row["query"] is None else f"live: {row['query']}"
        typer.echo(f"{row['name']}\t{what}")
    if not rows:
        say("there are no albums yet; make one: twinlens albums add NAME PHOTO")
    return FOUND if rows else NOTHING_FOUND


@app.command("show", epilog="Example: twinlens albums show 'Best dogs' --export dogs.html")
@as_exit_code
@logged
def show(
    name: Name,
    k: Annotated[int | None, typer.Option("-k", min=1, help="Number of photos; default: all.")] = None,
    place: Existing = None,
    grid: Grid = None,
    export: Export = None,
    copies: Copies = False,
    null: Null = False,
    as_json: AsJson = False,
) -> int:
    """Show the photos of an album: in its order, or as its search finds them now; lines as of 'twinlens search'."""
    from twinlens.cli.open_collection import complete_change

    check_output(null=null, as_json=as_json)
    target = read_export(export, copies=copies)
    check_sheet(grid)
    with api.library.find_existing(place).collection as collection:
        complete_change(collection)
        if target:
            api.searching.check_outside(target, [folder.path for folder in collection.folders()])
        answer = collection.albums.open(name, k=k)
        if not answer.hits and not as_json:
            album = collection.albums.get(name)
            what = f"its search {album.query!r} finds no photo" if album.is_live else "it is empty"
            say(f"there is nothing in the album {album.name!r}: {what}")
            return NOTHING_FOUND
        return show_answer(answer, grid=grid, as_json=as_json, null=null, export=target)


@app.command("add", epilog="Example: twinlens albums add Italy ~/Pictures/rome/*.jpg")
@as_exit_code
@logged
def add(
    name: Name,
    photos: Photos = None,
    query: OfQuery = None,
    from_stdin: FromStdin = False,
    place: Existing = None,
    as_json: AsJson = False,
) -> int:
    """Put photos at the end of an album, and make it if it is new: all that are named, or none if one is unknown."""
    return change_photos(
        place,
        photos,
        query,
        from_stdin=from_stdin,
        change=lambda collection, chosen: collection.albums.add(name, chosen) if chosen else 0,
        done="put {} into the album",
        before="were in it already",
        as_json=as_json,
        album=name,
    )


@app.command("remove", epilog="Example: twinlens albums remove Italy ~/Pictures/rome/blurred.jpg")
@as_exit_code
@logged
def remove(
    name: Name,
    photos: Photos = None,
    query: OfQuery = None,
    from_stdin: FromStdin = False,
    place: Existing = None,
    as_json: AsJson = False,
) -> int:
    """Take photos out of an album: all that are named, or none if one is unknown; the photos stay where they are."""
    return change_photos(
        place,
        photos,
        query,
        from_stdin=from_stdin,
        change=lambda collection, chosen: collection.albums.remove(name, chosen),
        done="took {} out of the album",
        before="were not in it",
        as_json=as_json,
        album=name,
    )


@app.command("order", epilog="Example: twinlens albums order Italy ~/Pictures/rome/forum.jpg")
@as_exit_code
@logged
def order(
    name: Name,
    photos: Photos = None,
    from_stdin: FromStdin = False,
    place: Existing = None,
    as_json: AsJson = False,
) -> int:
    """Put photos of an album first, in the order in which they are named; the others follow as before."""

    def change(collection: "api.library.Collection", chosen: "list[PhotoLike]") -> int:
        collection.albums.put_first(name, chosen)
        return len(chosen)

    return change_photos(
        place,
        photos,
        from_stdin=from_stdin,
        change=change,
        done="put {} first",
        as_json=as_json,
        album=name,
    )


@app.command("save", epilog="Example: twinlens albums save 'Best dogs' 'a dog rating>=4'")
@as_exit_code
@logged
def save(
    name: Name,
    query: Annotated[str, typer.Argument(metavar="QUERY", help="Words and fields, as the search box takes them.")],
    place: Existing = None,
    as_json: AsJson = False,
) -> int:
    """Save a search as a live album, or change the search of one."""
    from twinlens.cli.open_collection import complete_change

    with api.library.find_existing(place).collection as collection:
        complete_change(collection)
        album = collection.albums.save(name, query)
        found = collection.albums.open(name, k=1).num_candidates
    if as_json:
        print_json({**_fields(album, None), "photos_now": found})
    else:
        typer.echo(f"saved {album.name}: {counted(found, 'photo')} now")
    return FOUND


@app.command("rename", epilog="Example: twinlens albums rename Italy 'Italy 2023'")
@as_exit_code
@logged
def rename(
    name: Name,
    new: Annotated[str, typer.Argument(metavar="NEW", help="The new name.")],
    place: Existing = None,
    as_json: AsJson = False,
) -> int:
    """Give an album another name."""
    with api.library.find_existing(place).collection as collection:
        album = collection.albums.rename(name, new)
        count = collection.albums.counts().get(album.name)
    if as_json:
        print_json(_fields(album, count))
    else:
        typer.echo(f"the album is now called {album.name}")
    return FOUND


@app.command("delete", epilog="Example: twinlens albums delete Italy")
@as_exit_code
@logged
def delete(
    name: Name,
    place: Existing = None,
    as_json: AsJson = False,
) -> int:
    """Delete an album, and no photo; prints what it was, from which it can be made again."""
    with api.library.find_existing(place).collection as collection:
        ids = collection.albums.ids(name)
        album = collection.albums.delete(name)
    if as_json:
        print_json({**_fields(album, None if album.is_live else len(ids)), "image_ids": ids})
    elif album.is_live:
        typer.echo(f"deleted {album.name}, which showed: {album.query}")
    else:
        typer.echo(f"deleted {album.name}, which had {counted(len(ids), 'photo')}; the photos stay where they are")
    return FOUND


def _fields(album: "api.curating.Album", count: int | None) -> dict[str, Any]:
    return {"name": album.name, "query": album.query or None, "photos": count}
