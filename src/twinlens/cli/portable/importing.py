"""``twinlens collection import``: take in an archive, or make a collection from it."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from twinlens import api
from twinlens.cli.bars import part_bars
from twinlens.cli.options.common import Existing
from twinlens.cli.outcome import FOUND, AsJson, as_exit_code, logged, print_json
from twinlens.cli.portable.options import DryRun, taken_in_json, taken_in_lines
from twinlens.counted import counted

EXAMPLE = "Example: twinlens collection import library.zip --photos /media/disk/Pictures"


@as_exit_code
@logged
def run(
    file: Annotated[Path, typer.Argument(metavar="FILE", readable=False, help="Archive of 'collection export'.")],
    place: Existing = None,
    photos: Annotated[
        list[str] | None,
        typer.Option(
            "--photos",
            metavar="FOLDER",
            help="Make a new collection of the photos in this folder; NAME=FOLDER for each of several.",
            show_default=False,
        ),
    ] = None,
    collection: Annotated[
        Path | None,
        typer.Option("--collection", metavar="DIR", readable=False, help="With --photos: place of the collection."),
    ] = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> int:
    """Give photos of a collection what they had in an archive, by their contents; or make a collection from it.

    What a photo has here already stays.
    """
    if photos and place is not None:
        raise typer.BadParameter("--photos makes a new collection; --in names one that exists")
    if collection is not None and not photos:
        raise typer.BadParameter("--collection is the place of a new collection; give --photos FOLDER as well")
    with part_bars() as show:
        on_photos = partial(show, "photos")
        if photos:
            made, report = api.portable.import_to(file, photos, at=collection, dry_run=dry_run, on_photos=on_photos)
        else:
            made, report = None, api.portable.import_into(place, file, dry_run=dry_run, on_photos=on_photos)
    if as_json:
        print_json({"collection": made and str(made), **taken_in_json(report), "changed": not dry_run})
    else:
        typer.echo(f"archive     {counted(report.photos, 'photo')}, whole")
        for line in (*([f"collection  {made}"] if made else []), *taken_in_lines(report)):
            typer.echo(line)
        if dry_run:
            typer.echo("nothing was changed")
    return FOUND
