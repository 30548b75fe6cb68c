"""Checkpoints: the state of a run in one safetensors file, written atomically."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from twinlens.errors import TrainingError
from twinlens.whole_file import whole_file

LAST = "last.safetensors"
BEST = "best.safetensors"


@dataclass
class Progress:
    """Position and state of a run.

    Attributes:
        stage: number of the stage, from 0.
        epoch: of the whole run, from 0: the current or next one.
        stage_epoch: the same, counted from the start of the stage.
        step: steps done in the current epoch.
        sums: of the losses over these steps.
        best: the best validation result so far; None before the first.
        best_epoch: epoch of the best result.
        waited: validations since the best result.
        done: whether the run has finished.
        left_out: ids of photos that could not be read.
    """

    stage: int = 0
    epoch: int = 0
    stage_epoch: int = 0
    step: int = 0
    sums: dict[str, float] = field(default_factory=dict)
    best: float | None = None
    best_epoch: int = 0
    waited: int = 0
    done: bool = False
    left_out: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint read from a file.

    Attributes:
        progress: position and state of the run.
        tensors: name → value; names begin with ``model.``, ``loss.``, ``optimizer.`` or ``average.``, or are
            ``order``, ``neighbours`` or ``prompts``.
        towers: side → digest of the weights of a tower that is not trained.
    """

    progress: Progress
    tensors: dict[str, Tensor]
    towers: dict[str, str]

    def part(self, name: str) -> dict[str, Tensor]:
        """The tensors whose name begins with ``name.``; the prefix is removed."""
        prefix = name + "."
        return {key.removeprefix(prefix): value for key, value in self.tensors.items() if key.startswith(prefix)}


def write_checkpoint(
    path: Path, progress: Progress, tensors: Mapping[str, Tensor], *, towers: Mapping[str, str] | None = None
) -> None:
    """Writes or replaces a checkpoint; if the disk is full, the old one is kept.

    Raises:
        TrainingError: it cannot be written.
    """
    kept = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    notes = {"progress": json.dumps(asdict(progress)), "towers": json.dumps(dict(towers or {}))}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as place:
            save_file(kept, place, metadata=notes)
            with place.open("rb+") as file:
                os.fsync(file.fileno())
    except (OSError, SafetensorError) as error:
        old = f"; the previous one is intact in {path}" if path.exists() else ""
        raise TrainingError(
            f"the checkpoint {path} cannot be written: {error}{old}; free disk space and continue with --resume"
        ) from error


def read_checkpoint(path: Path) -> Checkpoint:
    """Reads a checkpoint.

    Raises:
        TrainingError: it is missing or damaged.
    """
    if not path.is_file():
        raise TrainingError(f"there is no checkpoint at {path}")
    try:
        with safe_open(path, framework="pt") as file:
            notes: dict[str, Any] = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 — not a mapping
        return Checkpoint(Progress(**json.loads(notes["progress"])), tensors, json.loads(notes["towers"]))
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise TrainingError(f"the checkpoint {path} is damaged ({error!r}); use the run's other checkpoint") from error


def optimizer_tensors(optimizer: torch.optim.Optimizer, names: Mapping[int, str]) -> dict[str, Tensor]:
    """State of an optimizer by parameter name.

    Args:
        optimizer: the optimizer.
        names: ``id`` of a parameter → name.
    """
    return {
        f"optimizer.{names[id(parameter)]}.{key}": value
        for parameter, state in optimizer.state.items()
        for key, value in state.items()
    }


def restore_optimizer(
    optimizer: torch.optim.Optimizer, names: Mapping[int, str], tensors: Mapping[str, Tensor]
) -> None:
    """Restores the state; tensors are named as in ``optimizer_tensors``, without the prefix ``optimizer.``."""
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            prefix = names[id(parameter)] + "."
            state = {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
            for key, value in state.items():
                device = torch.device("cpu") if key == "step" else parameter.device
                optimizer.state[parameter][key] = value.to(device)
