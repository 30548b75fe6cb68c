"""Train the runs of a sweep with progress on stderr, and show what they measure."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from twinlens.cli.interrupts import interrupts
from twinlens.cli.outcome import FOUND, OUR_ERROR, print_json, say
from twinlens.cli.training_log import TrainingLog, listen

if TYPE_CHECKING:
    from twinlens.training.runs.run import RunListener
    from twinlens.training.runs.sweeps.plan import PlannedRun
    from twinlens.training.runs.sweeps.sweep import Sweep

KEPT = "finished runs are kept, and the same command continues with the others"


def train_sweep(sweep: "Sweep", *, as_json: bool) -> int:
    """Trains all runs that are not finished; the exit code."""
    total = len(sweep.runs)

    @contextmanager
    def shown(run: "PlannedRun") -> Iterator["RunListener"]:
        what = f"run {sweep.runs.index(run) + 1} of {total}: {run.setting or 'the recipe'}, seed {run.recipe.seed}"
        say(what + (" (finished before)" if run.is_finished else ""))
        with TrainingLog() as log:
            yield listen(log)

    with interrupts(lambda: KEPT):
        report = sweep.train(shown)
    if as_json:
        print_json(report.to_json())
    else:
        typer.echo(str(report))
    say(f"runs: {sweep.out}")
    return OUR_ERROR if report.num_failed else FOUND
