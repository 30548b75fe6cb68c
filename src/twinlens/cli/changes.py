"""Change something about the photos that a command is about, and show what has changed."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from twinlens import api
from twinlens.cli.options.photos import check_photos, chosen_photos
from twinlens.cli.outcome import FOUND, NOTHING_FOUND, print_json, say
from twinlens.counted import counted

if TYPE_CHECKING:
    from twinlens.api.library import Collection
    from twinlens.api.photos.curating import PhotoLike


def change_photos(
    place: Path | None,
    photos: list[str] | None,
    query: str | None = None,
    *,
    from_stdin: bool,
    change: "Callable[[Collection, list[PhotoLike]], int]",
    done: str,
    before: str = "",
    as_json: bool,
    **fields: Any,
) -> int:
    """Changes something about the photos that were named, and shows it; returns the exit code.

    Args:
        place: of the collection; None = the nearest one.
        photos: that are named.
        query: finds them instead.
        from_stdin: they are read from there instead.
        change: does it to photos of a collection, all or none; returns how many did not have it.
        done: see ``show_change``; so are the others.
        before: how the others were.
        as_json: whether to print JSON.
        fields: of the JSON.

    Raises:
        typer.BadParameter: photos are named in no way, or in several.
        QueryError: a photo is unknown, or the query leaves none out.
        CollectionNotFoundError: nothing is indexed yet.
    """
    check_photos(photos, query, from_stdin=from_stdin)
    opened = api.library.find_existing(place)
    with opened.collection as collection:
        chosen = chosen_photos(opened, photos, query, from_stdin=from_stdin)
        changed = change(collection, chosen)
    return show_change(chosen, changed, done, before, as_json=as_json, **fields)


def show_change(photos: Sequence[object], changed: int, done: str, before: str, *, as_json: bool, **fields: Any) -> int:
    """Prints how many photos have changed, and returns the exit code: 3 if there were none to change.

    Args:
        photos: to which something was given.
        changed: how many of them did not have it.
        done: what was done, with ``{}`` for the photos, such as "tagged {}".
        before: how the others were, such as "had the tag already".
        as_json: whether to print JSON instead of a line.
        fields: of the JSON, besides the numbers.
    """
    if as_json:
        print_json({**fields, "photos": len(photos), "changed": changed})
    elif not photos:
        say("no photo was named or found; nothing was changed")
    else:
        others = len(photos) - changed
        behind = f"; {others:,} {before}" if others else ""
        typer.echo(f"{done.format(counted(changed, 'photo'))}{behind}")
    return FOUND if photos else NOTHING_FOUND
