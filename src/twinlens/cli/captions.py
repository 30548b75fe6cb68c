"""Change the captions that a photo of a collection has, and show them."""

from pathlib import Path

import typer

from twinlens import api
from twinlens.cli.outcome import FOUND, NOTHING_FOUND, print_json, say
from twinlens.errors import QueryError


def change_captions(
    place: Path | None,
    photo: Path,
    *,
    add: str | None,
    instead_of: str | None,
    remove: str | None,
    is_searched: bool,
    as_json: bool,
) -> int:
    """Gives a photo a caption or takes one away, and prints those that it has then; returns the exit code.

    Args:
        place: of the collection; None = the nearest one.
        photo: path or id.
        add: a caption to give.
        instead_of: one that it replaces.
        remove: one to take away.
        is_searched: options of a search for captions were given as well.
        as_json: whether to print JSON.

    Raises:
        typer.BadParameter: the options do not go together.
        QueryError: the photo is unknown, or a caption is empty or too long.
    """
    if is_searched:
        raise typer.BadParameter("--add, --remove and --own take no options that find captions; leave these out")
    if add is not None and remove is not None:
        raise typer.BadParameter("give --add or --remove; --add TEXT --instead-of TEXT replaces a caption")
    if instead_of is not None and add is None:
        raise typer.BadParameter("--instead-of is the caption that the one of --add replaces; give --add, too")
    with api.library.find_existing(place).collection as collection:
        if (missing := instead_of or remove) is not None and missing not in collection.captions.of(photo):
            raise QueryError(
                f"{photo} has no caption {missing!r}; twinlens caption PHOTO --own lists those that it has"
            )
        if add is not None:
            captions = collection.captions.add(photo, add, instead_of=instead_of)
        elif remove is not None:
            captions = collection.captions.remove(photo, remove)
        else:
            captions = collection.captions.of(photo)
    if as_json:
        print_json({"photo": str(photo), "captions": captions})
    for caption in () if as_json else captions:
        typer.echo(caption)
    if not captions:
        say("the photo has no captions")
    return FOUND if captions or remove is not None else NOTHING_FOUND
