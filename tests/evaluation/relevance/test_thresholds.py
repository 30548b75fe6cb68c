from collections.abc import Sequence

import numpy as np
import pytest

from evaluation.relevance.worlds import libraries, world
from twinlens.evaluation.relevance.fitting import fit_relevance_map, query_weights
from twinlens.evaluation.relevance.thresholds import (
    LIKELY_ABSENT,
    LIKELY_RIGHT,
    POSSIBLE_FOUND,
    STRONG_ABSENT,
    STRONG_RIGHT,
    GradedHits,
    choose_thresholds,
)
from twinlens.relevance.evidence import score_features

SIZES = {20: 20, 100: 4, 200: 1}


@pytest.mark.parametrize("gap", [0.3, 0.4, 0.6])
def test_grades_keep_their_promises(gap: float) -> None:
    trials = libraries(world(gap=gap), SIZES)
    fitted = fit_relevance_map(trials)
    hits = GradedHits.of(
        trials,
        [fitted.hit.probabilities(score_features(trial.scores, trial.scale)) for trial in trials],
        query_weights(trials),
    )
    strong, likely, possible = fitted.grades.strong, fitted.grades.likely, fitted.grades.possible
    assert hits.right_share(strong) >= STRONG_RIGHT
    assert hits.right_share(likely, strong) >= LIKELY_RIGHT
    assert hits.absent_share(strong) <= STRONG_ABSENT
    assert hits.absent_share(likely, strong) <= LIKELY_ABSENT
    assert hits.found_share(possible) >= POSSIBLE_FOUND - 0.15


def graded(
    probability: list[list[float]], right: list[list[int]], present: list[int], kind: Sequence[str] = ("words",)
) -> GradedHits:
    shape, kinds = np.array(right), np.resize(np.array(kind), len(present))
    return GradedHits(
        np.array(probability), shape == 1, shape >= 0, np.array(present, dtype=bool), np.ones(len(present)), kinds
    )


def test_a_promise_is_kept_for_each_kind_of_query() -> None:
    """Nine sentences in ten are right at 0.8, and one word in two; both at 0.9."""
    probability = [[0.9]] * 10 + [[0.8]] * 30
    right = [[1]] * 10 + [[1]] * 28 + [[1], [0]]
    sentences = graded(probability, right, [1] * 40, ["sentences"])
    assert choose_thresholds(sentences).strong <= 0.8
    both = graded(probability, right, [1] * 40, ["words"] * 5 + ["sentences"] * 33 + ["words"] * 2)
    assert 0.8 < choose_thresholds(both).strong <= 0.9


def test_shares_are_those_counted_by_hand() -> None:
    hits = graded([[0.9, 0.6], [0.8, 0.3], [0.7, 0.1]], [[1, 0], [1, -1], [0, 0]], [1, 1, 0])
    assert hits.right_share(0.75) == 1.0
    assert hits.right_share(0.5) == 0.5
    assert hits.right_share(0.2, 0.5) == 1.0  # the only such hit was not judged
    assert (hits.absent_share(0.65), hits.absent_share(0.75)) == (1.0, 0.0)
    assert (hits.found_share(0.85), hits.found_share(0.5)) == (0.5, 1.0)


def test_where_no_hit_is_ever_right_none_is_strong_or_likely() -> None:
    found = choose_thresholds(graded([[0.9, 0.6], [0.8, 0.3]], [[0, 0], [0, 0]], [0, 0]))
    assert found.grades(np.array([0.9, 0.8])) == [None, None]
