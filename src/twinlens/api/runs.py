"""Read the folders of training runs; needs no torch."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from twinlens.collection.place.locate import user_path
from twinlens.errors import DataError
from twinlens.evaluation.plots.training_curves import METRICS, read_training_log

RECIPE, VALIDATION, ENVIRONMENT = "recipe.json", "validation.json", "environment.json"
WEIGHTS, LOCK = "best.safetensors", ".lock"


@dataclass(frozen=True)
class TrainingRun:
    """A training run, read from its folder.

    Attributes:
        path: the folder.
        epochs: the entries of its log; empty before the first epoch ends.
        recipe: the resolved recipe.
        validation: figures of the best epoch; None until the run is finished.
        environment: software and hardware it was trained with; empty if not recorded.
        is_training: whether a process trains it now; None if that cannot be known.
    """

    path: Path
    epochs: list[dict[str, Any]]
    recipe: dict[str, Any]
    validation: dict[str, Any] | None
    environment: dict[str, Any]
    is_training: bool | None = None

    @property
    def resumed_after(self) -> list[int]:
        """The epochs after which it was interrupted and continued."""
        resumed = self.environment.get("resumed")
        notes = (
            [one.get("after_epoch") for one in resumed if isinstance(one, dict)] if isinstance(resumed, list) else []
        )
        return [epoch for epoch in notes if isinstance(epoch, int)]

    @property
    def data(self) -> Path | None:
        """The folder of the data that it was trained on; None if it is not recorded, or no longer there."""
        source = self.environment.get("source")
        folder = source.get("directory") if isinstance(source, dict) else None
        return Path(folder) if isinstance(folder, str) and Path(folder).is_dir() else None


def find_runs(folder: str | os.PathLike[str]) -> list[Path]:
    """The folder itself if it is a run; else the runs in it, up to two levels deep, by name.

    Raises:
        DataError: there is no such folder, or no run in it.
    """
    place = user_path(folder)
    if (place / RECIPE).is_file():
        return [place]
    if not place.is_dir():
        raise DataError(f"the folder {place} does not exist; give the folder of a run, or one that contains runs")
    found = sorted(file.parent for pattern in ("*", "*/*") for file in place.glob(f"{pattern}/{RECIPE}"))
    if not found:
        raise DataError(f"{place} contains no training run; start one with 'twinlens train RECIPE.toml --out DIR'")
    return found


def has_weights(run: Path) -> bool:
    """Whether the weights of a run's best epoch are in its folder, so that it can be evaluated."""
    return (run / WEIGHTS).is_file()


def changed_at(run: Path) -> float:
    """When the last epoch of a run was finished, or else when it was begun, in seconds since 1970."""
    for name in (METRICS, RECIPE):
        if (file := run / name).is_file():
            return file.stat().st_mtime
    return 0.0


def is_training(run: Path) -> bool | None:
    """Whether a process trains a run now, and so holds its lock; None if that cannot be known."""
    lock = run / LOCK
    if not lock.is_file():
        return False
    try:
        with FileLock(lock, timeout=0):
            return False
    except Timeout:
        return True
    except OSError:  # a folder that is only read
        return None


def read_run(folder: str | os.PathLike[str]) -> TrainingRun:
    """Recipe, log and figures of a run, finished or not.

    Raises:
        DataError: it is not the folder of a run, or a file in it is damaged.
    """
    place = user_path(folder)
    recipe = _object(place / RECIPE)
    if recipe is None:
        raise DataError(f"{place} is not the folder of a training run: it has no {RECIPE}")
    has_begun = (place / METRICS).is_file() and "\n" in (place / METRICS).read_text(encoding="utf-8", errors="replace")
    epochs = read_training_log(place) if has_begun else []
    environment = _object(place / ENVIRONMENT) or {}
    return TrainingRun(place, epochs, recipe, _object(place / VALIDATION), environment, is_training(place))


def _object(file: Path) -> dict[str, Any] | None:
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise DataError(f"{file} cannot be read: {why}; put it back from a copy, or leave this run out") from error
    if not isinstance(value, dict):
        raise DataError(f"{file} is not a JSON object; put it back from a copy, or leave this run out")
    return value
