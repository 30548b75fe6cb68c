"""Retrieval evaluation in both directions: whole gallery, any caption of the photo counts as right."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twinlens.errors import DataError
from twinlens.evaluation.bootstrap import RESAMPLES, intervals
from twinlens.evaluation.contamination import contamination_note
from twinlens.evaluation.geometry import ALL_PAIRS_UP_TO, alignment, mean_cosines, uniformity
from twinlens.evaluation.metrics import Ranks, first_ranks, median_rank, relevant_ranks
from twinlens.evaluation.pairs import EmbeddedPairs, checked_pairs, embed_split, texts_of_photos
from twinlens.evaluation.query_values import query_values
from twinlens.evaluation.report import RetrievalReport
from twinlens.protocols import Dataset, DualEncoder
from twinlens.types import Embeddings

KS = (1, 5, 10)
PROTOCOL = "whole gallery, any right caption counts, ties count against"


def evaluate_retrieval(
    encoder: DualEncoder, dataset: Dataset, split: str, *, on_progress: Callable[[int, int], None] | None = None
) -> RetrievalReport:
    """Embeds a split and ranks its whole gallery in both directions.

    Args:
        encoder: the model.
        dataset: captioned photos.
        split: train, val, test or all.
        on_progress: called with the number of photos embedded and the total.

    Raises:
        DataError: there is no such split, or none of its photos can be read.
    """
    return evaluate_pairs(embed_split(encoder, dataset, split, on_progress=on_progress))


def evaluate_embeddings(
    images: ArrayLike,
    texts: ArrayLike,
    text_image_index: ArrayLike,
    *,
    ks: Sequence[int] | None = None,
    folds: int = 1,
    resamples: int = RESAMPLES,
    seed: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
) -> RetrievalReport:
    """All metrics of embeddings from any source, in both directions.

    Args:
        images: [N, D], floating point; rows are normalized.
        texts: [M, D], likewise.
        text_image_index: [M], the photo of each text; or [P, 2], pairs of text and photo, if a text has several.
        ks: cut-offs; None = 1, 5 and 10.
        folds: also reports the mean over this many galleries of N / folds photos.
        resamples: number of bootstrap resamples; 0 = no intervals.
        seed: of the bootstrap.
        on_progress: called with the number of queries ranked and the total.

    Raises:
        DataError: the arrays are invalid, or a K is larger than the gallery.

    >>> report = evaluate_embeddings(np.eye(3), np.eye(3), [0, 1, 2], ks=[1])
    >>> report.text_to_image["R@1"], report.image_to_text["MedR"]
    (100.0, 1.0)
    """
    pairs = checked_pairs(images, texts, text_image_index)
    return evaluate_pairs(pairs, ks=ks, folds=folds, resamples=resamples, seed=seed, on_progress=on_progress)


def evaluate_pairs(
    pairs: EmbeddedPairs,
    *,
    ks: Sequence[int] | None = None,
    folds: int = 1,
    resamples: int = RESAMPLES,
    seed: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
) -> RetrievalReport:
    """Ranks the whole gallery in both directions, with confidence intervals.

    Args:
        pairs: embedded photos and captions.
        ks: cut-offs; None = 1, 5 and 10, even if the gallery is smaller.
        folds: the photos are cut in order into this many galleries, whose mean is reported as well
            (such as COCO's five galleries of 1,000).
        resamples: number of bootstrap resamples; 0 = no intervals.
        seed: of the bootstrap.
        on_progress: called with the number of queries ranked and the total.

    Raises:
        DataError: a K or the number of folds is too large for the gallery.
    """
    n_images, n_texts = len(pairs.images), len(pairs.texts)
    cutoffs = checked_ks(ks, n_images)
    if not 1 <= folds <= n_images:
        raise DataError(f"the number of folds must be from 1 to the {n_images:,} photos, got {folds}")
    ranks = ranks_both_ways(pairs, on_progress)
    ci95 = {
        direction: intervals(ranks[direction], queries.photos, cutoffs, resamples=resamples, seed=seed)
        for direction, queries in pairs.queries().items()
        if resamples
    }
    matched, unmatched = mean_cosines(pairs.images, pairs.texts, pairs.text_image_index)
    return RetrievalReport(
        n_images=n_images,
        n_captions=n_texts,
        protocol=protocol_of(pairs),
        text_to_image=measures(ranks["text_to_image"], cutoffs),
        image_to_text=measures(ranks["image_to_text"], cutoffs),
        model=pairs.model,
        skipped=pairs.skipped,
        ci95=ci95,
        alignment=_rounded(alignment(pairs.images, pairs.texts, pairs.text_image_index)),
        uniformity={"image": _rounded(uniformity(pairs.images)), "text": _rounded(uniformity(pairs.texts))},
        cosine={"matched": _rounded(matched), "unmatched": _rounded(unmatched)},
        folds=_mean_of_folds(pairs, cutoffs, folds) if folds > 1 else {},
        notes=(*pairs.notes, *(pairs.right.notes if pairs.right else ()), *_notes(pairs, cutoffs)),
        num_trained_on=None if pairs.trained_on is None else len(pairs.trained_on),
        ranks=ranks,
    )


def rank_both_ways(
    images: Embeddings, texts: Embeddings, text_image_index: NDArray[np.int64]
) -> tuple[dict[str, float], dict[str, float]]:
    """Metrics text → image and image → text, without intervals: fast enough for every epoch.

    Args:
        images: [N, D], unit rows.
        texts: [M, D], unit rows.
        text_image_index: [M], the photo of each text.
    """
    texts_of_photo = texts_of_photos(text_image_index, len(images))
    return (
        measures(relevant_ranks(texts, images, list(text_image_index[:, None]))),
        measures(relevant_ranks(images, texts, texts_of_photo)),
    )


def ranks_both_ways(
    pairs: EmbeddedPairs, on_progress: Callable[[int, int], None] | None = None
) -> dict[str, list[Ranks]]:
    """Direction → for each query, the ranks of all its right answers."""
    texts, photos = pairs.queries().values()
    total = len(texts.rows) + len(photos.rows)

    def after(start: int) -> Callable[[int], None] | None:
        return (lambda done: on_progress(start + done, total)) if on_progress else None

    return {
        "text_to_image": relevant_ranks(pairs.texts[texts.rows], pairs.images, texts.right, on_progress=after(0)),
        "image_to_text": relevant_ranks(
            pairs.images[photos.rows], pairs.texts, photos.right, on_progress=after(len(texts.rows))
        ),
    }


def protocol_of(pairs: EmbeddedPairs) -> str:
    """Data, split and how ranks are counted; with a truth file also its name and how much is asked."""
    if pairs.right is None or not pairs.right.name:
        return f"{pairs.judged_by()}: {PROTOCOL}"
    texts, photos = pairs.queries().values()
    return f"{pairs.judged_by()}: {PROTOCOL}, {len(texts.rows):,} captions and {len(photos.rows):,} photos asked"


def measures(ranks_of_relevant: Sequence[Ranks], ks: Sequence[int] = KS) -> dict[str, float]:
    """Metric → mean over queries, from the ranks of all right answers: ``query_values`` and MedR."""
    figures: dict[str, float] = {}
    for name, values in query_values(ranks_of_relevant, ks).items():
        if name == "MeanR":
            figures["MedR"] = median_rank(first_ranks(ranks_of_relevant))
        figures[name] = round(float(np.mean(values)), 6 if name == "MRR" else 4)
    return figures


def _mean_of_folds(pairs: EmbeddedPairs, ks: Sequence[int], folds: int) -> dict[str, Any]:
    parts = [pairs.part(photos) for photos in np.array_split(np.arange(len(pairs.images)), folds)]
    for number, part in enumerate(parts, start=1):
        if not all(len(queries.rows) for queries in part.queries().values()):
            raise DataError(
                f"gallery {number} of {folds} has none of the captions or photos that {pairs.judged_by()} asks; "
                "take fewer folds"
            )
    each = [ranks_both_ways(part) for part in parts]
    means: dict[str, Any] = {"n_folds": folds, "n_images": len(parts[0].images)}
    for direction in ("text_to_image", "image_to_text"):
        figures = [measures(ranks[direction], ks) for ranks in each]
        means[direction] = {name: round(float(np.mean([own[name] for own in figures])), 6) for name in figures[0]}
    return means


def checked_ks(ks: Sequence[int] | None, n_images: int) -> tuple[int, ...]:
    """The cut-offs, ascending and without repeats; None gives 1, 5 and 10 for any gallery.

    Raises:
        DataError: a K is below 1, or larger than the gallery.
    """
    if ks is None:
        return KS
    if not ks or min(ks) < 1:
        raise DataError(f"K must be at least 1, got {', '.join(map(str, ks)) or 'none'}")
    if max(ks) > n_images:
        raise DataError(
            f"K = {max(ks)} is larger than the gallery of {n_images:,} photos, so that "
            "any model would score 100; choose a smaller K"
        )
    return tuple(sorted(set(ks)))


def _notes(pairs: EmbeddedPairs, ks: Sequence[int]) -> list[str]:
    notes = []
    if pairs.trained_on:
        notes.append(contamination_note(len(pairs.trained_on), len(pairs.images)))
    if trivial := [f"R@{k}" for k in ks if k >= len(pairs.images)]:
        notes.append(f"only {len(pairs.images)} photos: {', '.join(trivial)} from text to image is 100 for any model")
    for what, rows in (("images", pairs.images), ("texts", pairs.texts)):
        if len(rows) > ALL_PAIRS_UP_TO:
            notes.append(
                f"uniformity of {what} is estimated from {ALL_PAIRS_UP_TO:,} of {len(rows):,} rows, sampled with seed 0"
            )
        if bad := int(np.count_nonzero(~np.isfinite(rows).all(axis=1))):
            notes.append(f"the model gave non-finite values for {bad:,} {what}; they count as wrong")
    return notes


def _rounded(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else round(value, 6)
