"""``twinlens collection merge``: take another collection in."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from twinlens import api
from twinlens.cli.bars import part_bars
from twinlens.cli.options.common import Existing, place_named
from twinlens.cli.outcome import FOUND, AsJson, as_exit_code, logged, print_json
from twinlens.cli.portable.options import DryRun, taken_in_json, taken_in_lines
from twinlens.counted import counted

EXAMPLE = "Example: twinlens collection merge /media/disk/Pictures --in ~/photos-collection"


@as_exit_code
@logged
def run(
    other: Annotated[
        Path,
        typer.Argument(metavar="OTHER", parser=place_named, help="Photo folder of the other collection, or its own."),
    ],
    place: Existing = None,
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="DIR", readable=False, help="Make a new collection of both, and change neither."),
    ] = None,
    given_only: Annotated[
        bool, typer.Option("--given-only", help="Only what people gave, to photos with the same contents.")
    ] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> int:
    """Take the photos of another collection in, and what people gave to them; the other one stays as it is.

    What a photo has here already stays: a rating, an opinion. Tags, captions and albums are united.
    """
    with part_bars() as show:
        merged = api.portable.merge(
            place, other, to=to, given_only=given_only, dry_run=dry_run, on_photos=partial(show, "photos")
        )
    if as_json:
        folders = {"new_folders": list(map(str, merged.new_folders)), "missing_folders": list(map(str, merged.missing))}
        counts = {**taken_in_json(merged.taken), "to_embed": merged.to_embed}
        patterns = {"excluded": merged.patterns.taken, "not_excluded": merged.patterns.refused}
        print_json({"collection": str(merged.collection), **folders, **counts, **patterns, "changed": not dry_run})
        return FOUND
    for line in _lines(merged, dry_run=dry_run):
        typer.echo(api.searching.on_one_line(line))
    return FOUND


def _lines(merged: "api.portable.Merged", *, dry_run: bool) -> Iterator[str]:
    yield f"collection  {merged.collection}"
    yield from (f"new folder  {folder}" for folder in merged.new_folders)
    yield from taken_in_lines(merged.taken)
    yield from (f"missing     {folder}: only what its photos were given was taken" for folder in merged.missing)
    yield from (f"excluded    {pattern}: as in the other collection" for pattern in merged.patterns.taken)
    for pattern, why in merged.patterns.refused.items():
        yield f"not taken   --exclude {pattern}: {why}; 'twinlens index --exclude' takes it all the same"
    if merged.to_embed:
        yield f"next: twinlens index embeds {counted(merged.to_embed, 'photo')}, which have vectors of another model"
    if dry_run:
        yield "nothing was changed"
