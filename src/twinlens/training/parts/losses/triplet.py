"""Triplet loss with the hardest negative, as in VSE++."""

import math

from torch import Tensor, nn

from twinlens.training.parts.same_photo import same_photo

NEGATIVES = ("hardest", "sum")


class Triplet(nn.Module):
    """How far wrong answers come within a margin of the right one, mean over the pairs.

    A pair (i, c) costs, in both directions added up,

        max over wrong texts  c' of [margin + i·c' − i·c]₊  +  max over wrong images i' of [margin + i'·c − i·c]₊

    (Faghri et al. 2018, "VSE++: Improving Visual-Semantic Embeddings with Hard Negatives", equation 6),
    or the sums over all wrong ones (equation 5). The cosines are compared as they are, so the scale is 1.

    Args:
        margin: cosine by which the right answer should lead.
        negatives: "hardest" of the batch alone, or the "sum" over all.

    Raises:
        ValueError: the margin is not positive, or negatives is neither.
    """

    def __init__(self, *, margin: float = 0.2, negatives: str = "hardest") -> None:
        super().__init__()
        if not (math.isfinite(margin) and margin > 0):
            raise ValueError(f"a margin is a positive number, but {margin} was given; 0.2 is usual")
        if negatives not in NEGATIVES:
            raise ValueError(f"negatives are {' or '.join(map(repr, NEGATIVES))}, but {negatives!r} was given")
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
        # amax shares the gradient among ties, so the order of a batch does not matter
        return (costs.amax(dim=1) if self.negatives == "hardest" else costs.sum(dim=1)).mean()
