"""What a calibration is worth: its error, and absent things refused against true matches lost."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinlens.evaluation.relevance.fitting import has_right_hit, trial_weights
from twinlens.evaluation.relevance.trials import RELEVANT, UNSURE, WITH_ANSWER, Group, Trial
from twinlens.relevance.judge import features, hit_chances, hits_count, probabilities
from twinlens.relevance.maps import RelevanceMap

BINS = 15
CURVE_AT = (0.01, 0.02, 0.05, 0.1, 0.2)


def calibration_error(
    chances: NDArray[np.float64],
    found: NDArray[np.bool_],
    *,
    weights: NDArray[np.float64] | None = None,
    bins: int = BINS,
) -> float:
    """Expected calibration error, as in Guo et al. 2017, "On Calibration of Modern Neural Networks".

    Args:
        chances: probabilities.
        found: what came true, of the same shape.
        weights: how much each counts; None = all the same.
        bins: of equal width.

    >>> calibration_error(np.array([0.5, 0.5, 0.9, 0.9]), np.array([True, False, True, True]))
    0.05
    """
    bin_of = np.minimum((chances * bins).astype(int), bins - 1).ravel()
    counts = np.ones(chances.size) if weights is None else weights.ravel()
    gaps = np.bincount(bin_of, weights=counts * (chances.ravel() - found.ravel()), minlength=bins)
    return round(float(np.abs(gaps).sum() / counts.sum()), 10)


@dataclass(frozen=True)
class CalibrationReport:
    """Figures of one size of collection; shares from 0 to 1, None where nobody was asked.

    Attributes:
        photos: in the collection.
        error: ECE over the ten best hits of each caption whose photo is there.
        error_first: of the first hits alone.
        error_own: as ``error``, when nothing but the caption's own photo counts as right.
        error_own_first: of the first hits alone.
        error_all: over the ten best hits of queries of all groups, absent things among them, each
            group with the share that fitting gives it.
        refused: of absent things, those answered by "nothing here matches".
        lost: of captions and short queries with a right photo among the ten best, those whose
            best right photo is not shown as relevant; half captions, half short queries.
        lost_by: the same for each group.
        silent: of queries with a right photo anywhere in the collection, those answered by
            "nothing here matches", for each group.
        precision: of the hits shown as relevant among the ten best of answers that hold something right,
            those that are right, for each group.
        curves: (lost, refused) where the line of "nothing here matches" would be drawn elsewhere,
            for each group and for "both", half and half.
    """

    photos: int
    error: float | None
    error_first: float | None
    error_own: float | None
    error_own_first: float | None
    error_all: float
    refused: float | None
    lost: float | None
    lost_by: dict[str, float]
    silent: dict[str, float]
    precision: dict[str, float]
    curves: dict[str, list[tuple[float, float]]]

    def to_json(self) -> dict[str, Any]:
        """The fields, rounded to four digits."""
        return {key: _rounded(value) for key, value in asdict(self).items()}


@dataclass(frozen=True, eq=False)
class _Judged:
    """All queries to collections of one size; [Q] or [Q, K]."""

    group: NDArray[np.str_]
    labels: NDArray[np.int8]
    own: NDArray[np.bool_]
    hits: NDArray[np.float64]
    answer: NDArray[np.float64]
    weights: NDArray[np.float64]
    right: NDArray[np.bool_]
    counts: NDArray[np.bool_]  # [Q, K], the hit is above the lines of hits

    @property
    def best_counts(self) -> NDArray[np.bool_]:
        """[Q], whether the best right hit is above the lines of hits."""
        found: NDArray[np.bool_] = (self.counts & (self.labels == RELEVANT)).any(axis=1)
        return found

    def of(self, *groups: Group) -> NDArray[np.bool_]:
        return np.isin(self.group, groups)


def measure(by: RelevanceMap, trials: Sequence[Trial]) -> list[CalibrationReport]:
    """One report for each size of collection, ascending."""
    sizes = sorted({trial.num_candidates for trial in trials})
    return [_report(by, size, [trial for trial in trials if trial.num_candidates == size]) for size in sizes]


def _report(by: RelevanceMap, size: int, trials: Sequence[Trial]) -> CalibrationReport:
    judged = _judged(by, trials)
    answered = judged.answer >= by.least_query
    shown = answered & judged.best_counts
    absent = judged.of("absent")
    groups: list[Group] = [group for group in WITH_ANSWER if (judged.of(group) & judged.right).any()]
    lost: dict[str, float] = {group: 1 - _share(shown[judged.of(group) & judged.right]) for group in groups}
    silent: dict[str, float] = {group: 1 - _share(answered[judged.of(group)]) for group in groups}
    known = judged.counts & (judged.labels != UNSURE) & (answered & judged.right)[:, None]
    precision: dict[str, float] = {g: _share(judged.labels[known & judged.of(g)[:, None]] == RELEVANT) for g in groups}
    asked, captions = judged.of("caption", "photo"), judged.of("caption")
    by_name = {group: [group] for group in groups} | ({"both": groups} if len(groups) > 1 else {})
    curves = {name: _curve(judged, parts) for name, parts in by_name.items()} if absent.any() else {}
    return CalibrationReport(
        photos=size,
        error=_error(judged.hits[asked], judged.labels[asked]),
        error_first=_error(judged.hits[asked, :1], judged.labels[asked, :1]),
        error_own=_error(judged.hits[captions], judged.own[captions]),
        error_own_first=_error(judged.hits[captions, :1], judged.own[captions, :1]),
        error_all=_error_of_all(judged),
        refused=_share(~answered[absent]) if absent.any() else None,
        lost=float(np.mean(list(lost.values()))) if lost else None,
        lost_by=lost,
        silent=silent,
        precision=precision,
        curves=curves,
    )


def _judged(by: RelevanceMap, trials: Sequence[Trial]) -> _Judged:
    asked = [(trial.scores, trial.scale, trial.num_candidates) for trial in trials]
    counts = [hits_count(by, scores, scores[:, 0], scale, size) for scores, scale, size in asked]
    answer = [
        probabilities(by.query, features(scores[:, :1], scale, min(size, by.largest)))[:, 0]
        for scores, scale, size in asked
    ]
    return _Judged(
        np.concatenate([trial.group for trial in trials]),
        np.concatenate([trial.labels for trial in trials]),
        np.concatenate([trial.own for trial in trials]),
        np.concatenate([hit_chances(by, *one) for one in asked]),
        np.concatenate(answer),
        np.concatenate(trial_weights(trials)),
        np.concatenate([has_right_hit(trial) for trial in trials]),
        np.concatenate(counts),
    )


def _curve(judged: _Judged, groups: Sequence[Group]) -> list[tuple[float, float]]:
    """Lost → refused, for lines drawn where about so many are lost."""
    absent = np.sort(judged.answer[judged.of("absent")])
    held = [np.where(judged.best_counts, judged.answer, -1.0)[judged.of(g) & judged.right] for g in groups]
    lines = np.unique(np.concatenate([absent, *held]))
    lost = np.mean([np.searchsorted(np.sort(own), lines) / len(own) for own in held], axis=0)  # ascending
    points = []
    for wanted in CURVE_AT:
        place = int(np.searchsorted(lost, wanted, side="right")) - 1
        if place >= 0:
            points.append((float(lost[place]), float(np.searchsorted(absent, lines[place]) / len(absent))))
    return points


def _error_of_all(judged: _Judged) -> float:
    known = judged.labels != UNSURE
    weights = np.broadcast_to(judged.weights[:, None], known.shape)[known]
    return calibration_error(judged.hits[known], judged.labels[known] == RELEVANT, weights=weights)


def _error(chances: NDArray[np.float64], labels: NDArray[Any]) -> float | None:
    known = labels != UNSURE
    return calibration_error(chances[known], labels[known] == RELEVANT) if known.any() else None


def _share(yes: NDArray[np.bool_]) -> float:
    return float(yes.mean())


def _rounded(value: Any) -> Any:
    match value:
        case float():
            return round(value, 4)
        case dict():
            return {key: _rounded(one) for key, one in value.items()}
        case list() | tuple():
            return [_rounded(one) for one in value]
    return value
