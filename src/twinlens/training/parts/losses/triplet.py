"""Triplet loss with the hardest negative, as in VSE++."""

import math

from torch import Tensor, nn

from twinlens.training.parts.same_photo import same_photo

NEGATIVES = ("hardest", "sum")


class Triplet(nn.Module):
    """Margin violations of negatives, mean over the pairs.

    The loss of a pair (i, c) is the sum over both directions,

        max over negative texts  c' of [margin + i·c' − i·c]₊  +  max over negative images i' of [margin + i'·c − i·c]₊

    (Faghri et al. 2018, "VSE++: Improving Visual-Semantic Embeddings with Hard Negatives", equation 6),
    or with sums over all negatives instead (equation 5). Cosines are not scaled, so the scale is 1.

    Args:
        margin: cosine by which the positive should exceed negatives.
        negatives: only the "hardest" of the batch, or the "sum" over all.

    Raises:
        ValueError: the margin is not positive, or negatives is neither.
    """

    def __init__(self, *, margin: float = 0.2, negatives: str = "hardest") -> None:
        super().__init__()
        if not (math.isfinite(margin) and margin > 0):
            raise ValueError(f"the margin must be positive, got {margin}; 0.2 is usual")
        if negatives not in NEGATIVES:
            raise ValueError(f"negatives must be {' or '.join(map(repr, NEGATIVES))}, got {negatives!r}")
        self.margin = margin
        self.negatives = negatives
        self.logit_scale = 1.0

    def forward(self, images: Tensor, texts: Tensor, photo_ids: Tensor) -> Tensor:
        """Scalar loss of unit rows images [B, D], texts [B, D] and their photo_ids [B]."""
        scores, right = images @ texts.T, same_photo(photo_ids)  # [B, B] each
        return self._cost(scores, right) + self._cost(scores.T, right)

    def _cost(self, scores: Tensor, right: Tensor) -> Tensor:
        lead = scores.diagonal()[:, None] - scores  # [B, B]
        costs = (self.margin - lead).clamp(min=0).masked_fill(right, 0.0)
        # amax distributes the gradient among ties, so the order of the batch does not matter
        return (costs.amax(dim=1) if self.negatives == "hardest" else costs.sum(dim=1)).mean()
