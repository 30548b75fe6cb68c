"""From scores to probabilities of relevance: how a query's scores stand against those of reference photos."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twinlens.relevance.maps import Calibration, Feature, Kind, LogisticMap, RelevanceMap
from twinlens.types import Embeddings

Floats = NDArray[np.float64]
MIN_STD = 1e-4  # a query to which all reference photos are alike says nothing; its z stays finite


class Scale(NamedTuple):
    """How the scores of Q queries over the reference photos are spread, [Q] each."""

    mean: Floats
    std: Floats
    kurtosis: Floats  # 3 for a bell; large where few photos stand out


def score_scale(queries: Embeddings, reference: Embeddings) -> Scale:
    """The spread of the scores of queries [Q, D] over reference photos [R, D]."""
    scores = (queries @ reference.T).astype(np.float64)  # [Q, R]
    mean = scores.mean(axis=1)
    centred = scores - mean[:, None]
    squares = centred * centred
    variance = squares.mean(axis=1).clip(min=MIN_STD**2)
    return Scale(mean, np.sqrt(variance), ((squares * squares).mean(axis=1) / variance**2).clip(min=1.0))


def features(scores: Floats, scale: Scale, num_candidates: int) -> dict[Feature, Floats]:
    """What a map weighs, [Q, K] each.

    Args:
        scores: [Q, K], cosines of each query's hits.
        scale: of the queries.
        num_candidates: photos that were ranked.

    >>> one = Scale(np.array([0.1]), np.array([0.05]), np.array([3.0]))
    >>> features(np.array([[0.2, 0.1]]), one, 1000)["z"].round(6).tolist()
    [[2.0, 0.0]]
    """
    mean, std, kurtosis = (column[:, None] for column in scale)
    same = np.ones_like(scores)
    return {
        "score": scores,
        "z": (scores - mean) / std,
        "log_n": same * math.log(max(1, num_candidates)),
        "mean": same * mean,
        "log_std": same * np.log(std),
        "log_kurtosis": same * np.log(kurtosis),
    }


def probabilities(by: LogisticMap, table: dict[Feature, Floats]) -> Floats:
    """[Q, K], of ``features``."""
    logits = by.intercept + sum(weight * table[name] for name, weight in by.weights.items())
    chances: Floats = 1.0 / (1.0 + np.exp(-np.clip(logits, -60, 60)))
    return chances


def hit_chances(by: RelevanceMap, scores: Floats, scale: Scale, num_candidates: int) -> Floats:
    """[Q, K], that each hit is relevant."""
    return probabilities(by.hit, features(scores, scale, num_candidates))


def answers(by: RelevanceMap, best: Floats, scale: Scale, num_candidates: int) -> NDArray[np.bool_]:
    """[Q], False where the best hit's score says that nothing here matches."""
    table = features(best[:, None], scale, min(num_candidates, by.largest))
    held: NDArray[np.bool_] = probabilities(by.query, table)[:, 0] >= by.least_query
    return held


def hits_count(by: RelevanceMap, scores: Floats, best: Floats, scale: Scale, num_candidates: int) -> NDArray[np.bool_]:
    """[Q, K], whether each hit is shown as relevant where anything matches; the best hits' scores are ``best`` [Q]."""
    candidates = min(num_candidates, by.largest)
    of_best = hit_chances(by, best[:, None], scale, candidates)  # [Q, 1]
    counted: NDArray[np.bool_] = hit_chances(by, scores, scale, candidates) >= np.maximum(
        by.least_hit, by.least_share * of_best
    )
    return counted


@dataclass(frozen=True)
class Judgement:
    """What a calibration says of one query's answer; for hits in any order.

    Attributes:
        answered: False says "nothing here matches".
        best: score of the best hit.
        by: the map of the query's kind.
        scale: of the query.
        num_candidates: photos that were ranked.
    """

    answered: bool
    best: float
    by: RelevanceMap
    scale: Scale
    num_candidates: int

    def probability(self, scores: Sequence[float]) -> Floats:
        """[K], that each hit is relevant; never falls with the score."""
        chances: Floats = hit_chances(self.by, np.array([scores], dtype=np.float64), self.scale, self.num_candidates)[0]
        return chances

    def relevant(self, scores: Sequence[float]) -> NDArray[np.bool_]:
        """[K], whether each hit is shown as one that fits; with a score all better ones are, too."""
        best = np.array([self.best])
        fits = hits_count(self.by, np.array([scores], dtype=np.float64), best, self.scale, self.num_candidates)[0]
        found: NDArray[np.bool_] = fits & self.answered
        return found


class Relevance:
    """Judges hits of one model.

    Args:
        calibration: of the model's bundle.
        reference: [R, D], unit rows of photos.
    """

    def __init__(self, calibration: Calibration, reference: Embeddings) -> None:
        self.calibration, self._reference = calibration, reference

    def judge(self, query: Embeddings, kind: Kind, *, best: float, num_candidates: int) -> Judgement | None:
        """What is to be said of a query [D] whose best hit has the score ``best``; None where its kind has no map."""
        by = self.calibration.text if kind == "text" else self.calibration.photo
        if by is None:
            return None
        scale = score_scale(query[None], self._reference)
        answered = bool(answers(by, np.array([best]), scale, num_candidates)[0])
        return Judgement(answered, best, by, scale, num_candidates)
