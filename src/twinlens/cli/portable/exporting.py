"""``twinlens collection export``: write a collection to one file."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from twinlens import api
from twinlens.cli.bars import part_bars
from twinlens.cli.options.common import Existing
from twinlens.cli.outcome import FOUND, AsJson, as_exit_code, logged, print_json
from twinlens.cli.portable.options import DryRun
from twinlens.counted import counted

EXAMPLE = "Example: twinlens collection export library.zip --in ~/Pictures --embeddings"


@as_exit_code
@logged
def run(
    file: Annotated[Path, typer.Argument(metavar="FILE", readable=False, help="The new archive, such as library.zip.")],
    place: Existing = None,
    embeddings: Annotated[
        bool, typer.Option("--embeddings", help="Also the vectors of the photos: an import need not read any photo.")
    ] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> int:
    """Write what is known of photos and what people gave to them to one file; the photos are not in it."""
    with part_bars() as show:
        photos, size_bytes = api.portable.export(
            place, file, vectors=embeddings, dry_run=dry_run, on_photos=partial(show, "photos")
        )
    if not dry_run:
        size_bytes = file.expanduser().stat().st_size
    if as_json:
        print_json({"file": str(file), "photos": photos, "bytes": size_bytes, "written": not dry_run})
    else:
        done = "would need about" if dry_run else "in"
        typer.echo(f"{counted(photos, 'photo')} {done} {size_bytes / 1e6:,.1f} MB: {file}")
    return FOUND
