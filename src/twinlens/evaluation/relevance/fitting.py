"""Logistic regression of relevance on a query's scores."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from twinlens.evaluation.relevance.trials import RELEVANT, UNSURE, WITH_ANSWER, Trial
from twinlens.relevance.judge import features, probabilities
from twinlens.relevance.maps import RISING, Feature, LogisticMap, RelevanceMap

HIT_FEATURES: tuple[Feature, ...] = ("z", "log_n", "mean", "log_std", "log_kurtosis")
QUERY_FEATURES: tuple[Feature, ...] = ("score", *HIT_FEATURES)
SHARES = {"caption": 0.4, "concept": 0.2, "photo": 0.6, "absent": 0.25, "left out": 0.15}
"""How much each group of queries counts: about as often as people ask so, nobody knows."""
# Of the queries with a right hit among the best so many may be refused, captions and short queries half and half.
LOST = 0.09
LOST_HITS = 0.004  # and besides so many best right hits may fall below the line within an answer,
LOST_BESIDE = 0.015  # and so many stand too far below the best hit
RIDGE = 1e-3


def logistic_regression(
    inputs: NDArray[np.float64], targets: NDArray[np.float64], weights: NDArray[np.float64], *, ridge: float = RIDGE
) -> NDArray[np.float64]:
    """[F + 1], the weights of F columns and behind them the intercept, by Newton's method.

    Args:
        inputs: [N, F].
        targets: [N], from 0 to 1.
        weights: [N], how much each row counts; their mean is taken as 1.
        ridge: penalty on the squared weights of standardised columns, a row.
    """
    centre, spread = inputs.mean(axis=0), inputs.std(axis=0).clip(min=1e-9)
    rows = np.column_stack([(inputs - centre) / spread, np.ones(len(inputs))])
    counts = weights / weights.mean()
    penalty = ridge * len(rows) * np.diag([*np.ones(inputs.shape[1]), 0.0])
    solution = np.zeros(rows.shape[1])
    for _ in range(50):
        chances = 1.0 / (1.0 + np.exp(-np.clip(rows @ solution, -30, 30)))
        slope = rows.T @ (counts * (targets - chances)) - penalty @ solution
        curve = (rows * (counts * chances * (1 - chances))[:, None]).T @ rows + penalty + 1e-9 * np.eye(len(solution))
        step = np.linalg.solve(curve, slope)
        step *= min(1.0, 5.0 / max(np.abs(step).max(), 1e-12))  # far from the answer Newton's step is too long
        solution = solution + step
        if np.abs(step).max() < 1e-8:
            break
    slopes = solution[:-1] / spread
    return np.append(slopes, solution[-1] - slopes @ centre)


def fit_relevance(trials: Sequence[Trial]) -> RelevanceMap:
    """The map of one kind of query, with its lines drawn on the same trials.

    The line of "nothing here matches" is drawn so that collections of all sizes lose
    about the same share of queries; what it takes for that is in the map's ``log_n``.
    """
    weights = trial_weights(trials)
    hit = _fit(trials, weights, HIT_FEATURES, best_only=False)
    query = _levelled(_fit(trials, weights, QUERY_FEATURES, best_only=True), trials, weights)
    hits = [probabilities(hit, features(trial.scores, trial.scale, trial.num_candidates)) for trial in trials]
    best_right = [
        np.where(trial.labels == RELEVANT, chances, 0.0).max(axis=1)
        for trial, chances in zip(trials, hits, strict=True)
    ]
    beside_best = [right / chances[:, 0] for right, chances in zip(best_right, hits, strict=True)]
    return RelevanceMap(
        hit=hit,
        query=query,
        least_query=0.5,
        least_hit=round(_quantile(best_right, trials, weights, LOST_HITS), 4),
        least_share=round(_quantile(beside_best, trials, weights, LOST_BESIDE), 3),
        largest=max(trial.num_candidates for trial in trials),
    )


def _levelled(by: LogisticMap, trials: Sequence[Trial], weights: Sequence[NDArray[np.float64]]) -> LogisticMap:
    """The same map, moved so that one half is where ``LOST`` of the queries are lost, in collections of any size."""
    sizes = sorted({trial.num_candidates for trial in trials})
    lines = []
    for size in sizes:
        chosen = [number for number, trial in enumerate(trials) if trial.num_candidates == size]
        alike = [trials[number] for number in chosen]
        chances = [_answer_chances(by, trial) for trial in alike]
        line = _quantile(chances, alike, [weights[number] for number in chosen], LOST)
        lines.append(np.log(line / (1 - line)))
    slope, height = np.polyfit(np.log(sizes), lines, deg=1) if len(sizes) > 1 else (0.0, lines[0])
    moved = {**by.weights, "log_n": by.weights.get("log_n", 0.0) - float(slope)}
    return LogisticMap(intercept=by.intercept - float(height), weights=moved)


def _answer_chances(by: LogisticMap, trial: Trial) -> NDArray[np.float64]:
    """[Q], that the best hits hold anything relevant."""
    return probabilities(by, features(trial.scores[:, :1], trial.scale, trial.num_candidates))[:, 0]


def trial_weights(trials: Sequence[Trial]) -> list[NDArray[np.float64]]:
    """[Q] for each trial, so that every size of collection counts the same, and in it each group its share."""
    asked: Counter[tuple[int, str]] = Counter()
    for trial in trials:
        asked.update((trial.num_candidates, str(group)) for group in trial.group)
    return [
        np.array([SHARES[group] / asked[trial.num_candidates, group] for group in trial.group.tolist()])
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
        table = features(trial.scores[:, :1] if best_only else trial.scores, trial.scale, trial.num_candidates)
        columns = np.stack([table[name] for name in names], axis=-1)  # [Q, K, F]
        if best_only:
            # where the right photo is not among the best hits, refusing costs nothing and showing helps nobody
            right = has_right_hit(trial)
            known = ~np.isin(trial.group, WITH_ANSWER) | right
            inputs.append(columns[known, 0])
            targets.append(right[known])
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
    if falling:  # two faces of the score share its weight; the one that took too much is left out
        return _fit(trials, weights, tuple(name for name in names if name not in falling), best_only=best_only)
    return LogisticMap(intercept=float(solution[-1]), weights=fitted)


def has_right_hit(trial: Trial) -> NDArray[np.bool_]:
    """[Q], whether a right photo is among the best hits of a query that has one."""
    found: NDArray[np.bool_] = (trial.labels == RELEVANT).any(axis=1) & np.isin(trial.group, WITH_ANSWER)
    return found


def _quantile(
    chances: Sequence[NDArray[np.float64]],
    trials: Sequence[Trial],
    weights: Sequence[NDArray[np.float64]],
    share: float,
) -> float:
    """Below it lies a share of the queries that have a right hit, each group counting the same."""
    rights = [has_right_hit(trial) for trial in trials]
    values = np.concatenate([own[right] for own, right in zip(chances, rights, strict=True)])
    counts = np.concatenate([own[right] for own, right in zip(weights, rights, strict=True)])
    groups = np.concatenate([trial.group[right] for trial, right in zip(trials, rights, strict=True)])
    for group in np.unique(groups):
        counts[groups == group] /= counts[groups == group].sum()
    order = np.argsort(values)
    place = int(np.searchsorted(np.cumsum(counts[order]), share * counts.sum()))
    return float(values[order][min(place, len(order) - 1)])
