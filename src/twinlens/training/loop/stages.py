"""Stages: which parts of the towers are trained, with which learning rates and schedule."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor, nn

from twinlens.errors import ConfigError
from twinlens.protocols import Loss
from twinlens.training.parts import lora
from twinlens.training.parts.dual_encoder import TwoTowers
from twinlens.training.recipe import Stage

LAST = "last-"


@dataclass(frozen=True)
class Group:
    """Parameters with one learning rate.

    Attributes:
        name: heads, image or text.
        learning_rate: peak of the schedule.
        parameters: name → trained parameter.
    """

    name: str
    learning_rate: float
    parameters: dict[str, Tensor]


def open_stage(model: TwoTowers, loss: Loss[Tensor], stage: Stage, *, number: int) -> list[Group]:
    """Freezes and unfreezes parameters for a stage; returns the groups for the optimizer.

    Raises:
        ConfigError: the tower has fewer blocks than are to be trained, or no layers for LoRA.
    """
    model.requires_grad_(False)
    model.image.head.requires_grad_(stage.trains_head("image"))
    model.text.head.requires_grad_(stage.trains_head("text"))
    for side, tower, parts in (("image", model.image.tower, stage.image), ("text", model.text.tower, stage.text)):
        if parts == "all":
            for block in tower.blocks():
                block.requires_grad_(True)
        elif parts == "lora":
            lora.inject(
                tower, tower.blocks(), rank=stage.lora_rank, alpha=stage.lora_alpha, side=f"stages.{number}.{side}"
            )
        elif parts.startswith(LAST):
            blocks, count = tower.blocks(), int(parts.removeprefix(LAST))
            if count > len(blocks):
                raise ConfigError(f"stages.{number}.{side} is {parts!r}, but the tower has {len(blocks)} blocks")
            for block in blocks[-count:]:
                block.requires_grad_(True)
    return _groups(model, loss, stage)


def close_stage(model: TwoTowers) -> None:
    """Merges LoRA's matrices into the weights, so that the next stage starts with plain towers."""
    lora.merge(model.image.tower)
    lora.merge(model.text.tower)


def _groups(model: TwoTowers, loss: Loss[Tensor], stage: Stage) -> list[Group]:
    heads: dict[str, Tensor] = {
        f"model.{name}": value for name, value in model.named_parameters() if name.split(".")[1] == "head"
    }
    heads |= {f"loss.{name}": value for name, value in loss.named_parameters()}
    image_rate = stage.image_learning_rate or stage.learning_rate
    text_rate = stage.text_learning_rate or stage.learning_rate
    groups = [
        Group("heads", stage.learning_rate, _trained(heads)),
        *_groups_of_tower("image", model.image.tower, image_rate, stage.layer_decay),
        *_groups_of_tower("text", model.text.tower, text_rate, stage.layer_decay),
    ]
    return [group for group in groups if group.parameters]


def _groups_of_tower(side: str, tower: nn.Module, rate: float, decay: float) -> list[Group]:
    """One group, or with layer-wise rates one for each block, the last block with the highest rate last."""
    parameters = {f"model.{side}.tower.{name}": value for name, value in tower.named_parameters()}
    if decay == 1.0:
        return [Group(side, rate, _trained(parameters))]
    blocks: list[nn.Module] = tower.blocks()  # type: ignore[operator]
    depth = {id(value): number for number, block in enumerate(blocks) for value in block.parameters()}
    groups = []
    for number in range(len(blocks)):
        own = {name: value for name, value in parameters.items() if depth.get(id(value)) == number}
        groups.append(Group(side, rate * decay ** (len(blocks) - 1 - number), _trained(own)))
    return groups


def _trained(parameters: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: value for name, value in parameters.items() if value.requires_grad}


def batch_statistics(model: TwoTowers) -> dict[str, Tensor]:
    """Name → running mean or variance of a batch norm that learns them; only those of heads do, see ``set_modes``."""
    return {
        f"model.{name}": value
        for name, value in model.named_buffers()
        if ".head." in name and value.is_floating_point()
    }


def set_modes(model: TwoTowers, stage: Stage) -> None:
    """Puts trained parts in training mode; frozen towers stay in eval mode, without dropout.

    Batch norms inside a tower keep their pretrained statistics: those of a small batch are
    worse, and would differ between chunks and processes.
    """
    model.train()
    for side, part in (("image", model.image), ("text", model.text)):
        if not stage.trains_head(side):
            part.head.eval()
    for tower, parts in ((model.image.tower, stage.image), (model.text.tower, stage.text)):
        if parts == "frozen":
            tower.eval()
        for module in tower.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                module.eval()


def learning_rate_factor(step: int, *, schedule: str, warmup: int, total: int) -> float:
    """Factor of the learning rate at a step of a stage: linear warmup, then cosine decay to 0 or constant.

    >>> [round(learning_rate_factor(step, schedule="cosine", warmup=2, total=10), 2) for step in (0, 1, 2, 6, 10)]
    [0.5, 1.0, 1.0, 0.5, 0.0]
    """
    if step < warmup:
        return (step + 1) / warmup
    if schedule == "constant":
        return 1.0
    return 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, total - warmup)))


def split_by_decay(parameters: Mapping[str, Tensor]) -> tuple[list[Tensor], list[Tensor]]:
    """Parameters with weight decay, and those without: biases, norms, scales."""
    values = list(parameters.values())
    return [value for value in values if value.ndim > 1], [value for value in values if value.ndim <= 1]
