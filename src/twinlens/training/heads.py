"""Projection heads: from a backbone's features to the shared space."""

import math

import torch
from torch import Tensor, nn


class LinearHead(nn.Module):
    """One linear layer without bias, then length 1.

    A bias would be what is left of a picture with few features, as a diagram or a night
    sky: they would all lie near one point and turn up for every query.

    Args:
        features_dim: F, length of the backbone's features.
        embedding_dim: D, length of the embedding.
        dropout: share of features dropped while training.
    """

    def __init__(self, features_dim: int, embedding_dim: int, *, dropout: float = 0.0) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.projection = nn.Linear(features_dim, embedding_dim, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        """[B, D] unit rows from features [B, F]."""
        return self.without_dropout(self.dropout(features))

    def without_dropout(self, features: Tensor) -> Tensor:
        """[B, D] unit rows from all of the features [B, F], also while training."""
        return nn.functional.normalize(self.projection(features), dim=-1)


class LogitScale(nn.Module):
    """Learnable scale of the cosines (1 / temperature), kept in log space and clamped as in CLIP.

    Args:
        initial: the scale at the start; CLIP's is 1 / 0.07.
        maximum: the scale never exceeds this; CLIP's is 100.
    """

    def __init__(self, *, initial: float = 1 / 0.07, maximum: float = 100.0) -> None:
        super().__init__()
        self.log_scale = nn.Parameter(torch.tensor(math.log(initial)))
        self.maximum = math.log(maximum)

    def forward(self) -> Tensor:
        """The scale, a scalar."""
        return self.log_scale.clamp(max=self.maximum).exp()
