"""How far taught texts lie from where they belong in a space whose photos do not move."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, kl_div, log_softmax, softmax


class Terms(NamedTuple):
    """The parts of the loss, scalars."""

    own_photo: Tensor
    own_text: Tensor
    order: Tensor
    place: Tensor

    def total(self, weights: "TermWeights") -> Tensor:
        """The weighted sum."""
        contrastive = (self.own_photo + self.own_text) / 2
        return weights.contrastive * contrastive + weights.order * self.order + weights.place * self.place


@dataclass(frozen=True)
class TermWeights:
    """Weights of the parts of the loss.

    Attributes:
        contrastive: a caption's own photo against all others, and a photo's own caption against the batch's.
        order: the order of all photos for a text, as the English tower has it (Kullback–Leibler divergence).
        place: the cosine between a text and its English meaning.
        captions: how much the last two count for captions of photos, compared with texts without a photo.
    """

    contrastive: float = 1.0
    order: float = 1.0
    place: float = 2.0
    captions: float = 0.5


def space_loss(
    captions: Tensor,
    own: Tensor,
    meaning: Tensor,
    texts: Tensor,
    english: Tensor,
    *,
    photos: Tensor,
    scale: Tensor,
    teacher_scale: float,
    weights: TermWeights,
) -> Terms:
    """The parts of the loss of one step; all rows have unit length.

    Args:
        captions: [B, D], captions of photos as the tower places them.
        own: [B], their photos' rows in ``photos``.
        meaning: [B, D], the photos' captions as the English tower places them.
        texts: [T, D], texts without a photo; T may be 0.
        english: [T, D], what they mean, as the English tower places it.
        photos: [N, D], all photos.
        scale: of the contrastive logits, trained.
        teacher_scale: logit scale of the existing model.
        weights: of the parts.
    """
    rows = torch.arange(len(captions))
    own_photo = cross_entropy(scale * captions @ photos.T, own)
    own_text = cross_entropy(scale * photos[own] @ captions.T, rows)
    order = weights.captions * _order(captions, meaning, photos, teacher_scale)
    place = weights.captions * _place(captions, meaning)
    if len(texts):
        order = order + _order(texts, english, photos, teacher_scale)
        place = place + _place(texts, english)
    return Terms(own_photo, own_text, order, place)


def _order(taught: Tensor, teacher: Tensor, photos: Tensor, scale: float) -> Tensor:
    wanted = softmax(scale * teacher @ photos.T, dim=1).detach()
    return kl_div(log_softmax(scale * taught @ photos.T, dim=1), wanted, reduction="batchmean")


def _place(taught: Tensor, teacher: Tensor) -> Tensor:
    return (1 - (taught * teacher).sum(dim=1)).mean()
