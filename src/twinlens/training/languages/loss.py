"""How far taught texts lie from where they belong, among photos whose head is trained along."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, kl_div, log_softmax, softmax

MASKED = -1e4  # a logit that takes no part


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
    place: float = 1.0
    captions: float = 0.5


@dataclass(frozen=True)
class StepRows:
    """What one step compares; all rows have unit length. The first B photos are those of the B captions.

    Attributes:
        captions: [B, D], captions of photos as the taught tower places them.
        texts: [T, D], texts without a photo, likewise; T may be 0.
        photos: [N, D], photos as the trained head places them, with dropout.
        steady_photos: [N, D], without dropout.
        caption_meaning: [B, D], the photos' English captions as the existing model places them.
        text_meaning: [T, D], what the texts mean, as the existing model places it.
        existing_photos: [N, D], photos as the existing model places them.
        repeated: [N], photos that are among the first B as well.
    """

    captions: Tensor
    texts: Tensor
    photos: Tensor
    steady_photos: Tensor
    caption_meaning: Tensor
    text_meaning: Tensor
    existing_photos: Tensor
    repeated: Tensor


def space_loss(rows: StepRows, *, scale: Tensor, teacher_scale: float, weights: TermWeights) -> Terms:
    """The parts of the loss of one step.

    Args:
        rows: what is compared.
        scale: of the contrastive logits, trained.
        teacher_scale: logit scale of the existing model.
        weights: of the parts.
    """
    own = torch.arange(len(rows.captions))
    logits = (scale * rows.captions @ rows.photos.T).masked_fill(rows.repeated, MASKED)
    own_photo = cross_entropy(logits, own)
    own_text = cross_entropy(scale * rows.photos[: len(own)] @ rows.captions.T, own)
    order = weights.captions * _order(rows.captions, rows.caption_meaning, rows, teacher_scale)
    place = weights.captions * _place(rows.captions, rows.caption_meaning)
    if len(rows.texts):
        order = order + _order(rows.texts, rows.text_meaning, rows, teacher_scale)
        place = place + _place(rows.texts, rows.text_meaning)
    return Terms(own_photo, own_text, order, place)


def _order(taught: Tensor, teacher: Tensor, rows: StepRows, scale: float) -> Tensor:
    wanted = softmax(scale * teacher @ rows.existing_photos.T, dim=1).detach()
    found = log_softmax(scale * taught @ rows.steady_photos.T, dim=1)
    return kl_div(found, wanted, reduction="batchmean")


def _place(taught: Tensor, teacher: Tensor) -> Tensor:
    return (1 - (taught * teacher).sum(dim=1)).mean()
