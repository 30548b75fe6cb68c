"""Judges hits of a model without a calibration, by how its scores lie in the library itself.

Nobody has said what a score of such a model is worth, so a hit is held against two things: the
query's scores on a sample of the library, and what everyday queries reach in that sample.
"""

from collections.abc import Callable
from functools import cache, cached_property
from importlib.resources import files
from typing import NamedTuple

import numpy as np

from twinlens.relevance.evidence import MIN_STD, ScoreScale
from twinlens.relevance.judge import COPY, Judgement
from twinlens.relevance.maps import Floats, GradeThresholds, LogisticMap, RelevanceMap
from twinlens.types import Embeddings, QueryKind

SAMPLE = 512  # photos of the library
FEWEST = 64  # photos from which on a query's own scores tell more than those of all everyday texts together
BELOW_MIDDLE = 0.1587  # quantile that lies one standard deviation below the mean of a normal distribution
TOP_SHARE = 0.005  # of everyday texts with photos of the sample: pairs of which many match
# Fitted on judged photos with a default model as if it had no calibration; docs/how-search-decides.md has the figures.
MAPS: dict[QueryKind, RelevanceMap] = {
    "text": RelevanceMap(
        hit=LogisticMap(intercept=-4.7, weights={"z": 3.4}),
        grades=GradeThresholds(strong=0.75, likely=0.4, possible=0.12),  # at 1.7, 1.26 and 0.8
    ),
    "photo": RelevanceMap(
        hit=LogisticMap(intercept=-1.9, weights={"z": 1.0}),
        grades=GradeThresholds(strong=1.0, likely=1.0, possible=0.29),  # nothing but a copy is more than possible
    ),
}


@cache
def everyday_texts() -> tuple[str, ...]:
    """About 300 things that people have photos of."""
    return tuple(files("twinlens.relevance").joinpath("everyday.txt").read_text(encoding="utf-8").splitlines())


class Yardstick(NamedTuple):
    """What common queries reach in a library.

    Attributes:
        middle: of the scores of all of them together.
        spread: of the same.
        standing_out: how far the best photos are from a query's middle, in its spreads: a model whose matches stand
            out by six is held to more than one whose stand out by three.
        telling: spread of the scores on one photo.
    """

    middle: float
    spread: float
    standing_out: float
    telling: float


def robust_scale(scores: Floats) -> tuple[Floats, Floats]:
    """The middle and the spread of Q queries' scores [Q, N], [Q] each.

    Both come from the lower half: the photos that match a query hardly raise its bar, unless they are a great part.
    """
    middle, low = np.quantile(scores, [0.5, BELOW_MIDDLE], axis=1)
    return middle, (middle - low).clip(min=MIN_STD)


class BackgroundJudge:
    """Judges by a sample of a library.

    Args:
        library: [B, D], up to ``SAMPLE`` photos of it, unit rows.
        texts: gives [T, D], the everyday texts; called when words are judged first.
    """

    def __init__(self, library: Embeddings, texts: Callable[[], Embeddings]) -> None:
        self._library, self._texts = library, texts

    def judge(self, query: Embeddings, kind: QueryKind) -> Judgement | None:
        """What scores of a query [D] mean.

        None where nothing can be said: of photos that are too few to compare, or where most everyday texts score
        the same on a photo.
        """
        if len(self._library) < (FEWEST if kind == "photo" else 1):
            return None
        common = self._of_text if kind == "text" else self._of_photos
        scale = library_scale((query[None] @ self._library.T).astype(np.float64), common)
        if common.telling <= MIN_STD:
            return None
        return Judgement(MAPS[kind], scale, copy=COPY if kind == "photo" else None)

    @cached_property
    def _of_text(self) -> Yardstick:
        return yardstick((self._texts() @ self._library.T).astype(np.float64))

    @cached_property
    def _of_photos(self) -> Yardstick:
        scores = (self._library @ self._library.T).astype(np.float64)
        others = ~np.eye(len(scores), dtype=bool)
        return yardstick(scores[others].reshape(len(scores), -1))


def yardstick(scores: Floats) -> Yardstick:
    """What common queries reach, from their scores on a library [T, N]."""
    middle, spread = robust_scale(scores.reshape(1, -1))
    own_middle, own_spread = robust_scale(scores) if scores.shape[1] >= FEWEST else (middle, spread)
    standing_out = (scores - own_middle[:, None]) / own_spread[:, None]
    best = max(1.0, float(np.quantile(standing_out, 1 - TOP_SHARE)))
    return Yardstick(middle.item(), spread.item(), best, float(np.median(robust_scale(scores.T)[1])))


def library_scale(scores: Floats, common: Yardstick) -> ScoreScale:
    """The scale of Q queries, from their scores on a library [Q, N], by which 1 is what common queries reach."""
    if scores.shape[1] >= FEWEST:
        middle, spread = robust_scale(scores)
    else:
        middle, spread = (np.full(len(scores), value) for value in (common.middle, common.spread))
    return ScoreScale(middle, spread * common.standing_out, np.full(len(scores), 3.0))
