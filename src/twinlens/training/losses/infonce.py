"""Symmetric InfoNCE loss, as in CLIP."""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy


def symmetric_infonce(images: Tensor, texts: Tensor, logit_scale: Tensor) -> Tensor:
    """Mean of the image→text and the text→image cross-entropy.

    Row i of each side belongs to row i of the other, and to no other row: a batch
    holds one caption a photo, since a second one would be a false negative.
    Radford et al. 2021, "Learning Transferable Visual Models From Natural Language Supervision", figure 3.

    Args:
        images: [B, D], unit rows.
        texts: [B, D], unit rows.
        logit_scale: scalar, 1 / temperature.
    """
    logits = logit_scale * images @ texts.T  # [B, B]
    pairs = torch.arange(len(logits), device=logits.device)
    return (cross_entropy(logits, pairs) + cross_entropy(logits.T, pairs)) / 2
