"""LoRA: fine-tune a tower through low-rank matrices added to its linear layers.

Hu et al. 2022, "LoRA: Low-Rank Adaptation of Large Language Models".
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from twinlens.errors import ConfigError


class LoraLinear(nn.Module):
    """x ↦ Wx + b + alpha / rank · BAx, where A and B alone are trained; B is 0 at first, so nothing changes.

    Args:
        layer: W and b.
        rank: of BA.
        alpha: scale of the update, times the rank.
    """

    def __init__(self, layer: nn.Linear, *, rank: int, alpha: int) -> None:
        super().__init__()
        self.base_layer, self.scaling = layer, alpha / rank
        place = {"device": layer.weight.device, "dtype": layer.weight.dtype}
        # a dictionary with one entry: the names that checkpoints of earlier releases have
        self.lora_A = nn.ModuleDict({"default": nn.Linear(layer.in_features, rank, bias=False, **place)})
        self.lora_B = nn.ModuleDict({"default": nn.Linear(rank, layer.out_features, bias=False, **place)})
        down, up = self._matrices()
        nn.init.kaiming_uniform_(down, a=math.sqrt(5))
        nn.init.zeros_(up)

    def forward(self, rows: Tensor) -> Tensor:
        """[..., out] of rows [..., in]."""
        down, up = self._matrices()
        update = nn.functional.linear(nn.functional.linear(rows, down), up)
        changed: Tensor = self.base_layer(rows) + self.scaling * update
        return changed

    @torch.no_grad()
    def merged(self) -> nn.Linear:
        """The layer with the matrices added to its weights."""
        down, up = self._matrices()
        self.base_layer.weight += self.scaling * (up @ down)
        return self.base_layer

    def _matrices(self) -> tuple[nn.Parameter, nn.Parameter]:
        """A [rank, in] and B [out, rank]."""
        return self.get_parameter("lora_A.default.weight"), self.get_parameter("lora_B.default.weight")


def inject(tower: nn.Module, blocks: Sequence[nn.Module], *, rank: int, alpha: int, side: str) -> None:
    """Adds trainable low-rank matrices to all linear layers; other parameters stay as they are.

    Args:
        tower: changed in place.
        blocks: its parts; a layer outside of them, such as a classifier, is left alone.
        rank: of the matrices.
        alpha: see ``LoraLinear``.
        side: of the tower, for the message.

    Raises:
        ConfigError: the tower has no linear layers.
    """
    inside = {id(module) for block in blocks for module in block.modules()}
    layers = {
        name: module
        for parent_name, parent in tower.named_modules()
        # torch's own attention reads the weights of its output layer and never calls it
        if not isinstance(parent, nn.MultiheadAttention)
        for own, module in parent.named_children()
        if isinstance(module, nn.Linear) and id(module) in inside and (name := f"{parent_name}.{own}".lstrip("."))
    }
    if not layers:
        raise ConfigError(f"{side} = 'lora' needs a tower with linear layers; use 'all' or 'last-1'")
    for name, layer in layers.items():
        _replace(tower, name, LoraLinear(layer, rank=rank, alpha=alpha))


def merge(tower: nn.Module) -> None:
    """Merges the low-rank matrices into the weights and removes them; does nothing without LoRA."""
    for name, module in list(tower.named_modules()):
        if isinstance(module, LoraLinear):
            _replace(tower, name, module.merged())


def _replace(tower: nn.Module, name: str, module: nn.Module) -> None:
    parent, _, last = name.rpartition(".")
    setattr(tower.get_submodule(parent), last, module)
