"""``twinlens similar``: photos that look like one photo."""

from pathlib import Path
from typing import Annotated

import typer

from twinlens.cli.outcome import AsJson, LogFile, Verbose, exits, start_logging
from twinlens.cli.search import Count, Grid, Model, Open, Place, check_usage, open_indexed, show_answer
from twinlens.cli.shown import choose

EXAMPLE = "Example: twinlens similar ~/Pictures/beach.jpg --in ~/Pictures"


@exits
def run(
    photo: Annotated[
        Path, typer.Argument(help="A photo, in the collection or not.", show_default=False, readable=False)
    ],
    place: Place = None,
    k: Count = 10,
    include_self: Annotated[bool, typer.Option("--include-self", help="The photo may find itself.")] = False,
    grid: Grid = None,
    open_sheet: Open = False,
    model: Model = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
    log_file: LogFile = None,
) -> int:
    """Find the photos that look most like one photo; the photo itself is left out."""
    from twinlens import api

    start_logging(verbose=verbose, log_file=log_file)
    check_usage(grid)
    opened = open_indexed(place, model)
    with opened.collection as collection:
        filters = api.Filters(folder=str(opened.within) if opened.within else None)
        query = api.photo_query(photo.expanduser())
        answer = collection.answer(query, page=api.Page(k=k), filters=filters, include_query_photo=include_self)
        shown = choose(answer, show_all=True)  # what is asked is what is nearest, near or far
        return show_answer(str(photo), shown, collection, grid=grid, open_sheet=open_sheet, as_json=as_json)
