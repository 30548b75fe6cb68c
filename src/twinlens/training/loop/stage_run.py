"""The state of a running stage: inputs, optimizer, moving average, teacher."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from twinlens.training.feeding.batches import Epochs
from twinlens.training.feeding.inputs import Inputs
from twinlens.training.feeding.split_inputs import SplitInputs
from twinlens.training.loop.checkpoints import Checkpoint, optimizer_tensors, restore_optimizer
from twinlens.training.loop.ema import MovingAverage
from twinlens.training.loop.stages import Group, learning_rate_factor, split_by_decay
from twinlens.training.loop.teacher import ClassifierTeacher
from twinlens.training.recipe import Optimizer, Stage


@dataclass(frozen=True)
class StageInputs:
    """Inputs of a stage.

    Attributes:
        train: inputs of the train split.
        val: inputs of the validation split.
        epochs: the batches of each epoch.
        teacher: for distillation; None without.
        prompts: inputs of the teacher's prompts for classes and everyday words.
    """

    train: SplitInputs
    val: SplitInputs
    epochs: Epochs
    teacher: ClassifierTeacher | None = None
    prompts: Inputs | None = None


@dataclass
class StageRun:
    """A running stage.

    Attributes:
        number: from 0.
        stage: its settings in the recipe.
        inputs: its inputs.
        groups: trained parameters.
        optimizer: AdamW over the groups.
        average: moving average of the weights and of batch norms' statistics, if the recipe has one.
        order: the epoch's order of photos, if it does not follow from the seed (hard negatives).
        neighbours: [N, k] hard negatives of each photo as last mined in this stage; None before the first mining,
            and in processes other than the main one.
        prompts: [P, G] features of all the teacher's prompts at the start of the epoch, if
            a step sends only some of them through a trained text tower.
    """

    number: int
    stage: Stage
    inputs: StageInputs
    groups: list[Group]
    optimizer: torch.optim.Optimizer
    average: MovingAverage | None
    order: Tensor | None = None
    neighbours: Tensor | None = None
    prompts: Tensor | None = None
    names: dict[int, str] = field(default_factory=dict)

    @property
    def steps(self) -> int:
        """Steps per epoch."""
        return self.inputs.epochs.steps

    @property
    def trained(self) -> list[Tensor]:
        """All parameters of the groups."""
        return [value for group in self.groups for value in group.parameters.values()]

    def set_rate(self, step: int) -> None:
        """Sets the learning rates of the schedule; ``step`` counts from the start of the stage."""
        warmup, total = round(self.stage.warmup_epochs * self.steps), self.stage.epochs * self.steps
        factor = learning_rate_factor(step, schedule=self.stage.schedule, warmup=warmup, total=total)
        for group in self.optimizer.param_groups:
            group["lr"] = group["top"] * factor

    def prompts_with(self, rows: Tensor, features: Tensor) -> Tensor:
        """[P, G] features of all prompts: current ones for some rows, those from the start of the epoch for others."""
        if self.prompts is None:
            return features
        return self.prompts.to(features.device).index_copy(0, rows.to(features.device), features)

    def state(self) -> dict[str, Tensor]:
        """Tensors of the stage for a checkpoint, besides the weights."""
        tensors = optimizer_tensors(self.optimizer, self.names)
        if self.average:
            tensors |= {f"average.{name}": value for name, value in self.average.average.items()}
        kept = {"order": self.order, "neighbours": self.neighbours, "prompts": self.prompts}
        return tensors | {name: value for name, value in kept.items() if value is not None}

    def restore(self, checkpoint: Checkpoint, device: torch.device) -> None:
        """Restores the tensors that ``state`` returned."""
        restore_optimizer(self.optimizer, self.names, checkpoint.part("optimizer"))
        if self.average:
            self.average.average |= {name: value.to(device) for name, value in checkpoint.part("average").items()}
        kept = checkpoint.tensors
        self.order, self.neighbours, self.prompts = (kept.get(name) for name in ("order", "neighbours", "prompts"))


def start_stage(
    number: int,
    stage: Stage,
    inputs: StageInputs,
    groups: list[Group],
    settings: Optimizer,
    *,
    statistics: Mapping[str, Tensor],
) -> StageRun:
    """A stage before its first step; parameters must already be on their device.

    Args:
        number: from 0.
        stage: its settings in the recipe.
        inputs: its inputs.
        groups: trained parameters.
        settings: of the optimizer.
        statistics: of batch norms, which are averaged together with the weights.
    """
    optimizer = torch.optim.AdamW(parameter_groups(groups, settings.weight_decay))
    trained = {name: value for group in groups for name, value in group.parameters.items()}
    average = MovingAverage({**trained, **statistics}, decay=settings.ema_decay) if settings.ema_decay else None
    names = {id(value): name for name, value in trained.items()}
    return StageRun(number, stage, inputs, groups, optimizer, average, names=names)


def parameter_groups(groups: Sequence[Group], weight_decay: float) -> list[dict[str, Any]]:
    """The optimizer's groups: those of the stage, each split in parameters with weight decay and without."""
    made = []
    for group in groups:
        for parameters, decay in zip(split_by_decay(group.parameters), (weight_decay, 0.0), strict=True):
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
