import json

import pytest
from pydantic import ValidationError

from twinlens.relevance.maps import LogisticMap, RelevanceMap

RISING = {"intercept": -3.0, "weights": {"z": 1.0, "log_n": -0.5}}
FORMER = {
    "query_threshold": "least_query",
    "hit_threshold": "least_hit",
    "relative_threshold": "least_share",
    "max_fitted_photos": "largest",
}
FIELDS = {
    "hit": RISING,
    "query": RISING,
    "query_threshold": 0.5,
    "hit_threshold": 0.01,
    "relative_threshold": 0.1,
    "max_fitted_photos": 1300,
}


def test_a_map_with_its_former_names_is_the_same_map():
    former = {FORMER.get(name, name): value for name, value in FIELDS.items()}
    assert set(former) == {"hit", "query", *FORMER.values()}
    assert RelevanceMap.model_validate(former) == RelevanceMap.model_validate(FIELDS)


def test_a_map_is_written_with_the_new_names():
    rising = LogisticMap.model_validate(RISING)
    made = RelevanceMap(
        hit=rising,
        query=rising,
        query_threshold=0.5,
        hit_threshold=0.01,
        relative_threshold=0.1,
        max_fitted_photos=1300,
    )
    assert json.loads(made.model_dump_json()) == FIELDS


@pytest.mark.parametrize("name", ["query_threshold", "hit_threshold", "max_fitted_photos"])
def test_a_map_with_neither_name_is_refused(name):
    fields = {key: value for key, value in FIELDS.items() if key != name}
    with pytest.raises(ValidationError, match=rf"1 validation error for RelevanceMap\n{name}\n  Field required"):
        RelevanceMap.model_validate(fields)


def test_a_map_from_before_the_relative_threshold_has_none():
    fields = {key: value for key, value in FIELDS.items() if key != "relative_threshold"}
    assert RelevanceMap.model_validate(fields).relative_threshold == 0.0


@pytest.mark.parametrize("name", ["least", "threshold", "max_photos"])
def test_an_unknown_name_is_refused(name):
    with pytest.raises(ValidationError, match=rf"{name}\n  Extra inputs are not permitted"):
        RelevanceMap.model_validate({**FIELDS, name: 0.5})


@pytest.mark.parametrize("former", FORMER.values())
def test_both_names_of_one_threshold_are_refused(former):
    with pytest.raises(ValidationError, match=rf"{former}\n  Extra inputs are not permitted"):
        RelevanceMap.model_validate({**FIELDS, former: 0.5})


@pytest.mark.parametrize("weights", [{"z": -1.0}, {"score": -0.1, "z": 2.0}, {"log_n": 1.0}, {}])
def test_a_map_by_which_a_better_score_is_less_probable_is_refused(weights):
    with pytest.raises(ValidationError, match="a better score must make a hit more probable"):
        LogisticMap(intercept=0.0, weights=weights)
