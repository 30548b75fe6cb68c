"""What is known of a hit from its query and its photo alone: the score, against the query's scores elsewhere."""

from typing import NamedTuple

import numpy as np

from twinlens.relevance.maps import Feature, Floats
from twinlens.types import Embeddings

MIN_STD = 1e-4  # keeps z finite for a query with the same score on all reference photos


class ScoreScale(NamedTuple):
    """Moments of the scores of Q queries on reference photos, [Q] each."""

    mean: Floats
    std: Floats
    kurtosis: Floats  # 3 for a normal distribution; large if a few photos stand out


UNKNOWN_SCALE = ScoreScale(np.zeros(1), np.ones(1), np.full(1, 3.0))
"""Of one query that is judged by the score alone."""


def score_scale(queries: Embeddings, reference: Embeddings) -> ScoreScale:
    """Distribution of the scores of queries [Q, D] on reference photos [R, D]."""
    scores = (queries @ reference.T).astype(np.float64)  # [Q, R]
    mean = scores.mean(axis=1)
    centred = scores - mean[:, None]
    squares = centred * centred
    variance = squares.mean(axis=1).clip(min=MIN_STD**2)
    return ScoreScale(mean, np.sqrt(variance), ((squares * squares).mean(axis=1) / variance**2).clip(min=1.0))


def score_features(scores: Floats, scale: ScoreScale) -> dict[Feature, Floats]:
    """Features for a logistic map, [Q, K] each.

    None depends on the other hits, on how many photos were ranked, or on filters, so that a
    photo is judged the same wherever it is found.

    Args:
        scores: [Q, K], cosines of each query's hits.
        scale: of the Q queries.

    >>> scale = ScoreScale(np.array([0.1]), np.array([0.05]), np.array([3.0]))
    >>> score_features(np.array([[0.2, 0.1]]), scale)["z"].round(6).tolist()
    [[2.0, 0.0]]
    """
    mean, std, kurtosis = (column[:, None] for column in scale)
    same = np.ones_like(scores)
    return {
        "score": scores,
        "z": (scores - mean) / std,
        "mean": same * mean,
        "log_std": same * np.log(std),
        "log_kurtosis": same * np.log(kurtosis),
    }
