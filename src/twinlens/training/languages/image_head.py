"""The linear head of an exported image tower: read it from the graph, and put another one in its place."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor, nn

from twinlens.errors import TrainingError


class PhotoHead(nn.Module):
    """Embeds pooled features of photos: a linear map without bias, and normalization.

    Args:
        weight: [D, F], the head to begin with.
        dropout: on the features, in training.
    """

    def __init__(self, weight: Tensor, *, dropout: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight.clone())
        self.dropout = nn.Dropout(dropout)

    def forward(self, features: Tensor) -> Tensor:
        """[B, D] unit rows from features [B, F]."""
        return self.without_dropout(self.dropout(features))

    def without_dropout(self, features: Tensor) -> Tensor:
        """[B, D] unit rows from features [B, F], without dropout even in training mode."""
        return nn.functional.normalize(features @ self.weight.T, dim=-1)


def read_image_head(graph: Path, *, dim: int, features_dim: int) -> Tensor:
    """[D, F], the head of an exported image tower.

    Raises:
        TrainingError: it has no linear head without bias.
    """
    tensor = _head(onnx.load(str(graph)), dim, features_dim, graph)
    return torch.from_numpy(numpy_helper.to_array(tensor).astype(np.float32))


def write_image_head(source: Path, target: Path, head: NDArray[np.float32]) -> None:
    """Copies the graph of an image tower with another head [D, F], in the precision of the old one."""
    model = onnx.load(str(source))
    tensor = _head(model, head.shape[0], head.shape[1], source)
    weights = head.astype(numpy_helper.to_array(tensor).dtype)
    tensor.CopyFrom(numpy_helper.from_array(weights, tensor.name))
    onnx.save(model, str(target))


def _head(model: Any, dim: int, features_dim: int, graph: Path) -> Any:
    found = [tensor for tensor in model.graph.initializer if list(tensor.dims) == [dim, features_dim]]
    bias = [tensor for tensor in model.graph.initializer if tensor.name.startswith("head.projection.bias")]
    if len(found) != 1 or bias:
        raise TrainingError(f"{graph} has no linear head without bias [{dim}, {features_dim}], which could be trained")
    return found[0]
