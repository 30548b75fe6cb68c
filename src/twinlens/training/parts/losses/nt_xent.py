"""NT-Xent loss, as in SimCLR."""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from twinlens.training.parts.loss_options import scale_of_temperature
from twinlens.training.parts.same_photo import other_pairs_of_photo


class NTXent(nn.Module):
    """Cross-entropy of finding each row's partner among all 2B rows, images and texts.

    So images are negatives of other images too. The temperature is fixed, and rows of the same
    photo are left out of each other's denominators. Chen et al. 2020, "A Simple Framework for
    Contrastive Learning of Visual Representations", equation 1; the two views are image and text.

    Args:
        temperature: 1 / temperature scales the cosines.

    Raises:
        ValueError: the temperature is not positive.
    """

    def __init__(self, *, temperature: float = 0.1) -> None:
        super().__init__()
        self.logit_scale = scale_of_temperature(temperature)

    def forward(self, images: Tensor, texts: Tensor, photo_ids: Tensor) -> Tensor:
        """Scalar loss of unit rows images [B, D], texts [B, D] and their photo_ids [B]."""
        rows = torch.cat([images, texts])  # [2B, D]
        logits = self.logit_scale * rows @ rows.T  # [2B, 2B]
        left_out = (
            other_pairs_of_photo(photo_ids).repeat(2, 2).fill_diagonal_(True)
        )  # a row is not a candidate for itself
        partners = torch.arange(len(rows), device=rows.device).roll(len(images))
        return cross_entropy(logits.masked_fill(left_out, -math.inf), partners)
