from collections.abc import Sequence

import numpy as np
import pytest

from twinlens.collection.searching.ranking.judging import match_test
from twinlens.collection.searching.search import Search
from twinlens.errors import NoProbabilitiesError
from twinlens.types import Grade

SCORES = [0.95, 0.7, 0.3, 0.1]


class Tenths:
    """A score is its own probability."""

    def probability(self, scores: Sequence[float]) -> np.ndarray:
        return np.array(scores)

    def grades(self, scores: Sequence[float]) -> list[Grade | None]:
        return [
            "strong" if one > 0.9 else "likely" if one > 0.5 else "possible" if one > 0.2 else None for one in scores
        ]


def matches(**options: object) -> list[bool]:
    test = match_test(Search.of("a dog", **options), Tenths())
    assert test is not None
    return test(SCORES).tolist()


def test_a_hit_with_a_grade_matches() -> None:
    assert matches() == [True, True, True, False]


@pytest.mark.parametrize(
    ("lowest", "expected"),
    [("strong", [1, 0, 0, 0]), ("likely", [1, 1, 0, 0]), ("possible", [1, 1, 1, 0])],
)
def test_a_lowest_grade_leaves_out_lower_ones(lowest: str, expected: list[int]) -> None:
    assert matches(min_grade=lowest) == [bool(one) for one in expected]


def test_a_least_probability_takes_the_place_of_a_grade_and_stands_beside_a_lowest_one() -> None:
    assert matches(min_probability=0.05) == [True] * 4
    assert matches(min_probability=0.5) == [True, True, False, False]
    assert matches(min_probability=0.05, min_grade="likely") == [True, True, False, False]
    assert matches(min_probability=0.9, min_grade="likely") == [True, False, False, False]


def test_no_hits_are_no_matches() -> None:
    test = match_test(Search.of("a dog"), Tenths())
    assert test is not None
    assert test([]).shape == (0,)


@pytest.mark.parametrize("options", [{"min_grade": "likely"}, {"min_probability": 0.5}])
def test_a_grade_that_is_asked_for_where_there_are_none_is_refused(options: dict[str, object]) -> None:
    assert match_test(Search.of("a dog"), None) is None
    with pytest.raises(NoProbabilitiesError, match=f"leave out {next(iter(options))}"):
        match_test(Search.of("a dog", **options), None)
