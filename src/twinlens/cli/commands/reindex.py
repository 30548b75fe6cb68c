"""``twinlens reindex``: switch a collection to another model."""

from pathlib import Path
from typing import Annotated

import typer

from twinlens import api
from twinlens.cli.index_run import with_progress
from twinlens.cli.options.common import Existing, place_named
from twinlens.cli.outcome import FOUND, OUR_ERROR, AsJson, as_exit_code, logged, print_json

EXAMPLE = "Example: twinlens reindex ~/Pictures --model default"


@as_exit_code
@logged
def run(
    place: Annotated[
        Path | None,
        typer.Argument(
            metavar="PHOTOS_OR_COLLECTION",
            parser=place_named,
            show_default=False,
            help="Collection; default: that of the current folder.",
        ),
    ] = None,
    *,
    catalog: Existing = None,
    model: Annotated[str, typer.Option(metavar="NAME|DIR", help="New model.")],
    as_json: AsJson = False,
) -> int:
    """Switch a collection to another model: embed its photos and captions again.

    Searches use the old vectors until everything is embedded. Interrupt at any time:
    the next reindex or index continues. Reindex with the old model cancels the change.
    """
    if place is not None and catalog is not None:
        raise typer.BadParameter("name the collection once: as an argument, or with --in or --catalog")
    with api.library.find_existing(place if catalog is None else catalog).collection as collection:
        report = with_progress(collection, lambda listener: collection.reindex(model, listener=listener))
    if as_json:
        print_json(report.to_json())
    return OUR_ERROR if report.kept_folders else FOUND
