"""Which photos a command is about: named one by one, read from stdin, or found by a query."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from twinlens import api

if TYPE_CHECKING:
    from twinlens.api.photos.curating import PhotoLike

Photos: TypeAlias = Annotated[
    list[str] | None, typer.Argument(metavar="[PHOTO]...", help="Paths of photos, or ids.", show_default=False)
]
OfQuery: TypeAlias = Annotated[
    str | None,
    typer.Option("--query", metavar="QUERY", help="All photos that match a query, as the search box takes it."),
]
FromStdin: TypeAlias = Annotated[
    bool,
    typer.Option("--null", "-0", help="Photos from stdin, each ended by a NUL, as 'twinlens search -0' prints them."),
]


def check_photos(photos: list[str] | None, query: str | None, *, from_stdin: bool) -> None:
    """Checks before any work is done that photos are named in one way.

    Raises:
        typer.BadParameter: in none, or in several.
    """
    if bool(photos) + (query is not None) + from_stdin != 1:
        raise typer.BadParameter("name photos, give --query QUERY, or pipe their paths to -0: exactly one of these")
    if query is not None:
        api.searching.parse_query(query)


def chosen_photos(
    opened: "api.library.Opened", photos: list[str] | None, query: str | None, *, from_stdin: bool
) -> "list[PhotoLike]":
    """The photos that were named; those of a query within the sub-folder that the command is limited to.

    Raises:
        QueryError: the query is a sum, which leaves no photo out.
        CollectionNotFoundError: nothing is indexed yet.
    """
    if query is not None:
        from twinlens.cli.open_collection import complete_change

        complete_change(opened.collection)
        return [*opened.collection.find_all(api.searching.parse_query(query), **opened.filters())]
    named = _read_stdin() if from_stdin else photos or []
    return [Path(one) for one in named]


def _read_stdin() -> list[str]:
    found = sys.stdin.buffer.read().split(b"\0")
    return [os.fsdecode(one) for one in found if one]
