"""Checkpoints: where a run stands, in one safetensors file, written whole or not at all."""

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

LAST = "last.safetensors"
BEST = "best.safetensors"


@dataclass
class Progress:
    """Where a run stands.

    Attributes:
        stage: number of the stage, from 0.
        epoch: of the whole run, from 0: the next one to begin, or the one that ``step`` is in.
        stage_epoch: the same, counted from the stage's beginning.
        step: steps done in that epoch.
        sums: of the losses over these steps.
        best: the best measure so far; None before the first.
        best_epoch: when that was.
        waited: validations since then.
        done: whether the run came to its end.
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
    """A checkpoint that was read.

    Attributes:
        progress: where the run stood.
        tensors: name → value; names begin with ``model.``, ``loss.``, ``optimizer.``, ``average.``, or are
            ``order`` and ``prompts``.
        towers: side → digest of the weights of a tower that was never trained.
    """

    progress: Progress
    tensors: dict[str, Tensor]
    towers: dict[str, str]

    def part(self, name: str) -> dict[str, Tensor]:
        """The tensors whose name begins with ``name.``, without that."""
        prefix = name + "."
        return {key.removeprefix(prefix): value for key, value in self.tensors.items() if key.startswith(prefix)}


def write_checkpoint(
    path: Path, progress: Progress, tensors: Mapping[str, Tensor], *, towers: Mapping[str, str] | None = None
) -> None:
    """Replaces a checkpoint; when the disk is full the old one stays.

    Raises:
        TrainingError: it cannot be written.
    """
    partial = path.with_suffix(".partial")
    kept = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    notes = {"progress": json.dumps(asdict(progress)), "towers": json.dumps(dict(towers or {}))}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file(kept, partial, metadata=notes)
        with partial.open("rb+") as file:
            os.fsync(file.fileno())
        partial.replace(path)
    except (OSError, SafetensorError) as error:
        partial.unlink(missing_ok=True)
        old = f"; the one before is intact in {path}" if path.exists() else ""
        raise TrainingError(
            f"the checkpoint {path} cannot be written: {error}{old}; make room and go on with --resume"
        ) from error


def read_checkpoint(path: Path) -> Checkpoint:
    """Reads a checkpoint.

    Raises:
        TrainingError: there is none, or it is damaged.
    """
    if not path.is_file():
        raise TrainingError(f"there is no checkpoint at {path}")
    try:
        with safe_open(path, framework="pt") as file:
            notes: dict[str, Any] = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 — no mapping
        return Checkpoint(Progress(**json.loads(notes["progress"])), tensors, json.loads(notes["towers"]))
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise TrainingError(f"the checkpoint {path} is damaged ({error!r}); take the other one of the run") from error


def optimizer_tensors(optimizer: torch.optim.Optimizer, names: Mapping[int, str]) -> dict[str, Tensor]:
    """State of an optimizer, by the names of its parameters (``id`` of a parameter → name)."""
    return {
        f"optimizer.{names[id(parameter)]}.{key}": value
        for parameter, state in optimizer.state.items()
        for key, value in state.items()
    }


def restore_optimizer(
    optimizer: torch.optim.Optimizer, names: Mapping[int, str], tensors: Mapping[str, Tensor]
) -> None:
    """Puts the state back; tensors are named as ``optimizer_tensors`` does, without ``optimizer.``."""
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            prefix = names[id(parameter)] + "."
            state = {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
            for key, value in state.items():
                device = torch.device("cpu") if key == "step" else parameter.device
                optimizer.state[parameter][key] = value.to(device)
