"""How good grades are: what is right among hits of each grade, what is found, and what absent things get."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinlens.evaluation.relevance.trials import RELEVANT, UNSURE, Trial
from twinlens.relevance.evidence import score_features
from twinlens.relevance.maps import RelevanceMap

STRONG, LIKELY, POSSIBLE = 3, 2, 1


@dataclass(frozen=True)
class GradeReport:
    """Grades of the ten best hits of many queries; shares are from 0 to 1, None where there is nothing to count.

    Attributes:
        line: kind of query.
        library: what the library is called.
        queries: that were asked, in all draws of the library.
        strong: judged hits with this grade.
        strong_right: share of them that are right.
        likely: judged hits with this grade.
        likely_right: share of them that are right.
        possible_right: share of the hits graded possible that are right.
        present: queries with a match in the library.
        found: share of these of which a right hit is graded, among the ten best.
        shown: share of these of which any hit is graded.
        ranked: share of these with a right hit among the ten best, graded or not.
        absent: queries without a match in the library.
        absent_strong: share of these whose best hit is strong.
        absent_likely: share of these whose best hit is likely.
    """

    line: str
    library: str
    queries: int
    strong: int
    strong_right: float | None
    likely: int
    likely_right: float | None
    possible_right: float | None
    present: int
    found: float | None
    shown: float | None
    ranked: float | None
    absent: int
    absent_strong: float | None
    absent_likely: float | None

    def to_json(self) -> dict[str, Any]:
        """The fields, rounded to four digits."""
        return {key: round(value, 4) if isinstance(value, float) else value for key, value in asdict(self).items()}


@dataclass(frozen=True, eq=False)
class GradedTrial:
    """A trial, and how high each of its hits is graded: [Q, K], 3 for strong, 0 for none."""

    trial: Trial
    levels: NDArray[np.intp]


def graded(relevance_map: RelevanceMap, trials: Sequence[Trial]) -> list[GradedTrial]:
    """The trials as a map grades them."""
    return [
        GradedTrial(
            trial,
            relevance_map.grades.levels(relevance_map.hit.probabilities(score_features(trial.scores, trial.scale))),
        )
        for trial in trials
    ]


def measure(graded_trials: Sequence[GradedTrial], lines: Mapping[str, Sequence[str]]) -> list[GradeReport]:
    """One report for each library and each group of lines.

    Args:
        graded_trials: what was asked.
        lines: name of a group → the lines in it.
    """
    libraries = list(dict.fromkeys(one.trial.library for one in graded_trials))
    return [
        report(
            name,
            library,
            [one for one in graded_trials if one.trial.library == library],
            members,
        )
        for library in libraries
        for name, members in lines.items()
    ]


def report(name: str, library: str, graded_trials: Sequence[GradedTrial], lines: Sequence[str]) -> GradeReport:
    """Of the queries on these lines, in all of these trials."""
    rows = [np.isin(one.trial.line, lines) for one in graded_trials]
    parts = list(zip(graded_trials, rows, strict=True))
    levels = [one.levels[own] for one, own in parts]
    labels = [one.trial.labels[own] for one, own in parts]
    present = np.concatenate([one.trial.present[own] for one, own in parts])
    best = np.concatenate([own[:, 0] for own in levels])
    hit_levels, hit_labels = (np.concatenate([own.ravel() for own in both]) for both in (levels, labels))
    known = hit_labels != UNSURE
    is_right = {level: hit_labels[known & (hit_levels == level)] == RELEVANT for level in (STRONG, LIKELY, POSSIBLE)}
    ranked = np.concatenate([(label == RELEVANT).any(axis=1) for label in labels])
    found = np.concatenate(
        [((label == RELEVANT) & (level > 0)).any(axis=1) for label, level in zip(labels, levels, strict=True)]
    )
    return GradeReport(
        line=name,
        library=library,
        queries=len(present),
        strong=len(is_right[STRONG]),
        strong_right=_share(is_right[STRONG]),
        likely=len(is_right[LIKELY]),
        likely_right=_share(is_right[LIKELY]),
        possible_right=_share(is_right[POSSIBLE]),
        present=int(present.sum()),
        found=_share(found[present]),
        shown=_share(best[present] > 0),
        ranked=_share(ranked[present]),
        absent=int((~present).sum()),
        absent_strong=_share(best[~present] == STRONG),
        absent_likely=_share(best[~present] == LIKELY),
    )


def _share(yes: NDArray[np.bool_]) -> float | None:
    return float(yes.mean()) if len(yes) else None
