"""``twinlens collection move``: the photos are in another folder now."""

from pathlib import Path
from typing import Annotated

import typer

from twinlens import api
from twinlens.cli.options.common import Existing
from twinlens.cli.outcome import FOUND, AsJson, as_exit_code, logged, print_json
from twinlens.cli.portable.options import DryRun
from twinlens.counted import counted

EXAMPLE = "Example: twinlens collection move /media/disk/Pictures --in ~/Pictures"


@as_exit_code
@logged
def run(
    new: Annotated[
        Path, typer.Argument(metavar="NEW_FOLDER", readable=False, help="The folder where the photos are now.")
    ],
    place: Existing = None,
    folder: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Which photo folder was moved, if the collection has several."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Also if no photo is at its place in the new folder.")] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> int:
    """Say where the photos are that were moved or renamed; all that they were given stays, and none is read again.

    Move the photos first, with whatever you like. --in takes the old folder or the collection.
    """
    moved = api.portable.move(place, new, folder=folder, force=force, dry_run=dry_run)
    if as_json:
        places = {"old": str(moved.old), "new": str(moved.new), "collection": str(moved.collection)}
        counts = {name: getattr(moved, name) for name in ("photos", "here", "changed", "missing")}
        print_json({**places, **counts, "moved": not dry_run})
        return FOUND
    for line in _lines(moved, dry_run=dry_run):
        typer.echo(api.searching.on_one_line(line))
    return FOUND


def _lines(moved: "api.portable.Moved", *, dry_run: bool) -> list[str]:
    lines = [
        f"{'would move' if dry_run else 'moved'}  {moved.old} -> {moved.new}",
        f"collection  {moved.collection}",
        f"here        {moved.here:,} of {counted(moved.photos, 'photo')}, as they were indexed",
    ]
    if moved.changed:
        lines.append(f"to compare  {counted(moved.changed, 'photo')} with another size or date")
    if moved.missing:
        lines.append(f"missing     {counted(moved.missing, 'photo')}, such as {moved.example}")
    if (moved.changed or moved.missing) and not dry_run:
        lines.append(f"next: twinlens index {moved.new} finds photos by their contents, whatever their names")
    return lines
