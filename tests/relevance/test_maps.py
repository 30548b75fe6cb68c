import numpy as np
import pytest
from pydantic import ValidationError

from twinlens.relevance.maps import GradeThresholds, LogisticMap, RelevanceMap
from twinlens.types import GRADES

RISING = {"intercept": -3.0, "weights": {"z": 1.0, "mean": -0.5}}


def test_probabilities_are_those_of_the_formula() -> None:
    found = LogisticMap(intercept=-1.0, weights={"score": 2.0, "mean": -3.0}).probabilities(
        {"score": np.array([[0.5, 0.1]]), "mean": np.array([[0.2, 0.2]])}
    )
    np.testing.assert_allclose(found, [[1 / (1 + np.exp(0.6)), 1 / (1 + np.exp(1.4))]])


@pytest.mark.parametrize("weights", [{"z": -1.0}, {"score": -0.1, "z": 2.0}, {"mean": 1.0}, {}])
def test_a_map_by_which_a_better_score_is_less_probable_is_refused(weights: dict[str, float]) -> None:
    with pytest.raises(ValidationError, match="a better score must make a hit more probable"):
        LogisticMap(intercept=0.0, weights=weights)


@pytest.mark.parametrize("name", ["log_n", "num_candidates", "rank"])
def test_a_map_knows_nothing_of_the_other_hits(name: str) -> None:
    with pytest.raises(ValidationError, match="Input should be"):
        LogisticMap(intercept=0.0, weights={"score": 1.0, name: 1.0})


def test_each_probability_has_the_surest_grade_that_it_reaches() -> None:
    thresholds = GradeThresholds(strong=0.9, likely=0.5, possible=0.2)
    found = thresholds.grades(np.array([1.0, 0.9, 0.89, 0.5, 0.2, 0.19, 0.0]))
    assert found == ["strong", "strong", "likely", "likely", "possible", None, None]


def test_grades_that_overtake_each_other_are_refused() -> None:
    with pytest.raises(ValidationError, match="a surer grade needs a higher probability"):
        GradeThresholds(strong=0.5, likely=0.9, possible=0.2)


def test_the_grades_have_the_names_of_the_contract() -> None:
    assert GRADES == ("strong", "likely", "possible")
    assert set(GradeThresholds.model_fields) == set(GRADES)


def test_a_map_is_read_as_it_was_written() -> None:
    made = RelevanceMap.model_validate({"hit": RISING, "grades": {"strong": 0.9, "likely": 0.5, "possible": 0.1}})
    assert RelevanceMap.model_validate_json(made.model_dump_json()) == made
