"""``twinlens collection split``: a part becomes a collection of its own."""

from pathlib import Path
from typing import Annotated

import typer

from twinlens import api
from twinlens.cli.options.common import Existing
from twinlens.cli.outcome import FOUND, AsJson, as_exit_code, logged, print_json
from twinlens.cli.portable.options import DryRun
from twinlens.counted import counted

EXAMPLE = "Example: twinlens collection split ~/Pictures/Italy --to ~/Pictures/Italy/.twinlens --remove"


@as_exit_code
@logged
def run(
    to: Annotated[Path, typer.Option("--to", metavar="DIR", readable=False, help="Place of the new collection.")],
    part: Annotated[
        str | None,
        typer.Argument(
            metavar="FOLDER|QUERY",
            help="A folder with photos, or a query with a field, such as tag:kids.",
            show_default=False,
        ),
    ] = None,
    place: Existing = None,
    query: Annotated[
        str | None, typer.Option("--query", metavar="QUERY", help="Any query, also of words alone.", show_default=False)
    ] = None,
    remove: Annotated[
        bool,
        typer.Option("--remove", help="The other collection shall have the photos no longer; for a folder only."),
    ] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> int:
    """Make a part of a collection one of its own, with all that its photos were given; no photo is read or moved."""
    if (part is None) == (query is None):
        raise typer.BadParameter("give either a folder, or a query; of words alone as --query QUERY")
    if query is not None:
        made = api.portable.split_query(place, query, to, remove=remove, dry_run=dry_run)
    else:
        made = api.portable.split(place, part or "", to, remove=remove, dry_run=dry_run)
    if as_json:
        fields = {"collection": str(made.collection), "photos": made.photos, "removed": made.removed}
        print_json({**fields, "made": not dry_run})
        return FOUND
    done = "would go to" if dry_run else "is in" if made.photos == 1 else "are in"
    end = ", and no longer in the other one" if made.removed else ""
    typer.echo(api.searching.on_one_line(f"{counted(made.photos, 'photo')} {done} {made.collection}{end}"))
    return FOUND
