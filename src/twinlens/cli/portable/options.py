"""Options that commands about whole collections share, and how they show what was taken in."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from twinlens.counted import counted

if TYPE_CHECKING:
    from twinlens.api.upkeep.portable import TakenIn

DryRun: TypeAlias = Annotated[bool, typer.Option("--dry-run", help="Check everything, and change nothing.")]


def taken_in_json(report: "TakenIn") -> dict[str, Any]:
    """The fields of ``--json`` about what was taken in."""
    return {name: getattr(report, name) for name in ("photos", "added", "gained", "kept", "ungiven", "learnt")}


def taken_in_lines(report: "TakenIn") -> Iterator[str]:
    """What was taken in, a line each."""
    if report.added:
        yield f"added       {counted(report.added, 'photo')}, none of which was read"
    yield f"given       to {counted(report.gained, 'photo')} what they did not have"
    if report.kept:
        yield f"kept        what {counted(report.kept, 'photo')} had that are not here, until they are indexed"
    if report.ungiven:
        yield f"left out    {counted(report.ungiven, 'photo')} whose contents are not known"
    if report.learnt:
        yield "learnt      what 'twinlens teach' had learnt"
