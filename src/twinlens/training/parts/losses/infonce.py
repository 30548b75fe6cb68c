"""Symmetric InfoNCE loss, as in CLIP."""

import math

import torch
from torch import Tensor, nn

from twinlens.training.parts.loss_options import checked_scale, checked_smoothing, scale_of_temperature
from twinlens.training.parts.same_photo import other_pairs_of_photo


class InfoNCE(nn.Module):
    """Mean of the image→text and the text→image cross-entropy over the batch.

    Other captions of a row's photo are left out of its denominator, so they are neither
    positives nor negatives. If no photo occurs twice this is CLIP's loss (Radford et al. 2021,
    "Learning Transferable Visual Models From Natural Language Supervision", figure 3).

    Args:
        initial_temperature: initial temperature; 1 / temperature scales the cosines.
        learnable: whether the temperature is trained.
        maximum_scale: upper limit of 1 / temperature.
        label_smoothing: share of a row's target that is spread evenly over all its candidates.

    Raises:
        ValueError: an option is out of range.
    """

    def __init__(
        self,
        *,
        initial_temperature: float = 0.07,
        learnable: bool = True,
        maximum_scale: float = 100.0,
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__()
        initial = scale_of_temperature(initial_temperature)
        self.scale = checked_scale(initial, maximum=maximum_scale, learnable=learnable)
        self.label_smoothing = checked_smoothing(label_smoothing)

    @property
    def logit_scale(self) -> float:
        """1 / temperature, as it is now."""
        return float(self.scale().item())

    def forward(self, images: Tensor, texts: Tensor, photo_ids: Tensor) -> Tensor:
        """Scalar loss of unit rows images [B, D], texts [B, D] and their photo_ids [B]."""
        left_out = other_pairs_of_photo(photo_ids)
        logits = self.scale() * images @ texts.T  # [B, B]
        return (self._cross_entropy(logits, left_out) + self._cross_entropy(logits.T, left_out)) / 2

    def _cross_entropy(self, logits: Tensor, left_out: Tensor) -> Tensor:
        log_p = torch.log_softmax(logits.masked_fill(left_out, -math.inf), dim=1)
        everywhere = log_p.masked_fill(left_out, 0.0).sum(dim=1) / (~left_out).sum(dim=1)  # [B]
        smoothed = (1 - self.label_smoothing) * log_p.diagonal() + self.label_smoothing * everywhere
        return -smoothed.mean()
