"""``twinlens repair``: save what can be read of a damaged collection."""

from typing import TYPE_CHECKING, Annotated

import typer

from twinlens import api
from twinlens.cli.options.common import Existing
from twinlens.cli.outcome import FOUND, OUR_ERROR, AsJson, as_exit_code, logged, print_json

if TYPE_CHECKING:
    from twinlens.api.upkeep.repair import RepairReport

EXAMPLE = "Example: twinlens repair --in ~/Pictures"


@as_exit_code
@logged
def run(
    place: Existing = None,
    index: Annotated[bool, typer.Option("--index", help="Then read again the photos that were lost.")] = False,
    as_json: AsJson = False,
) -> int:
    """Save what can be read of a damaged catalog, keep the damaged one, and rebuild what is derived from it.

    A collection without faults is not changed.
    """
    report = api.repair.repair(place)
    if as_json:
        print_json(report.to_json())
    else:
        for line in _lines(report, will_index=index):
            typer.echo(api.searching.on_one_line(line))
    if index and (report.tables or report.photos_to_read):
        from twinlens.cli.index_run import index_with_progress

        with api.library.find_existing(report.collection).collection as collection:
            if index_with_progress(collection).kept_folders:
                return OUR_ERROR
    return FOUND


def _lines(report: "RepairReport", *, will_index: bool) -> list[str]:
    if not report.faults:
        return [f"collection  {report.collection}", f"photos      {report.photos:,}", "nothing to repair"]
    lines = [f"fault       {fault}" for fault in report.faults]
    if report.tables and not any(table.rows for table in report.tables):
        lines.append(
            "salvaged    nothing: captions, favourites, tags … are lost, unless there is a copy of the catalog"
        )
    else:
        for table in report.tables:
            known = "an unknown number" if table.known is None else f"{table.known:,}"
            if table.rows or table.known != 0:
                lines.append(f"salvaged    {table.name}: {table.rows:,} of {known}")
    if report.captions_embedded or report.captions_lost:
        lost = f", {report.captions_lost:,} lost: their model is not available" if report.captions_lost else ""
        lines.append(f"captions    {report.captions_embedded:,} embedded again{lost}")
    if report.kept:
        lines.append(f"kept        the damaged catalog: {report.kept}")
    lines.append(f"photos      {report.photos:,} searchable, {report.photos_to_read:,} to be read again")
    if not report.tables and not report.photos_to_read:
        return [*lines, "repaired: the vectors were rebuilt from the catalog; nothing else to do"]
    return lines if will_index else [*lines, f"next: {_index_command(report)} reads again what was lost"]


def _index_command(report: "RepairReport") -> str:
    inside = report.collection.name == ".twinlens"
    return f"twinlens index {report.collection.parent if inside else f'PHOTOS --collection {report.collection}'}"
