"""``twinlens similar``: find photos that look like one or more pictures, and not like others."""

from collections.abc import Sequence
from typing import Annotated, TypeAlias

import typer

from twinlens import api
from twinlens.cli.answers import check_output, check_sheet, say_since_index, show_answer
from twinlens.cli.open_collection import open_indexed
from twinlens.cli.options.common import Count, Grid, Model, Null, Open, Place
from twinlens.cli.options.filters import FilterValues, check_filters, with_filters
from twinlens.cli.options.search import AllCopies, Explain
from twinlens.cli.outcome import AsJson, as_exit_code, logged

EXAMPLE = "Example: twinlens similar ~/Pictures/beach.jpg --in ~/Pictures"


Pictures: TypeAlias = Annotated[
    list[str] | None,
    typer.Argument(metavar="PHOTO...", help="Photo files or URLs, in the collection or not.", show_default=False),
]
Without: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--not", metavar="PHOTO", help="Leave out what matches this photo, too; may be repeated.", show_default=False
    ),
]
Regions: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--region",
        metavar="X,Y,W,H",
        help="The part of the photo that is meant, as fractions, per cent or pixels; once for each photo.",
        show_default=False,
    ),
]
Clipboard: TypeAlias = Annotated[bool, typer.Option("--clipboard", help="Search by the picture in the clipboard, too.")]
IncludeSelf: TypeAlias = Annotated[bool, typer.Option("--include-self", help="Allow the photo to find itself.")]


@as_exit_code
@logged
@with_filters
def run(
    photos: Pictures = None,
    without: Without = None,
    regions: Regions = None,
    clipboard: Clipboard = False,
    place: Place = None,
    k: Count = 10,
    filters: FilterValues | None = None,
    include_self: IncludeSelf = False,
    all_copies: AllCopies = False,
    explain: Explain = False,
    grid: Grid = None,
    open_sheet: Open = False,
    model: Model = None,
    null: Null = False,
    as_json: AsJson = False,
) -> int:
    """Find the photos most similar to a photo; the photo itself is left out.

    Several photos are searched by their mean: what they have in common. --not leaves out what has
    a grade for another one. The nearest photos are shown, however far away; those without a grade
    are marked 'no sure match', and the exit code is 3 if no photo of the library has one.
    """
    query = _asked(photos or (), without or (), regions or (), clipboard=clipboard)
    filters = filters or {}
    check_filters(filters)
    check_output(null=null, as_json=as_json, explain=explain)
    check_sheet(grid)
    opened = open_indexed(place, model)
    with opened.collection as collection:
        search = api.searching.Search(
            query,
            opened.filters(filters),
            api.searching.Page(k),
            show_all=True,  # the nearest photos are wanted, however far away
            include_query_photo=include_self,
            group=not all_copies,
            explain=explain,
        )
        since_index, answer = say_since_index(opened), collection.answer(search)
        return show_answer(
            answer,
            nearest=True,
            grid=grid,
            open_sheet=open_sheet,
            as_json=as_json,
            null=null,
            since_index=since_index,
        )


def _asked(
    photos: Sequence[str], without: Sequence[str], regions: Sequence[str], *, clipboard: bool
) -> "api.searching.Query":
    if not photos and not clipboard:
        raise typer.BadParameter("give at least one PHOTO, or --clipboard")
    pasted = [api.searching.clipboard_picture()] if clipboard else []
    return api.searching.similar_query([*photos, *pasted], without=without, regions=regions)
