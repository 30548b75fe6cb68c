"""Training on a Ray cluster: its workers share every batch, and take the steps that one process would take."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twinlens.api import lab
from twinlens.cluster.connection import Cluster
from twinlens.cluster.ranks import RankLostError, run_ranks
from twinlens.collection.place.locate import user_path
from twinlens.errors import ClusterError

if TYPE_CHECKING:
    from twinlens.training.runs.run import FinishedRun, RunListener

TRIES = 3  # a run whose machines are lost continues from its last checkpoint
EVENTS = ("on_prepare", "on_step", "on_epoch", "on_note")


def train_on(
    cluster: Cluster,
    recipe: str | os.PathLike[str],
    data: str | os.PathLike[str],
    out: str | os.PathLike[str] | None = None,
    *,
    changes: Sequence[str] = (),
    kind: str | None = None,
    captions: str | os.PathLike[str] | None = None,
    images: str | os.PathLike[str] | None = None,
    resume: bool = False,
    cache: str | os.PathLike[str] | None = None,
    listener: "RunListener | None" = None,
) -> "FinishedRun":
    """Trains as ``lab.train`` does, by all workers of a cluster together; the arguments are its.

    Recipe, data, the run's folder and the cache must be at the same places on all machines. A run that loses a
    machine continues from its last checkpoint, on those that are left.

    Raises:
        ClusterError: the workers cannot run at the same time, are lost again and again, or do not share the folders.
        TrainingError, ConfigError, DataError: as ``lab.train``.
    """
    settings = lab.lab_module("recipe").load_recipe(user_path(recipe), changes=changes)
    folder = (user_path(out) if out is not None else user_path("runs") / settings.name).absolute()
    asked: dict[str, Any] = {
        "recipe": _absolute(recipe),
        "data": _absolute(data),
        "out": str(folder),
        "changes": list(changes),
        "kind": kind,
        "captions": _absolute(captions),
        "images": _absolute(images),
        "cache": _absolute(cache),
    }
    for tries in range(1, TRIES + 1):
        try:
            finished: FinishedRun = run_ranks(
                cluster, train_rank, {**asked, "resume": resume}, on_event=_listened(listener)
            )
            break
        except RankLostError as error:
            resume = resume or lab.lab_module("runs.run_folder").RunFolder(folder).exists
            if tries == TRIES:
                raise ClusterError(f"{error}; the same command with --resume continues") from error
            if listener:
                listener.on_note(f"{error}; the run continues from its last checkpoint")
    if not Path(finished.best).exists():
        raise ClusterError(
            f"the run is in {finished.folder} on another machine, and this one does not see it; "
            "give --out a folder that all machines share"
        )
    return finished


def train_rank(tell: Callable[[str, tuple[Any, ...]], None], **asked: Any) -> "FinishedRun":
    """The share of one process, which tells of each event by its name."""
    listener = lab.run_listener()
    for name in EVENTS:
        setattr(listener, name, lambda *values, name=name: tell(name, values))
    return lab.train(**asked, listener=listener)


def _listened(listener: "RunListener | None") -> Callable[[str, tuple[Any, ...]], None]:
    def hear(name: str, values: tuple[Any, ...]) -> None:
        if listener is not None:
            getattr(listener, name)(*values)

    return hear


def _absolute(place: str | os.PathLike[str] | None) -> str | None:
    return None if place is None else str(user_path(place).absolute())
