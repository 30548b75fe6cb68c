"""Probabilities of relevance from scores, normalized by the query's scores on reference photos."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twinlens.relevance.maps import Calibration, Feature, Floats, RelevanceMap
from twinlens.types import Embeddings, QueryKind

MIN_STD = 1e-4  # keeps z finite for a query with the same score on all reference photos


class ScoreScale(NamedTuple):
    """Moments of the scores of Q queries on the reference photos, [Q] each."""

    mean: Floats
    std: Floats
    kurtosis: Floats  # 3 for a normal distribution; large if a few photos stand out


def score_scale(queries: Embeddings, reference: Embeddings) -> ScoreScale:
    """Distribution of the scores of queries [Q, D] on reference photos [R, D]."""
    scores = (queries @ reference.T).astype(np.float64)  # [Q, R]
    mean = scores.mean(axis=1)
    centred = scores - mean[:, None]
    squares = centred * centred
    variance = squares.mean(axis=1).clip(min=MIN_STD**2)
    return ScoreScale(mean, np.sqrt(variance), ((squares * squares).mean(axis=1) / variance**2).clip(min=1.0))


def score_features(scores: Floats, scale: ScoreScale, num_candidates: int) -> dict[Feature, Floats]:
    """Features for a logistic map, [Q, K] each.

    Args:
        scores: [Q, K], cosines of each query's hits.
        scale: of the Q queries.
        num_candidates: number of photos ranked.

    >>> scale = ScoreScale(np.array([0.1]), np.array([0.05]), np.array([3.0]))
    >>> score_features(np.array([[0.2, 0.1]]), scale, 1000)["z"].round(6).tolist()
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


def hit_probabilities(relevance_map: RelevanceMap, scores: Floats, scale: ScoreScale, num_candidates: int) -> Floats:
    """[Q, K], probability that each hit is relevant."""
    return relevance_map.hit.probabilities(score_features(scores, scale, num_candidates))


def query_probabilities(
    relevance_map: RelevanceMap, best_scores: Floats, scale: ScoreScale, num_candidates: int
) -> Floats:
    """[Q], probability that a query has a match, from the best hits' scores [Q].

    For comparison with ``query_threshold``: a collection counts as at most ``max_fitted_photos``.
    """
    candidates = min(num_candidates, relevance_map.max_fitted_photos)
    features = score_features(best_scores[:, None], scale, candidates)
    probabilities: Floats = relevance_map.query.probabilities(features)[:, 0]
    return probabilities


def query_matches(
    relevance_map: RelevanceMap, best_scores: Floats, scale: ScoreScale, num_candidates: int
) -> NDArray[np.bool_]:
    """[Q], False if the best hit's score [Q] means that nothing here matches."""
    probabilities = query_probabilities(relevance_map, best_scores, scale, num_candidates)
    matches: NDArray[np.bool_] = probabilities >= relevance_map.query_threshold
    return matches


def hits_match(
    relevance_map: RelevanceMap, scores: Floats, best_scores: Floats, scale: ScoreScale, num_candidates: int
) -> NDArray[np.bool_]:
    """[Q, K], whether each hit is relevant, given that its query has a match.

    Args:
        relevance_map: of the queries' kind.
        scores: [Q, K], of any hits of each query.
        best_scores: [Q], of each query's best hit.
        scale: of the queries.
        num_candidates: number of photos ranked.
    """
    candidates = min(num_candidates, relevance_map.max_fitted_photos)
    best = hit_probabilities(relevance_map, best_scores[:, None], scale, candidates)  # [Q, 1]
    threshold = np.maximum(relevance_map.hit_threshold, relevance_map.relative_threshold * best)
    matches: NDArray[np.bool_] = hit_probabilities(relevance_map, scores, scale, candidates) >= threshold
    return matches


@dataclass(frozen=True)
class Judgement:
    """The judgement of one query's answer, and of its hits in any order.

    Attributes:
        has_match: False means "nothing here matches".
        best_score: of the best hit.
        relevance_map: of the query's kind.
        scale: of the query.
        num_candidates: number of photos ranked.
    """

    has_match: bool
    best_score: float
    relevance_map: RelevanceMap
    scale: ScoreScale
    num_candidates: int

    def probability(self, scores: Sequence[float]) -> Floats:
        """[K], probability that each hit is relevant; monotonic in the score."""
        rows = np.array([scores], dtype=np.float64)
        probabilities: Floats = hit_probabilities(self.relevance_map, rows, self.scale, self.num_candidates)[0]
        return probabilities

    def relevant(self, scores: Sequence[float]) -> NDArray[np.bool_]:
        """[K], whether each hit is relevant; if one is, so are all with better scores."""
        rows, best = np.array([scores], dtype=np.float64), np.array([self.best_score])
        found: NDArray[np.bool_] = (
            hits_match(self.relevance_map, rows, best, self.scale, self.num_candidates)[0] & self.has_match
        )
        return found


class RelevanceJudge:
    """Judges the answers of one model.

    Args:
        calibration: from the model's bundle.
        reference: [R, D], embeddings of the reference photos, unit rows.
    """

    def __init__(self, calibration: Calibration, reference: Embeddings) -> None:
        self.calibration, self._reference = calibration, reference

    def judge(self, query: Embeddings, kind: QueryKind, *, best: float, num_candidates: int) -> Judgement | None:
        """The judgement of one answer; None for a kind of query that is not calibrated.

        Args:
            query: [D], unit length.
            kind: what the query is made of.
            best: score of the best hit.
            num_candidates: number of photos ranked.
        """
        relevance_map = self.calibration.text if kind == "text" else self.calibration.photo
        if relevance_map is None:
            return None
        scale = score_scale(query[None], self._reference)
        has_match = bool(query_matches(relevance_map, np.array([best]), scale, num_candidates)[0])
        return Judgement(has_match, best, relevance_map, scale, num_candidates)
