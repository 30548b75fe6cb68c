"""What calls take: whole numbers and flags as JSON has them, a field for each filter, no field that is unknown."""

from typing import Any

import pytest
from pydantic import ValidationError

from twinlens.api.filters import known_filters
from twinlens.rest.calls.schemas.fields import BrowseFields, FilterFields, PageFields, SearchFields
from twinlens.rest.calls.schemas.results import CaptionResult
from twinlens.rest.calls.schemas.searches import ImageSearch, TextSearch
from twinlens.rest.calls.schemas.values import DEEPEST_OFFSET

WRONG_FLAGS = ["true", 1, 0, None]


def fits(schema: type, **fields: Any) -> bool:
    try:
        schema.model_validate(fields)  # type: ignore[attr-defined]
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(
    ("value", "read"), [(10, 10), (10.0, 10), ("10", None), (True, None), (10.5, None), (float("inf"), None), (0, None)]
)
def test_a_number_of_results_is_whole_and_at_least_one(value: object, read: int | None) -> None:
    assert fits(PageFields, top_k=value) is (read is not None)
    if read is not None:
        assert PageFields(top_k=value).top_k == read  # type: ignore[arg-type]


def test_an_offset_is_not_below_nothing_and_not_beyond_any_library() -> None:
    assert [fits(PageFields, offset=offset) for offset in (0, DEEPEST_OFFSET, DEEPEST_OFFSET + 1, -1)] == [
        True,
        True,
        False,
        False,
    ]


def test_every_filter_is_a_field_of_every_search_and_tells_what_it_is() -> None:
    for schema in (FilterFields, TextSearch, ImageSearch, BrowseFields):
        for name, one in known_filters().items():
            assert schema.model_fields[name].description == one.help
    assert FilterFields().model_dump() == {
        name: False if one.kind == "flag" else None for name, one in known_filters().items()
    }


@pytest.mark.parametrize("wrong", WRONG_FLAGS)
def test_a_flag_in_json_is_true_or_false(wrong: object) -> None:
    assert fits(FilterFields, favourites=True)
    assert not fits(FilterFields, favourites=wrong)
    assert not fits(ImageSearch, image_id="a.jpg", include_self=wrong)


def test_a_flag_in_an_address_is_a_word() -> None:
    assert BrowseFields.model_validate({"favourites": "true", "top_k": "3"}).favourites is True
    assert BrowseFields.model_validate({"favourites": "0"}).favourites is False


def test_a_field_that_nobody_knows_is_a_fault() -> None:
    for schema, fields in ((PageFields, {}), (TextSearch, {"query": "dog"})):
        assert fits(schema, **fields)
        assert not fits(schema, **fields, topk=3)


def test_an_address_may_carry_parameters_of_others() -> None:
    assert fits(BrowseFields, top_k=3, utm_source="mail")


@pytest.mark.parametrize(
    ("fields", "good"),
    [
        ({"min_grade": "likely"}, True),
        ({"min_grade": "sure"}, False),
        ({"min_probability": 0}, True),
        ({"min_probability": 1.0}, True),
        ({"min_probability": 1.01}, False),
        ({"min_probability": "0.5"}, False),
        ({"min_probability": float("nan")}, False),
        ({"sort": "date"}, True),
        ({"sort": "size"}, True),
        ({"sort": "best"}, False),
    ],
)
def test_what_a_search_takes_besides(fields: dict[str, Any], good: bool) -> None:
    assert fits(SearchFields, **fields) is good


@pytest.mark.parametrize(("query", "good"), [("a dog", True), ("", False), (" \n\t", False), (None, False), (5, False)])
def test_words_hold_at_least_one_letter(query: object, good: bool) -> None:
    assert fits(TextSearch, query=query) is good


def test_up_to_eight_photos_are_summed_each_with_a_weight() -> None:
    assert fits(ImageSearch, images=[{"image_id": "a.jpg", "weight": -0.5}] * 8)
    assert not fits(ImageSearch, images=[{"image_id": "a.jpg"}] * 9)
    for weight in (1e7, float("nan"), "1", True):
        assert not fits(ImageSearch, images=[{"image_id": "a.jpg", "weight": weight}])


def test_a_caption_that_was_found_is_a_result_with_a_caption() -> None:
    result = {"rank": 1, "image_id": "a", "image_path": "a", "score": 0.5, "probability": None, "relevant": None}
    assert CaptionResult(**result, caption="a dog").caption == "a dog"
    assert not fits(CaptionResult, **result)
