"""Calibrates any model on a small set of captioned photos: a caption is right for its own photo."""

from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from twinlens.errors import DataError
from twinlens.evaluation.pairs import EmbeddedPairs
from twinlens.evaluation.relevance.fitting import fit_relevance_map
from twinlens.evaluation.relevance.naming import CaptionWords
from twinlens.evaluation.relevance.trials import (
    NOT_RELEVANT,
    RELEVANT,
    UNSURE,
    LabelledQueries,
    draw_trials,
)
from twinlens.relevance.evidence import score_scale
from twinlens.relevance.maps import Calibration
from twinlens.types import Embeddings

FEWEST = 100  # photos; with fewer, chance decides the thresholds
MOST_CAPTIONS = 3000  # that are queries; more change nothing and cost memory
REFERENCE_PHOTOS = 512
SIZES = {30: 40, 100: 10, 300: 4}  # size of a library → how many are drawn
FEWEST_WRONG = 0.5  # share of photos that are wrong for a caption, and of captions that have so many
TOLD_APART = 0.65  # share of wrong photos that score below the right one; 0.5 is chance, good models have 0.95
PARAPHRASE = 0.95  # cosine of two captions, where no photo has several that could tell


def calibrate_on_captions(pairs: EmbeddedPairs, *, fingerprint: str, seed: int = 0) -> tuple[Calibration, Embeddings]:
    """The calibration of a model for text queries, and its reference photos.

    A third of the photos becomes the reference, the others' captions are the queries. Photos
    whose captions say the same as a query count neither as right nor as wrong.

    Args:
        pairs: embedded by the model.
        fingerprint: of the model.
        seed: of the choice of photos.

    Raises:
        DataError: there are too few photos, their captions say the same, or the model does not tell them apart.
    """
    count = len(pairs.images)
    if count < FEWEST:
        raise DataError(f"to calibrate a model takes {FEWEST} captioned photos or more, {pairs.name} has {count}")
    order = np.random.default_rng(seed).permutation(count)
    behind = min(REFERENCE_PHOTOS, count // 3)
    reference, asked = pairs.images[order[:behind]], _part(pairs, np.sort(order[behind:]))
    texts = np.linspace(0, len(asked.texts) - 1, min(MOST_CAPTIONS, len(asked.texts))).round().astype(int)
    vectors = asked.texts[texts]
    labels = caption_labels(asked, texts)
    _check_told_apart(pairs.name, vectors @ asked.images.T, labels)
    queries = LabelledQueries.of(
        ["captions"] * len(texts), vectors, asked.images, labels, score_scale(vectors, reference)
    )
    rows = np.arange(len(asked.images))
    sizes = {size: times for size, times in SIZES.items() if size < len(rows)} | {min(3000, len(rows)): 1}
    calibration = Calibration(
        model=fingerprint,
        text=fit_relevance_map(list(draw_trials(queries, sizes, rows=rows))),
        fitted={
            "data": f"{len(texts):,} captions of {len(rows):,} photos of {pairs.name}",
            "reference": f"{behind} photos",
            "created": datetime.now(UTC).date().isoformat(),
        },
    )
    return calibration, reference


def _check_told_apart(name: str, scores: NDArray[np.float32], labels: NDArray[np.int8]) -> None:
    """Refuses captions and photos from which no grade could be learned: all hits would be strong, or none."""
    is_wrong = labels == NOT_RELEVANT
    usable = is_wrong.mean(axis=1) >= FEWEST_WRONG
    if usable.mean() < FEWEST_WRONG:
        raise DataError(
            f"to the model, the captions of {name} say nearly the same of all photos, so no photo is wrong for any of "
            "them; to calibrate a model takes captions that tell the photos apart"
        )
    own = np.where(labels == RELEVANT, scores, -np.inf).max(axis=1, keepdims=True)
    behind = np.where(is_wrong, (scores < own) + 0.5 * (scores == own), 0).sum(axis=1)
    share = float((behind[usable] / is_wrong[usable].sum(axis=1)).mean())
    if share < TOLD_APART:
        raise DataError(
            f"the model ranks the photos of {name} for their own captions hardly better than by chance (before "
            f"{share:.0%} of the others, chance is 50%), so no grade can be learned; "
            "are these the captions of these photos?"
        )


def caption_labels(pairs: EmbeddedPairs, texts: NDArray[np.int64]) -> NDArray[np.int8]:
    """[Q, N], which photos are right for some of the captions.

    Unsure are photos with a caption as like the query as captions of one photo commonly are,
    and photos whose captions together have all its content words.
    """
    owner = pairs.text_image_index
    likeness = pairs.texts[texts] @ pairs.texts.T  # [Q, M]
    same = (owner[texts][:, None] == owner[None]) & (texts[:, None] != np.arange(len(owner))[None])
    bar = float(np.median(likeness[same])) if same.any() else PARAPHRASE
    labels = np.full((len(texts), len(pairs.images)), NOT_RELEVANT, dtype=np.int8)
    query, caption = np.nonzero(likeness >= bar)
    labels[query, owner[caption]] = UNSURE
    if pairs.captions:
        labels[CaptionWords(pairs).mention([pairs.captions[text] for text in texts])] = UNSURE
    labels[np.arange(len(texts)), owner[texts]] = RELEVANT
    return labels


def _part(pairs: EmbeddedPairs, photos: NDArray[np.int64]) -> EmbeddedPairs:
    """Some of the photos, with the words of their captions."""
    place = np.full(len(pairs.images), -1)
    place[photos] = np.arange(len(photos))
    kept = np.flatnonzero(place[pairs.text_image_index] >= 0)
    return EmbeddedPairs(
        pairs.images[photos],
        pairs.texts[kept],
        place[pairs.text_image_index[kept]],
        pairs.name,
        captions=tuple(pairs.captions[row] for row in kept) if pairs.captions else (),
    )
