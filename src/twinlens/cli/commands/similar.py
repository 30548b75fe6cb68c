"""``twinlens similar``: find photos that look like a photo."""

from pathlib import Path
from typing import Annotated

import typer

from twinlens import api
from twinlens.cli.answers import check_sheet, say_since_index, show_answer
from twinlens.cli.open_collection import open_indexed
from twinlens.cli.options.common import Count, Grid, Model, Open, Place
from twinlens.cli.options.filters import FilterValues, check_filters, with_filters
from twinlens.cli.options.search import AllCopies
from twinlens.cli.outcome import AsJson, LogFile, Verbose, as_exit_code, start_logging

EXAMPLE = "Example: twinlens similar ~/Pictures/beach.jpg --in ~/Pictures"


@as_exit_code
@with_filters
def run(
    photo: Annotated[
        Path, typer.Argument(help="Photo file, in the collection or not.", show_default=False, readable=False)
    ],
    place: Place = None,
    k: Count = 10,
    filters: FilterValues | None = None,
    include_self: Annotated[bool, typer.Option("--include-self", help="Allow the photo to find itself.")] = False,
    all_copies: AllCopies = False,
    grid: Grid = None,
    open_sheet: Open = False,
    model: Model = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
    log_file: LogFile = None,
) -> int:
    """Find the photos most similar to a photo; the photo itself is left out."""
    start_logging(verbose=verbose, log_file=log_file)
    filters = filters or {}
    check_filters(filters)
    check_sheet(grid)
    opened = open_indexed(place, model)
    with opened.collection as collection:
        search = api.searching.Search(
            api.searching.photo_query(photo),
            opened.filters(filters),
            api.searching.Page(k),
            show_all=True,  # the nearest photos are wanted, however far away
            include_query_photo=include_self,
            group=not all_copies,
        )
        since_index, answer = say_since_index(opened), collection.answer(search)
        return show_answer(answer, grid=grid, open_sheet=open_sheet, as_json=as_json, since_index=since_index)
