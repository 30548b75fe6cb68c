"""Train the runs of a sweep one after another; what is finished is not trained again."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twinlens.errors import TrainingError
from twinlens.protocols import Dataset
from twinlens.training.runs.run import RunListener, check_same_recipe, run_recipe
from twinlens.training.runs.run_folder import VALIDATION, RunFolder
from twinlens.training.runs.sweeps.plan import PlannedRun
from twinlens.training.runs.sweeps.report import Measured, SweepReport

SWEEP = "sweep.json"
OnRun = Callable[[PlannedRun], AbstractContextManager[RunListener | None]]


@dataclass(frozen=True)
class Sweep:
    """Runs that share data and cached features.

    Attributes:
        runs: in order.
        out: the folder of all.
        dataset: captioned photos with the splits train and val.
        source: location of the data set, as ``run_recipe`` saves it.
        cache: of features and pixels.
    """

    runs: tuple[PlannedRun, ...]
    out: Path
    dataset: Dataset
    source: dict[str, Any]
    cache: Path

    def train(self, on_run: OnRun = lambda _: nullcontext()) -> SweepReport:
        """Trains what is not finished, each run from where it was, and writes ``sweep.json`` after each.

        A run that fails, such as by a loss that is NaN, does not stop the others.

        Args:
            on_run: opened around each run, and gives its listener.

        Raises:
            TrainingError: a folder has a run with another recipe, or there are several processes.
            DataError: the data lacks a split.
        """
        if int(os.environ.get("WORLD_SIZE", "1")) > 1:
            raise TrainingError("a sweep runs in one process; start each run by itself to use several")
        for run in self.runs:
            if (folder := RunFolder(run.folder)).exists:
                check_same_recipe(run.recipe, folder)
        measured: list[Measured] = []
        for run in self.runs:
            with on_run(run) as listener:
                measured.append(self._measured(run, listener))
            self.out.mkdir(parents=True, exist_ok=True)  # where the first run failed before it had a folder
            RunFolder(self.out).write_json(SWEEP, SweepReport(tuple(measured)).to_json())
        return SweepReport(tuple(measured))

    def _measured(self, run: PlannedRun, listener: RunListener | None) -> Measured:
        folder, about = RunFolder(run.folder), (run.setting, run.recipe.seed, run.folder)
        if run.is_finished:
            return Measured(*about, folder.read_json(VALIDATION))
        try:
            finished = run_recipe(
                run.recipe,
                self.dataset,
                run.folder,
                resume=folder.exists,
                source=self.source,
                cache=self.cache,
                listener=listener,
            )
        except TrainingError as error:
            return Measured(*about, None, str(error))
        return Measured(*about, finished.validation)
