"""Chooses the thresholds of the grades: as low as they can be while the grades keep what they promise."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinlens.evaluation.relevance.trials import RELEVANT, UNSURE, Trial
from twinlens.relevance.maps import GradeThresholds

# What is promised is 0.9 and 0.65, 0.05 and 0.15, 0.7; what nothing was fitted on does a little worse.
STRONG_RIGHT, LIKELY_RIGHT = 0.95, 0.74  # share of the hits with the grade that are right
STRONG_ABSENT, LIKELY_ABSENT = 0.02, 0.09  # share of absent things whose best hit has the grade
POSSIBLE_FOUND = 0.75  # share of queries with a match of which one is graded
POSSIBLE_RIGHT = 0.12  # a possible hit that is right less often than this is no use to anybody
TRIED = np.linspace(0.005, 0.995, 199)


@dataclass(frozen=True, eq=False)
class GradedHits:
    """The hits of many queries, Q in all, K each.

    Attributes:
        probability: [Q, K], best first.
        right: [Q, K].
        known: [Q, K], whether a person has judged the hit.
        present: [Q], whether the library has a match.
        weight: [Q], of the query.
        kind: [Q], of the query: words or sentences.
    """

    probability: NDArray[np.float64]
    right: NDArray[np.bool_]
    known: NDArray[np.bool_]
    present: NDArray[np.bool_]
    weight: NDArray[np.float64]
    kind: NDArray[np.str_]

    @classmethod
    def of(
        cls,
        trials: Sequence[Trial],
        probabilities: Sequence[NDArray[np.float64]],
        weights: Sequence[NDArray[np.float64]],
    ) -> "GradedHits":
        """From trials, and the probabilities of their hits; lists shorter than the longest are filled up."""
        most = max(trial.scores.shape[1] for trial in trials)
        return cls(
            np.concatenate([_wide(own, most, 0.0) for own in probabilities]),
            np.concatenate([_wide(trial.labels == RELEVANT, most, fill=False) for trial in trials]),
            np.concatenate([_wide(trial.labels != UNSURE, most, fill=False) for trial in trials]),
            np.concatenate([trial.present for trial in trials]),
            np.concatenate(list(weights)),
            np.array([line.partition(",")[0] for trial in trials for line in trial.line.tolist()]),
        )

    def right_share(self, least: float, below: float = np.inf) -> float:
        """Share of the judged hits with these probabilities that are right."""
        graded = self.known & (self.probability >= least) & (self.probability < below)
        return _share(self.right, self.weight[:, None] * graded, empty=1.0)

    def absent_share(self, least: float, below: float = np.inf) -> float:
        """Share of absent things whose best hit has such a probability."""
        best: NDArray[np.float64] = self.probability[:, 0]
        graded: NDArray[np.bool_] = (best >= least) & (best < below)
        return _share(graded, self.weight * ~self.present, empty=0.0)

    def found_share(self, least: float) -> float:
        """Share of the queries with a match of which a right hit has such a probability."""
        found: NDArray[np.bool_] = np.any(self.right & (self.probability >= least), axis=1)
        return _share(found, self.weight * self.present, empty=1.0)

    def by_kind(self) -> "list[GradedHits]":
        """The hits of each kind of query."""
        return [
            GradedHits(
                self.probability[own],
                self.right[own],
                self.known[own],
                self.present[own],
                self.weight[own],
                self.kind[own],
            )
            for own in (self.kind == kind for kind in np.unique(self.kind))
        ]


def choose_thresholds(hits: GradedHits) -> GradeThresholds:
    """Thresholds that keep the promises on these hits, for each kind of query alone.

    Else the many sure hits of sentences would make up for wrong ones of single words.
    """
    kinds = hits.by_kind()
    strong = _lowest(
        TRIED,
        lambda least: all(
            own.right_share(least) >= STRONG_RIGHT and own.absent_share(least) <= STRONG_ABSENT for own in kinds
        ),
    )
    likely = _lowest(
        TRIED[strong > TRIED],
        lambda least: all(
            own.right_share(least, strong) >= LIKELY_RIGHT and own.absent_share(least, strong) <= LIKELY_ABSENT
            for own in kinds
        ),
        otherwise=strong,
    )
    below = TRIED[likely > TRIED]
    found = [least for least in below if all(own.found_share(least) >= POSSIBLE_FOUND for own in kinds)]
    useful = _lowest(below, lambda least: hits.right_share(least, likely) >= POSSIBLE_RIGHT, otherwise=likely)
    return GradeThresholds(strong=strong, likely=likely, possible=max(max(found, default=0.0), useful))


def _lowest(tried: NDArray[np.float64], keeps: Callable[[float], bool], *, otherwise: float = 1.0) -> float:
    """The lowest threshold that keeps a promise, with the most hits above it to show that it does."""
    return next((round(least, 3) for least in tried.tolist() if keeps(least)), otherwise)


def _share(yes: NDArray[np.bool_], weights: NDArray[np.float64], *, empty: float) -> float:
    total = weights.sum()
    return float((yes * weights).sum() / total) if total > 0 else empty


def _wide(rows: NDArray[Any], most: int, fill: float) -> NDArray[Any]:
    return np.pad(rows, ((0, 0), (0, most - rows.shape[1])), constant_values=fill)
