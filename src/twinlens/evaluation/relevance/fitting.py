"""Fits the relevance map of one kind of query: a logistic regression, and the thresholds of the grades."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from twinlens.errors import DataError
from twinlens.evaluation.relevance.regression import logistic_regression
from twinlens.evaluation.relevance.thresholds import GradedHits, choose_thresholds
from twinlens.evaluation.relevance.trials import RELEVANT, UNSURE, Trial
from twinlens.relevance.evidence import score_features
from twinlens.relevance.maps import RISING, Feature, LogisticMap, RelevanceMap

FEATURES: tuple[tuple[Feature, ...], ...] = (
    ("score",),
    ("z",),
    ("score", "z"),
    ("z", "mean", "log_std"),
    ("score", "mean", "log_std"),
    ("score", "z", "mean", "log_std"),
    ("score", "z", "mean", "log_std", "log_kurtosis"),
)
"""Sets of features to choose from, the fewest first."""
SCORE_ALONE: tuple[tuple[Feature, ...], ...] = (("score",),)
"""For photo queries: nearly as good, and photos can then be compared by any vectors, without reference photos."""
WORTH_A_FEATURE = 0.01  # share by which the loss must fall for a larger set; the data are a few thousand judgements


def fit_relevance_map(trials: Sequence[Trial], features: Sequence[tuple[Feature, ...]] = FEATURES) -> RelevanceMap:
    """The map of one kind of query, with thresholds for its grades chosen on the same trials.

    It is fitted on the best hits of libraries of several sizes, as those are the hits that
    people see. All sizes count the same and, within a size, so do words and sentences (what
    stands before the comma of a line), and within these all queries.

    Args:
        trials: queries in libraries.
        features: sets to choose from, the fewest first.
    """
    weights = query_weights(trials)
    best: LogisticMap | None = None
    least = np.inf
    for names in features:
        fitted, loss = _fit(trials, weights, names)
        if fitted is not None and loss < least * (1 - WORTH_A_FEATURE):
            best, least = fitted, loss
    if best is None:
        raise DataError("better scores are no better here: the model does not tell these queries' photos from others")
    hits = GradedHits.of(
        trials, [best.probabilities(score_features(trial.scores, trial.scale)) for trial in trials], weights
    )
    return RelevanceMap(hit=best, grades=choose_thresholds(hits))


def query_weights(trials: Sequence[Trial]) -> list[NDArray[np.float64]]:
    """[Q] for each trial: all sizes count the same, in a size all kinds, in a kind all queries."""
    kinds = [[line.partition(",")[0] for line in trial.line.tolist()] for trial in trials]
    counts: Counter[tuple[str, str]] = Counter()
    for trial, own in zip(trials, kinds, strict=True):
        counts.update((trial.library, kind) for kind in own)
    return [
        np.array([1 / counts[trial.library, kind] for kind in own]) for trial, own in zip(trials, kinds, strict=True)
    ]


def _fit(
    trials: Sequence[Trial], weights: Sequence[NDArray[np.float64]], names: tuple[Feature, ...]
) -> tuple[LogisticMap | None, float]:
    """The map with these features, and its log loss; None if a better score would be worth less."""
    inputs, targets, counts = [], [], []
    for trial, counted in zip(trials, weights, strict=True):
        table = score_features(trial.scores, trial.scale)
        known = trial.labels != UNSURE
        inputs.append(np.stack([table[name] for name in names], axis=-1)[known])
        targets.append(trial.labels[known] == RELEVANT)
        counts.append(np.broadcast_to(counted[:, None] / known.shape[1], known.shape)[known])
    rows, right, shares = np.concatenate(inputs), np.concatenate(targets).astype(np.float64), np.concatenate(counts)
    solution = logistic_regression(rows, right, shares)
    fitted = dict(zip(names, solution.tolist(), strict=False))
    if min(fitted[name] for name in RISING if name in fitted) < 0:
        return None, np.inf
    logits = rows @ solution[:-1] + solution[-1]
    loss = np.logaddexp(0.0, np.where(right > 0, -logits, logits))
    return LogisticMap(intercept=float(solution[-1]), weights=fitted), float(np.average(loss, weights=shares))
