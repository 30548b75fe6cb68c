"""Fits the relevance map of one kind of query: two logistic regressions, and thresholds on their probabilities."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from twinlens.evaluation.relevance.trials import RELEVANT, UNSURE, WITH_RELEVANT, Trial
from twinlens.relevance.judge import score_features
from twinlens.relevance.maps import RISING, Feature, LogisticMap, RelevanceMap

HIT_FEATURES: tuple[Feature, ...] = ("z", "log_n", "mean", "log_std", "log_kurtosis")
QUERY_FEATURES: tuple[Feature, ...] = ("score", *HIT_FEATURES)
GROUP_WEIGHTS = {"caption": 0.4, "concept": 0.2, "photo": 0.6, "absent": 0.25, "left out": 0.15}
"""How much each group of queries counts: a guess at how often people ask such queries."""
# Each threshold is set so that it misses this share of the queries that have a relevant photo
# among their best hits; captions and short queries count half each.
QUERY_MISS_RATE = 0.09  # wrongly answered "nothing here matches"
HIT_MISS_RATE = 0.004  # the best relevant hit is below the hit threshold
RELATIVE_MISS_RATE = 0.015  # … below the relative threshold
RIDGE = 1e-3


def logistic_regression(
    inputs: NDArray[np.float64], targets: NDArray[np.float64], weights: NDArray[np.float64], *, ridge: float = RIDGE
) -> NDArray[np.float64]:
    """[F + 1], the weights of F columns, then the intercept; by Newton's method.

    Args:
        inputs: [N, F].
        targets: [N], from 0 to 1.
        weights: [N], of the rows; scaled to a mean of 1.
        ridge: penalty for each row on the squared weights of standardised columns.
    """
    centre, spread = inputs.mean(axis=0), inputs.std(axis=0).clip(min=1e-9)
    rows = np.column_stack([(inputs - centre) / spread, np.ones(len(inputs))])
    counts = weights / weights.mean()
    penalty = ridge * len(rows) * np.diag([*np.ones(inputs.shape[1]), 0.0])
    solution = np.zeros(rows.shape[1])
    for _ in range(50):
        probabilities = 1.0 / (1.0 + np.exp(-np.clip(rows @ solution, -30, 30)))
        gradient = rows.T @ (counts * (targets - probabilities)) - penalty @ solution
        curvature = (rows * (counts * probabilities * (1 - probabilities))[:, None]).T @ rows
        step = np.linalg.solve(curvature + penalty + 1e-9 * np.eye(len(solution)), gradient)
        step *= min(1.0, 5.0 / max(np.abs(step).max(), 1e-12))  # far from the solution Newton's step is too long
        solution = solution + step
        if np.abs(step).max() < 1e-8:
            break
    slopes = solution[:-1] / spread
    return np.append(slopes, solution[-1] - slopes @ centre)


def fit_relevance_map(trials: Sequence[Trial]) -> RelevanceMap:
    """The map of one kind of query, with its thresholds set on the same trials.

    Collections of all sizes are to miss about the same share of queries; the ``log_n``
    weight of the query map is adjusted for that, and its threshold is one half.
    """
    weights = query_weights(trials)
    hit = _fit(trials, weights, HIT_FEATURES, best_only=False)
    query = _level(_fit(trials, weights, QUERY_FEATURES, best_only=True), trials, weights)
    hits = [hit.probabilities(score_features(trial.scores, trial.scale, trial.num_candidates)) for trial in trials]
    best_relevant = [
        np.where(trial.labels == RELEVANT, probabilities, 0.0).max(axis=1)
        for trial, probabilities in zip(trials, hits, strict=True)
    ]
    relative = [relevant / probabilities[:, 0] for relevant, probabilities in zip(best_relevant, hits, strict=True)]
    return RelevanceMap(
        hit=hit,
        query=query,
        query_threshold=0.5,
        hit_threshold=round(_threshold(best_relevant, trials, weights, HIT_MISS_RATE), 4),
        relative_threshold=round(_threshold(relative, trials, weights, RELATIVE_MISS_RATE), 3),
        max_fitted_photos=max(trial.num_candidates for trial in trials),
    )


def _level(query: LogisticMap, trials: Sequence[Trial], weights: Sequence[NDArray[np.float64]]) -> LogisticMap:
    """The same map, shifted so that a threshold of one half has the wanted miss rate in collections of any size."""
    sizes = sorted({trial.num_candidates for trial in trials})
    threshold_logits = []
    for size in sizes:
        rows = [row for row, trial in enumerate(trials) if trial.num_candidates == size]
        of_size = [trials[row] for row in rows]
        probabilities = [_query_probabilities(query, trial) for trial in of_size]
        threshold = _threshold(probabilities, of_size, [weights[row] for row in rows], QUERY_MISS_RATE)
        threshold_logits.append(np.log(threshold / (1 - threshold)))
    slope, height = np.polyfit(np.log(sizes), threshold_logits, deg=1) if len(sizes) > 1 else (0.0, threshold_logits[0])
    shifted = {**query.weights, "log_n": query.weights.get("log_n", 0.0) - float(slope)}
    return LogisticMap(intercept=query.intercept - float(height), weights=shifted)


def _query_probabilities(query: LogisticMap, trial: Trial) -> NDArray[np.float64]:
    """[Q], that anything relevant is among the best hits."""
    return query.probabilities(score_features(trial.scores[:, :1], trial.scale, trial.num_candidates))[:, 0]


def query_weights(trials: Sequence[Trial]) -> list[NDArray[np.float64]]:
    """[Q] for each trial: all sizes of collection count the same, and within a size each group by its weight."""
    counts: Counter[tuple[int, str]] = Counter()
    for trial in trials:
        counts.update((trial.num_candidates, str(group)) for group in trial.group)
    return [
        np.array([GROUP_WEIGHTS[group] / counts[trial.num_candidates, group] for group in trial.group.tolist()])
        for trial in trials
    ]


def _fit(
    trials: Sequence[Trial],
    weights: Sequence[NDArray[np.float64]],
    names: tuple[Feature, ...],
    *,
    best_only: bool,
) -> LogisticMap:
    inputs, targets, counts = [], [], []
    for trial, counted in zip(trials, weights, strict=True):
        table = score_features(trial.scores[:, :1] if best_only else trial.scores, trial.scale, trial.num_candidates)
        columns = np.stack([table[name] for name in names], axis=-1)  # [Q, K, F]
        if best_only:
            # if the relevant photo is not among the best hits, saying "no match" or showing them is equally useless
            relevant = has_relevant_hit(trial)
            known = ~np.isin(trial.group, WITH_RELEVANT) | relevant
            inputs.append(columns[known, 0])
            targets.append(relevant[known])
            counts.append(counted[known])
        else:
            known = trial.labels != UNSURE
            inputs.append(columns[known])
            targets.append(trial.labels[known] == RELEVANT)
            counts.append(np.broadcast_to(counted[:, None] / known.shape[1], known.shape)[known])
    solution = logistic_regression(
        np.concatenate(inputs), np.concatenate(targets).astype(np.float64), np.concatenate(counts)
    )
    fitted = dict(zip(names, solution.tolist(), strict=False))
    falling = [name for name in RISING if fitted.get(name, 0.0) < 0]
    if falling:  # score and z are collinear: the one with the negative weight is left out
        return _fit(trials, weights, tuple(name for name in names if name not in falling), best_only=best_only)
    return LogisticMap(intercept=float(solution[-1]), weights=fitted)


def has_relevant_hit(trial: Trial) -> NDArray[np.bool_]:
    """[Q], whether a relevant photo is among the best hits, for queries that have any in the collection."""
    found: NDArray[np.bool_] = (trial.labels == RELEVANT).any(axis=1) & np.isin(trial.group, WITH_RELEVANT)
    return found


def _threshold(
    values: Sequence[NDArray[np.float64]],
    trials: Sequence[Trial],
    weights: Sequence[NDArray[np.float64]],
    miss_rate: float,
) -> float:
    """The quantile of ``values`` [Q] over queries with a relevant hit, at ``miss_rate``; all groups count the same."""
    kept = [has_relevant_hit(trial) for trial in trials]
    pooled = np.concatenate([own[rows] for own, rows in zip(values, kept, strict=True)])
    counts = np.concatenate([own[rows] for own, rows in zip(weights, kept, strict=True)])
    groups = np.concatenate([trial.group[rows] for trial, rows in zip(trials, kept, strict=True)])
    for group in np.unique(groups):
        counts[groups == group] /= counts[groups == group].sum()
    order = np.argsort(pooled)
    place = int(np.searchsorted(np.cumsum(counts[order]), miss_rate * counts.sum()))
    return float(pooled[order][min(place, len(order) - 1)])
