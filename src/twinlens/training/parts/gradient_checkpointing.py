"""Gradient checkpointing: the activations inside a tower's blocks are computed again in the backward pass.

Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost". The gradients are the same, dropout included.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint


def checkpoint_blocks(tower: nn.Module) -> None:
    """From now on, only the activations between the tower's blocks are kept for the backward pass."""
    blocks: list[nn.Module] = tower.blocks()  # type: ignore[operator]
    for block in blocks:
        for layer in _layers(block):
            layer.forward = partial(_checkpointed, layer.forward)


def _layers(block: nn.Module) -> Iterator[nn.Module]:
    """The modules of a block that are called; a list of modules is not."""
    if isinstance(block, nn.ModuleList):
        for module in block:
            yield from _layers(module)
    elif not isinstance(block, nn.ParameterList):
        yield block


def _checkpointed(forward: Callable[..., Any], *rows: Any, **options: Any) -> Any:
    if not torch.is_grad_enabled():
        return forward(*rows, **options)
    return checkpoint(forward, *rows, use_reentrant=False, **options)
