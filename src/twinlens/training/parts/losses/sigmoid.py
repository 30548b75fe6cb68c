"""Sigmoid loss, as in SigLIP: each pair is a question of its own, right or wrong."""

import math

import torch
from torch import Tensor, nn

from twinlens.training.parts.loss_options import checked_scale
from twinlens.training.parts.same_photo import same_photo


class Sigmoid(nn.Module):
    """−1/B Σᵢⱼ log sigmoid(zᵢⱼ (s imageᵢ·textⱼ + b)), z = 1 where i and j share a photo, else −1.

    Zhai et al. 2023, "Sigmoid Loss for Language Image Pre-Training", equation 1, where only the
    diagonal is right, as here when no photo comes twice. Scale s and bias b are trained.

    Args:
        initial_scale: s at the start.
        initial_bias: b at the start; far below 0 since nearly all pairs of a batch are wrong.
        maximum_scale: s never exceeds this; published SigLIP models end above 110.

    Raises:
        ValueError: an option makes no sense.
    """

    def __init__(
        self, *, initial_scale: float = 10.0, initial_bias: float = -10.0, maximum_scale: float = 200.0
    ) -> None:
        super().__init__()
        if not math.isfinite(initial_bias):
            raise ValueError(f"the bias is a finite number, but {initial_bias} was given; SigLIP starts at -10")
        self.scale = checked_scale(initial_scale, maximum=maximum_scale)
        self.bias = nn.Parameter(torch.tensor(initial_bias))

    @property
    def logit_scale(self) -> float:
        """1 / temperature, as it is now."""
        return float(self.scale().item())

    def forward(self, images: Tensor, texts: Tensor, photo_ids: Tensor) -> Tensor:
        """Scalar loss of unit rows images [B, D], texts [B, D] and their photo_ids [B]."""
        logits = self.scale() * images @ texts.T + self.bias  # [B, B]
        signed = torch.where(same_photo(photo_ids), logits, -logits)
        return -nn.functional.logsigmoid(signed).sum() / len(images)
