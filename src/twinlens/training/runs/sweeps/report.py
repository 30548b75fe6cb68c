"""What the runs of a sweep measure: mean and standard deviation over the seeds of each setting."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from twinlens.evaluation.report import DIRECTIONS

SHOWN = ("R@1", "R@5", "R@10")
WIDTH = 14


@dataclass(frozen=True)
class Measured:
    """One run of a sweep.

    Attributes:
        setting: the values that are swept.
        seed: of the run.
        folder: of the run.
        validation: as in its ``validation.json``; None if it failed.
        failed: why it failed.
    """

    setting: str
    seed: int
    folder: Path
    validation: Mapping[str, Any] | None
    failed: str = ""


@dataclass(frozen=True)
class SweepReport:
    """Results of all runs, in the order they were planned."""

    runs: tuple[Measured, ...]

    @property
    def num_failed(self) -> int:
        """Number of runs that failed."""
        return sum(run.validation is None for run in self.runs)

    def settings(self) -> dict[str, list[Measured]]:
        """Setting → its runs."""
        found: dict[str, list[Measured]] = {}
        for run in self.runs:
            found.setdefault(run.setting, []).append(run)
        return found

    def to_json(self) -> dict[str, Any]:
        """The fields of ``twinlens train --seeds N --json``."""
        first = self._first()
        return {
            **{key: first.get(key) for key in ("recipe", "data", "split", "n_images")},
            "settings": [
                {"setting": setting, **_figures(own), "runs": [_run(run) for run in own]}
                for setting, own in self.settings().items()
            ],
        }

    def __str__(self) -> str:
        first, settings = self._first(), self.settings()
        width = max(12, *(len(setting) + 2 for setting in settings))
        lines = [
            f"{first['data']}/val, {first['n_images']:,} photos, recipe {first['recipe']}: the best epoch of each run"
            if first
            else "no run has come to its end",
            (" " * (width + 7) + "".join(f"{title:<{WIDTH * len(SHOWN)}}" for title, _ in DIRECTIONS)).rstrip(),
            (f"{'':<{width}}{'runs':>5}  " + "".join(f"{name:<{WIDTH}}" for name in SHOWN) * 2).rstrip(),
        ]
        for setting, own in settings.items():
            figures = _figures(own)
            cells = "".join(f"{_shown(figures[way].get(name)):<{WIDTH}}" for _, way in DIRECTIONS for name in SHOWN)
            lines.append(f"{setting or 'the recipe':<{width}}{figures['num_runs']:>5}  {cells}".rstrip())
        lines.append("per cent: mean ± standard deviation over seeds")
        return "\n".join([*lines, *(f"failed: {run.folder}: {run.failed}" for run in self.runs if run.failed)])

    def _first(self) -> Mapping[str, Any]:
        return next((run.validation for run in self.runs if run.validation is not None), {})


def _figures(runs: Sequence[Measured]) -> dict[str, Any]:
    """Each measure's mean, deviation and values over the runs of a setting that have come to their end."""
    found = [run.validation for run in runs if run.validation is not None]
    ways = {
        way: {name: _spread(own[way][name] for own in found) for name in (found[0][way] if found else ())}
        for _, way in DIRECTIONS
    }
    loss = _spread(own["loss"] for own in found)
    return {"num_runs": len(found), **ways, "loss": loss, "seconds": round(sum(own["seconds"] for own in found), 1)}


def _spread(values: Iterable[float | None]) -> dict[str, Any]:
    """Mean and sample standard deviation (over n − 1), which one value does not have."""
    known = [value for value in values if value is not None]
    return {
        "mean": round(float(np.mean(known)), 4) if known else None,
        "std": round(float(np.std(known, ddof=1)), 4) if len(known) > 1 else None,
        "values": known,
    }


def _run(run: Measured) -> dict[str, Any]:
    outcome = {"failed": run.failed} if run.validation is None else {"validation": dict(run.validation)}
    return {"seed": run.seed, "folder": str(run.folder), **outcome}


def _shown(spread: Mapping[str, Any] | None) -> str:
    if not spread or spread["mean"] is None:
        return "-"
    return f"{spread['mean']:.1f}" + ("" if spread["std"] is None else f" ± {spread['std']:.1f}")
