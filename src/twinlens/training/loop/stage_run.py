"""A stage with all it works with: inputs, optimizer, average, teacher."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from twinlens.training.feeding.batches import Epochs
from twinlens.training.feeding.inputs import Inputs
from twinlens.training.feeding.split_inputs import SplitInputs
from twinlens.training.loop.checkpoints import Checkpoint, optimizer_tensors, restore_optimizer
from twinlens.training.loop.ema import MovingAverage
from twinlens.training.loop.stages import Group, decayed, share_of_rate
from twinlens.training.loop.teacher import ClassifierTeacher
from twinlens.training.recipe import Optimizer, Stage


@dataclass(frozen=True)
class StageInputs:
    """What a stage is shown.

    Attributes:
        train: the train split's two sides.
        val: the validation split's.
        epochs: the batches of each epoch.
        teacher: of the distillation; None without one.
        prompts: of its classes and everyday words.
    """

    train: SplitInputs
    val: SplitInputs
    epochs: Epochs
    teacher: ClassifierTeacher | None = None
    prompts: Inputs | None = None


@dataclass
class StageRun:
    """One stage while it runs.

    Attributes:
        number: from 0.
        stage: of the recipe.
        inputs: what it is shown.
        groups: what it trains.
        optimizer: AdamW over the groups.
        average: of the weights, where the recipe asks for one.
        order: the epoch's order of photos where it cannot be drawn again.
        prompts: [P, G] features of all the teacher's prompts at the epoch's beginning, where
            a step sends only some through a text tower that is trained.
    """

    number: int
    stage: Stage
    inputs: StageInputs
    groups: list[Group]
    optimizer: torch.optim.Optimizer
    average: MovingAverage | None
    order: Tensor | None = None
    prompts: Tensor | None = None
    names: dict[int, str] = field(default_factory=dict)

    @property
    def steps(self) -> int:
        """Steps an epoch."""
        return self.inputs.epochs.steps

    @property
    def trained(self) -> list[Tensor]:
        """All parameters of the groups."""
        return [value for group in self.groups for value in group.parameters.values()]

    def set_rate(self, step: int) -> None:
        """Puts the schedule's learning rates into the optimizer; ``step`` counts from the stage's beginning."""
        warmup, total = round(self.stage.warmup_epochs * self.steps), self.stage.epochs * self.steps
        share = share_of_rate(step, schedule=self.stage.schedule, warmup=warmup, total=total)
        for group in self.optimizer.param_groups:
            group["lr"] = group["top"] * share

    def prompts_with(self, rows: Tensor, features: Tensor) -> Tensor:
        """[P, G] features of all prompts: those of a step, the others as they were at the epoch's beginning."""
        if self.prompts is None:
            return features
        return self.prompts.to(features.device).index_copy(0, rows.to(features.device), features)

    def state(self) -> dict[str, Tensor]:
        """What a checkpoint holds of the stage beside the weights."""
        tensors = optimizer_tensors(self.optimizer, self.names)
        if self.average:
            tensors |= {f"average.{name}": value for name, value in self.average.average.items()}
        kept = {"order": self.order, "prompts": self.prompts}
        return tensors | {name: value for name, value in kept.items() if value is not None}

    def restore(self, checkpoint: Checkpoint, device: torch.device) -> None:
        """Puts that back."""
        restore_optimizer(self.optimizer, self.names, checkpoint.part("optimizer"))
        if self.average:
            self.average.average = {name: value.to(device) for name, value in checkpoint.part("average").items()}
        self.order, self.prompts = checkpoint.tensors.get("order"), checkpoint.tensors.get("prompts")


def start_stage(number: int, stage: Stage, inputs: StageInputs, groups: list[Group], settings: Optimizer) -> StageRun:
    """A stage at its first step; parameters are on their device already."""
    optimizer = torch.optim.AdamW(_parameter_groups(groups, settings.weight_decay))
    trained = {name: value for group in groups for name, value in group.parameters.items()}
    average = MovingAverage(trained, decay=settings.ema_decay) if settings.ema_decay else None
    names = {id(value): name for name, value in trained.items()}
    return StageRun(number, stage, inputs, groups, optimizer, average, names=names)


def _parameter_groups(groups: Sequence[Group], weight_decay: float) -> list[dict[str, Any]]:
    made = []
    for group in groups:
        for parameters, decay in zip(decayed(group.parameters), (weight_decay, 0.0), strict=True):
            if parameters:
                made.append(
                    {
                        "params": parameters,
                        "weight_decay": decay,
                        "lr": group.learning_rate,
                        "top": group.learning_rate,
                        "name": group.name,
                    }
                )
    return made
