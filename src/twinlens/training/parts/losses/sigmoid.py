"""Sigmoid loss, as in SigLIP: each pair is a binary classification."""

import math

import torch
from torch import Tensor, nn

from twinlens.training.parts.loss_options import checked_scale
from twinlens.training.parts.same_photo import same_photo


class Sigmoid(nn.Module):
    """−1/B Σᵢⱼ log sigmoid(zᵢⱼ (s imageᵢ·textⱼ + b)), z = 1 where i and j share a photo, else −1.

    Zhai et al. 2023, "Sigmoid Loss for Language Image Pre-Training", equation 1, where only the
    diagonal is positive, as here if no photo occurs twice. Scale s and bias b are trained.

    Args:
        initial_scale: initial s.
        initial_bias: initial b; strongly negative, since nearly all pairs of a batch are negatives.
        maximum_scale: upper limit of s; published SigLIP models end above 110.

    Raises:
        ValueError: an option is out of range.
    """

    def __init__(
        self, *, initial_scale: float = 10.0, initial_bias: float = -10.0, maximum_scale: float = 200.0
    ) -> None:
        super().__init__()
        if not math.isfinite(initial_bias):
            raise ValueError(f"the bias must be finite, got {initial_bias}; SigLIP starts at -10")
        self.scale = checked_scale(initial_scale, maximum=maximum_scale)
        self.bias = nn.Parameter(torch.tensor(initial_bias))

    @property
    def logit_scale(self) -> float:
        """1 / temperature, as it is now."""
        return float(self.scale().item())

    @property
    def logit_bias(self) -> float:
        """Added to the scaled cosines, as it is now."""
        return float(self.bias.item())

    def forward(self, images: Tensor, texts: Tensor, photo_ids: Tensor) -> Tensor:
        """Scalar loss of unit rows images [B, D], texts [B, D] and their photo_ids [B]."""
        logits = self.scale() * images @ texts.T + self.bias  # [B, B]
        signed = torch.where(same_photo(photo_ids), logits, -logits)
        return -nn.functional.logsigmoid(signed).sum() / len(images)
