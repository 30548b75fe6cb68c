"""Projection heads: from a backbone's features to the shared space."""

import inspect
import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from twinlens.errors import ConfigError, UnknownPartError
from twinlens.plugins import did_you_mean


class LinearHead(nn.Module):
    """A linear layer and normalization; without bias by default.

    With a bias, pictures with few features (a diagram, a night sky) would be dominated by
    it: they would all be close to one point and be found for every query.

    Args:
        features_dim: F, length of the backbone's features.
        embedding_dim: D, length of the embedding.
        dropout: on the features, in training.
        bias: whether the layer has a bias.
    """

    def __init__(self, features_dim: int, embedding_dim: int, *, dropout: float = 0.0, bias: bool = False) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.projection = nn.Linear(features_dim, embedding_dim, bias=bias)

    def forward(self, features: Tensor) -> Tensor:
        """[B, D] unit rows from features [B, F]."""
        return self.without_dropout(self.dropout(features))

    def without_dropout(self, features: Tensor) -> Tensor:
        """[B, D] unit rows from features [B, F], without dropout even in training mode."""
        return nn.functional.normalize(self.project(features), dim=-1)

    def project(self, features: Tensor) -> Tensor:
        """[B, D] from features [B, F], before normalization; linear, apart from a bias."""
        projected: Tensor = self.projection(features)
        return projected


class MlpHead(nn.Module):
    """Linear → batch norm → ReLU → dropout for each hidden layer, a final linear layer and normalization.

    Args:
        features_dim: F, length of the backbone's features.
        embedding_dim: D, length of the embedding.
        hidden: widths of the hidden layers.
        batch_norm: whether hidden layers have batch norm; batches then need at least two rows
            in training.
        dropout: on hidden layers, in training.
    """

    def __init__(
        self,
        features_dim: int,
        embedding_dim: int,
        *,
        hidden: Sequence[int] = (512,),
        batch_norm: bool = True,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for width in hidden:
            # no bias before a norm, which would cancel it: Adam would take full steps along its rounding-error gradient
            layers.append(nn.Linear(features_dim, width, bias=not batch_norm))
            if batch_norm:
                layers.append(nn.BatchNorm1d(width))
            layers += [nn.ReLU(), nn.Dropout(dropout)]
            features_dim = width
        self.layers = nn.Sequential(*layers, nn.Linear(features_dim, embedding_dim))

    def forward(self, features: Tensor) -> Tensor:
        """[B, D] unit rows from features [B, F]."""
        return nn.functional.normalize(self.project(features), dim=-1)

    def project(self, features: Tensor) -> Tensor:
        """[B, D] from features [B, F], before normalization."""
        projected: Tensor = self.layers(features)
        return projected

    def without_dropout(self, features: Tensor) -> Tensor:
        """[B, D] unit rows without dropout even in training mode; batch norms still use the batch."""
        for layer in self.layers:
            if not isinstance(layer, nn.Dropout):
                features = layer(features)
        return nn.functional.normalize(features, dim=-1)


HEADS: dict[str, type[LinearHead] | type[MlpHead]] = {"linear": LinearHead, "mlp": MlpHead}


def build_head(kind: str, features_dim: int, embedding_dim: int, **options: Any) -> LinearHead | MlpHead:
    """A head by its name in ``HEADS``, with its own options.

    >>> build_head("mlp", 1280, 256, hidden=(512,), dropout=0.2).layers[-1]
    Linear(in_features=512, out_features=256, bias=True)

    Raises:
        UnknownPartError: there is no such head.
        ConfigError: the head has no such option.
    """
    if kind not in HEADS:
        raise UnknownPartError(f"no head is called {kind!r}; known: {', '.join(HEADS)}{did_you_mean(kind, HEADS)}")
    parameters = inspect.signature(HEADS[kind]).parameters.values()
    known = [parameter.name for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY]
    if unknown := [option for option in options if option not in known]:
        raise ConfigError(
            f"head {kind!r} has no option {', '.join(map(repr, unknown))}; it has {', '.join(known)}"
            f"{did_you_mean(unknown[0], known)}"
        )
    return HEADS[kind](features_dim, embedding_dim, **options)


class LogitScale(nn.Module):
    """Learnable scale of the cosines (1 / temperature), stored as a logarithm and clamped as in CLIP.

    Args:
        initial: initial scale; CLIP uses 1 / 0.07.
        maximum: largest scale; CLIP uses 100.
    """

    def __init__(self, *, initial: float = 1 / 0.07, maximum: float = 100.0) -> None:
        super().__init__()
        self.log_scale = nn.Parameter(torch.tensor(math.log(initial)))
        self.maximum = math.log(maximum)

    def forward(self) -> Tensor:
        """The scale, a scalar."""
        return self.log_scale.clamp(max=self.maximum).exp()

    @torch.no_grad()
    def clamp_(self) -> None:
        """Lowers the parameter to the maximum after an update; above it, the gradient would be 0 for good."""
        self.log_scale.clamp_(max=self.maximum)
