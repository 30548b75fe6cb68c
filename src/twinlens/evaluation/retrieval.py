"""Retrieval over captioned photos, both ways, whole gallery, any right caption counts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinlens.embedding import Skipped, embed_photos
from twinlens.errors import DataError
from twinlens.evaluation.metrics import (
    Ranks,
    first_ranks,
    mean_rank,
    mean_reciprocal_rank,
    median_rank,
    precision_at_k,
    recall_at_k,
    relevant_ranks,
)
from twinlens.protocols import Dataset, DualEncoder
from twinlens.types import CaptionedImage, Embeddings

KS = (1, 5, 10)


@dataclass(frozen=True)
class RetrievalReport:
    """What one model gives on one split.

    Attributes:
        n_images: N, photos in the gallery.
        n_captions: M, captions in the gallery.
        protocol: data, split and how ranks were counted, in words.
        text_to_image: R@K and P@K in per cent, MRR in [0, 1], MedR and MeanR from 1.
        image_to_text: the same, the other way.
        model: the model's fingerprint.
        skipped: photos that could not be read; they are in no figure.
    """

    n_images: int
    n_captions: int
    protocol: str
    text_to_image: dict[str, float]
    image_to_text: dict[str, float]
    model: str
    skipped: tuple[Skipped, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The fields of ``twinlens evaluate --json``."""
        report: dict[str, Any] = {
            "n_images": self.n_images,
            "n_captions": self.n_captions,
            "protocol": self.protocol,
            "text_to_image": self.text_to_image,
            "image_to_text": self.image_to_text,
            "model": self.model,
        }
        if self.skipped:
            report["skipped"] = [skipped._asdict() for skipped in self.skipped]
        return report

    def __str__(self) -> str:
        columns = list(self.text_to_image)
        lines = [self.protocol, f"{self.n_images:,} photos, {self.n_captions:,} captions, model {self.model}"]
        lines.append(" " * 16 + "".join(f"{name:>8}" for name in columns))
        for title, figures in (("text → image", self.text_to_image), ("image → text", self.image_to_text)):
            lines.append(f"{title:<16}" + "".join(f"{_shown(name, figures[name]):>8}" for name in columns))
        if self.skipped:
            lines.append(
                f"{len(self.skipped)} photos were left out, as {self.skipped[0].path}: {self.skipped[0].reason}"
            )
        return "\n".join(lines)


def _shown(name: str, value: float) -> str:
    return f"{value:.3f}" if name == "MRR" else f"{value:.1f}"


def evaluate_retrieval(
    encoder: DualEncoder, dataset: Dataset, split: str, *, on_progress: Callable[[int, int], None] | None = None
) -> RetrievalReport:
    """Embeds a split and ranks its whole gallery both ways.

    Args:
        encoder: the model.
        dataset: captioned photos.
        split: train, val, test or all.
        on_progress: told how many of how many photos are embedded.

    Raises:
        DataError: there is no such split, or none of its photos can be read.
    """
    images: Sequence[CaptionedImage] = [image for image in dataset.split(split) if image.captions]
    if not images:
        raise DataError(f"split {split!r} of {dataset.name} has no photos with captions; try --split all")
    done = (lambda count: on_progress(count, len(images))) if on_progress else None
    photos = embed_photos([image.path for image in images], encoder, on_progress=done)
    captions = [images[number].captions for number in photos.kept]
    texts = encoder.encode_text([caption for own in captions for caption in own])
    text_image_index = np.repeat(np.arange(len(captions)), [len(own) for own in captions])
    text_to_image, image_to_text = rank_both_ways(photos.embeddings, texts, text_image_index)
    return RetrievalReport(
        n_images=len(photos.embeddings),
        n_captions=len(texts),
        protocol=f"{dataset.name}/{split}: whole gallery, any right caption counts, ties count against",
        text_to_image=text_to_image,
        image_to_text=image_to_text,
        model=encoder.fingerprint,
        skipped=tuple(photos.skipped),
    )


def rank_both_ways(
    images: Embeddings, texts: Embeddings, text_image_index: NDArray[np.int64]
) -> tuple[dict[str, float], dict[str, float]]:
    """The measures text→image and image→text.

    Args:
        images: [N, D], unit rows.
        texts: [M, D], unit rows.
        text_image_index: [M], the photo that each text describes.
    """
    photo_of = [np.array([image]) for image in text_image_index]
    order = np.argsort(text_image_index, kind="stable")
    bounds = np.searchsorted(text_image_index[order], np.arange(len(images) + 1))
    texts_of = [order[start:end] for start, end in pairwise(bounds)]
    return (
        measures(relevant_ranks(texts, images, photo_of)),
        measures(relevant_ranks(images, texts, texts_of)),
    )


def measures(ranks_of_relevant: Sequence[Ranks]) -> dict[str, float]:
    """R@K and P@K in per cent, MRR, MedR and MeanR, from the ranks of all right answers."""
    ranks = first_ranks(ranks_of_relevant)
    return {
        **{f"R@{k}": round(100 * recall_at_k(ranks, k), 4) for k in KS},
        **{f"P@{k}": round(100 * precision_at_k(ranks_of_relevant, k), 4) for k in KS},
        "MRR": round(mean_reciprocal_rank(ranks), 6),
        "MedR": median_rank(ranks),
        "MeanR": round(mean_rank(ranks), 4),
    }
