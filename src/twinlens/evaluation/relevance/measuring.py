"""How good a calibration is: its calibration error, and absent things refused against relevant photos missed."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinlens.evaluation.relevance.fitting import has_relevant_hit, query_weights
from twinlens.evaluation.relevance.trials import RELEVANT, UNSURE, WITH_RELEVANT, Group, Trial
from twinlens.relevance.judge import hit_probabilities, hits_match, query_probabilities
from twinlens.relevance.maps import RelevanceMap

BINS = 15
CURVE_AT = (0.01, 0.02, 0.05, 0.1, 0.2)  # shares missed


def calibration_error(
    probabilities: NDArray[np.float64],
    outcomes: NDArray[np.bool_],
    *,
    weights: NDArray[np.float64] | None = None,
    bins: int = BINS,
) -> float:
    """Expected calibration error (ECE), as in Guo et al. 2017, "On Calibration of Modern Neural Networks".

    Args:
        probabilities: of any shape.
        outcomes: what was observed, of the same shape.
        weights: of the same shape; None = all equal.
        bins: of equal width.

    >>> calibration_error(np.array([0.5, 0.5, 0.9, 0.9]), np.array([True, False, True, True]))
    0.05
    """
    bin_of = np.minimum((probabilities * bins).astype(int), bins - 1).ravel()
    counts = np.ones(probabilities.size) if weights is None else weights.ravel()
    gaps = np.bincount(bin_of, weights=counts * (probabilities.ravel() - outcomes.ravel()), minlength=bins)
    return round(float(np.abs(gaps).sum() / counts.sum()), 10)


@dataclass(frozen=True)
class CalibrationReport:
    """Figures for collections of one size; shares are from 0 to 1, and None where no query of the group was asked.

    Attributes:
        photos: in the collection.
        ece: of the ten best hits of each caption (or photo query) with relevant photos in the collection.
        ece_first: of the first hits alone.
        ece_own: as ``ece``, with only the caption's own photo counted as relevant.
        ece_own_first: of the first hits alone.
        ece_all: of the ten best hits of queries of all groups, absent things included, each group
            with the weight that it has in fitting.
        refused: of absent things, the share answered by "nothing here matches".
        missed: of captions and short queries with a relevant photo among the ten best hits, the share
            whose best relevant hit is not shown as relevant; captions and short queries count half each.
        missed_by: the same for each group.
        wrongly_refused: of queries with a relevant photo anywhere in the collection, the share answered
            by "nothing here matches", for each group.
        precision: of the hits shown as relevant among the ten best, the share that are, for each group, over
            queries with a relevant photo among the ten best; None where no hit is shown.
        curves: (missed, refused) at other thresholds of "nothing here matches", for each group and for
            "both", half each.
    """

    photos: int
    ece: float | None
    ece_first: float | None
    ece_own: float | None
    ece_own_first: float | None
    ece_all: float
    refused: float | None
    missed: float | None
    missed_by: dict[str, float]
    wrongly_refused: dict[str, float]
    precision: dict[str, float | None]
    curves: dict[str, list[tuple[float, float]]]

    def to_json(self) -> dict[str, Any]:
        """The fields, rounded to four digits."""
        return {key: _rounded(value) for key, value in asdict(self).items()}


@dataclass(frozen=True, eq=False)
class _Verdicts:
    """All queries to collections of one size; [Q] or [Q, K]."""

    group: NDArray[np.str_]
    labels: NDArray[np.int8]
    own: NDArray[np.bool_]
    hits: NDArray[np.float64]  # [Q, K], probabilities
    query: NDArray[np.float64]  # [Q], probabilities
    weights: NDArray[np.float64]
    has_relevant: NDArray[np.bool_]  # [Q], among the best hits
    match: NDArray[np.bool_]  # [Q, K], the hit is above its thresholds

    @property
    def relevant_match(self) -> NDArray[np.bool_]:
        """[Q], whether a relevant hit is above its thresholds."""
        found: NDArray[np.bool_] = (self.match & (self.labels == RELEVANT)).any(axis=1)
        return found

    def of(self, *groups: Group) -> NDArray[np.bool_]:
        return np.isin(self.group, groups)


def measure(relevance_map: RelevanceMap, trials: Sequence[Trial]) -> list[CalibrationReport]:
    """One report for each size of collection, ascending."""
    sizes = sorted({trial.num_candidates for trial in trials})
    return [_report(relevance_map, size, [trial for trial in trials if trial.num_candidates == size]) for size in sizes]


def _report(relevance_map: RelevanceMap, size: int, trials: Sequence[Trial]) -> CalibrationReport:
    judged = _judge(relevance_map, trials)
    answered = judged.query >= relevance_map.query_threshold
    shown = answered & judged.relevant_match
    absent = judged.of("absent")
    groups: list[Group] = [group for group in WITH_RELEVANT if (judged.of(group) & judged.has_relevant).any()]
    missed: dict[str, float] = {group: 1 - _share(shown[judged.of(group) & judged.has_relevant]) for group in groups}
    wrongly_refused: dict[str, float] = {group: 1 - _share(answered[judged.of(group)]) for group in groups}
    known = judged.match & (judged.labels != UNSURE) & (answered & judged.has_relevant)[:, None]
    precision: dict[str, float | None] = {}
    for group in groups:
        of_group = judged.labels[known & judged.of(group)[:, None]]
        precision[group] = _share(of_group == RELEVANT) if len(of_group) else None
    asked, captions = judged.of("caption", "photo"), judged.of("caption")
    by_name = {group: [group] for group in groups} | ({"both": groups} if len(groups) > 1 else {})
    curves = {name: _curve(judged, parts) for name, parts in by_name.items()} if absent.any() else {}
    return CalibrationReport(
        photos=size,
        ece=_ece(judged.hits[asked], judged.labels[asked]),
        ece_first=_ece(judged.hits[asked, :1], judged.labels[asked, :1]),
        ece_own=_ece(judged.hits[captions], judged.own[captions]),
        ece_own_first=_ece(judged.hits[captions, :1], judged.own[captions, :1]),
        ece_all=_ece_of_all(judged),
        refused=_share(~answered[absent]) if absent.any() else None,
        missed=float(np.mean(list(missed.values()))) if missed else None,
        missed_by=missed,
        wrongly_refused=wrongly_refused,
        precision=precision,
        curves=curves,
    )


def _judge(relevance_map: RelevanceMap, trials: Sequence[Trial]) -> _Verdicts:
    asked = [(trial.scores, (trial.scale, trial.num_candidates)) for trial in trials]
    return _Verdicts(
        np.concatenate([trial.group for trial in trials]),
        np.concatenate([trial.labels for trial in trials]),
        np.concatenate([trial.own for trial in trials]),
        np.concatenate([hit_probabilities(relevance_map, scores, *rest) for scores, rest in asked]),
        np.concatenate([query_probabilities(relevance_map, scores[:, 0], *rest) for scores, rest in asked]),
        np.concatenate(query_weights(trials)),
        np.concatenate([has_relevant_hit(trial) for trial in trials]),
        np.concatenate([hits_match(relevance_map, scores, scores[:, 0], *rest) for scores, rest in asked]),
    )


def _curve(judged: _Verdicts, groups: Sequence[Group]) -> list[tuple[float, float]]:
    """(missed, refused) at the thresholds that miss at most so many as ``CURVE_AT`` says."""
    absent = np.sort(judged.query[judged.of("absent")])
    found = [np.where(judged.relevant_match, judged.query, -1.0)[judged.of(g) & judged.has_relevant] for g in groups]
    thresholds = np.unique(np.concatenate([absent, *found]))
    missed = np.mean([np.searchsorted(np.sort(own), thresholds) / len(own) for own in found], axis=0)  # ascending
    points = []
    for wanted in CURVE_AT:
        place = int(np.searchsorted(missed, wanted, side="right")) - 1
        if place >= 0:
            points.append((float(missed[place]), float(np.searchsorted(absent, thresholds[place]) / len(absent))))
    return points


def _ece_of_all(judged: _Verdicts) -> float:
    known = judged.labels != UNSURE
    weights = np.broadcast_to(judged.weights[:, None], known.shape)[known]
    return calibration_error(judged.hits[known], judged.labels[known] == RELEVANT, weights=weights)


def _ece(probabilities: NDArray[np.float64], labels: NDArray[Any]) -> float | None:
    known = labels != UNSURE
    return calibration_error(probabilities[known], labels[known] == RELEVANT) if known.any() else None


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
