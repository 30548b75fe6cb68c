"""What a head is worth: ranks of photos that it has not learnt from, before and after, with intervals."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twinlens.collection.teaching.head import Head
from twinlens.collection.teaching.pairs import Pairs
from twinlens.types import Embeddings, Ids

RESAMPLES = 1000
MOST_MEASURED = 1000  # pairs; each is compared with the whole library
ROWS = 256
PHOTO_ROWS = 64  # with half a million captions 128 MB of scores


class Figure(NamedTuple):
    """A measure before and after, and the 95 % interval of the difference."""

    before: float
    after: float
    low: float
    high: float

    def __str__(self) -> str:
        difference = self.after - self.before
        return (
            f"{self.before:.3f} before, {self.after:.3f} after, {difference:+.3f} [{self.low:+.3f}, {self.high:+.3f}]"
        )


class Worth(NamedTuple):
    """Measured on pairs that were held out.

    Attributes:
        num_pairs: of them.
        num_photos: of them.
        mrr: mean of 1 / rank of the photo of a text.
        recall_at_10: share of texts whose photo is among the first ten.
        caption_mrr: mean of 1 / rank of the first own text of a photo, among all texts.
    """

    num_pairs: int
    num_photos: int
    mrr: Figure
    recall_at_10: Figure
    caption_mrr: Figure

    @property
    def is_better(self) -> bool:
        """Whether the ranks are better beyond chance."""
        return self.mrr.low > 0 and self.recall_at_10.after >= self.recall_at_10.before

    @property
    def is_better_for_captions(self) -> bool:
        """Whether photos find their texts better beyond chance."""
        return self.caption_mrr.low > 0

    def to_json(self) -> dict[str, Any]:
        """For other programs."""
        figures = {"mrr": self.mrr, "recall_at_10": self.recall_at_10, "caption_mrr": self.caption_mrr}
        named = {
            name: {key: round(one, 4) for key, one in figure._asdict().items()} for name, figure in figures.items()
        }
        return {"num_pairs": self.num_pairs, "num_photos": self.num_photos, **named}


def measure(head: Head, pairs: Pairs, photos: Embeddings, *, every: Pairs | None = None, seed: int = 0) -> Worth:
    """Before and after; the interval by bootstrap over photos (Efron, 1979), the same ones before and after.

    Args:
        head: that was learnt.
        pairs: that were held out.
        photos: [N, D], the library.
        every: all pairs, whose texts a photo's own are told from; by default those held out.
        seed: of what is drawn.
    """
    pairs, every = _some(pairs, seed), every or pairs
    before, after = ranks(pairs.texts, pairs, photos), ranks(head.apply_all(pairs.texts), pairs, photos)
    names, owner = np.unique(pairs.photo_of, return_inverse=True)
    drawn = np.random.default_rng(seed).multinomial(len(names), np.full(len(names), 1 / len(names)), size=RESAMPLES)
    each = drawn / len(names)  # [RESAMPLES, photos]
    weights = drawn[:, owner].astype(np.float64)  # [RESAMPLES, P]
    weights /= weights.sum(axis=1, keepdims=True)

    def figure(old: NDArray[np.float64], new: NDArray[np.float64], weights: NDArray[np.float64]) -> Figure:
        low, high = np.quantile(weights @ (new - old), [0.025, 0.975])
        return Figure(float(old.mean()), float(new.mean()), float(low), float(high))

    rows = photos[names]
    found, found_after = (text_ranks(one, names, every) for one in (rows, head.apply_photos(rows)))
    return Worth(
        len(pairs),
        len(names),
        figure(1 / before, 1 / after, weights),
        figure((before <= 10).astype(np.float64), (after <= 10).astype(np.float64), weights),
        figure(1 / found, 1 / found_after, each),
    )


def text_ranks(rows: Embeddings, names: Ids, pairs: Pairs) -> NDArray[np.int64]:
    """[B], the rank of each photo's best own text among all texts; ties count against.

    Args:
        rows: [B, D], the photos.
        names: [B], which photos these are.
        pairs: whose texts are ranked; every photo has one.
    """
    text_of, photo_of = pairs.all_pairs()
    found = np.empty(len(rows), dtype=np.int64)
    for start in range(0, len(rows), PHOTO_ROWS):
        scores = rows[start : start + PHOTO_ROWS] @ pairs.texts.T
        for row, (name, one) in enumerate(zip(names[start : start + PHOTO_ROWS].tolist(), scores, strict=True)):
            own = text_of[photo_of == name]
            best = one[own].max()
            one[own] = -np.inf
            found[start + row] = 1 + (one >= best).sum()
    return found


def mrr(head: Head, pairs: Pairs, photos: Embeddings, *, seed: int = 0) -> float:
    """Mean of 1 / rank with a head, by which heads are compared."""
    pairs = _some(pairs, seed)
    return float((1 / ranks(head.apply_all(pairs.texts), pairs, photos)).mean())


def _some(pairs: Pairs, seed: int) -> Pairs:
    if len(pairs) <= MOST_MEASURED:
        return pairs
    chosen = np.zeros(len(pairs), dtype=bool)
    chosen[np.random.default_rng(seed).permutation(len(pairs))[:MOST_MEASURED]] = True
    return pairs.only(chosen)


def ranks(texts: Embeddings, pairs: Pairs, photos: Embeddings) -> NDArray[np.int64]:
    """[P], the rank of each pair's photo; other photos of the same text do not count, ties count against."""
    found = np.empty(len(pairs), dtype=np.int64)
    for start in range(0, len(pairs), ROWS):
        text_of, own = pairs.text_of[start : start + ROWS], pairs.photo_of[start : start + ROWS]
        scores = texts[text_of] @ photos.T
        mine = scores[np.arange(len(own)), own]
        for row, (text, one) in enumerate(zip(text_of.tolist(), own.tolist(), strict=True)):
            scores[row, pairs.photos_of_text[text]] = -np.inf
            scores[row, one] = mine[row]
        found[start : start + ROWS] = (scores >= mine[:, None]).sum(axis=1)
    return found
