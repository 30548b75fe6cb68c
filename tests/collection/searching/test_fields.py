from pathlib import Path

import pytest

from catalog_photos import put_photos
from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.searching.fields import ALSO_CALLED, filter_of, nearest_field, read_field
from twinlens.collection.searching.filtering import known_filters
from twinlens.collection.searching.scope import Scope
from twinlens.errors import QueryError


def test_every_filter_is_a_field_and_other_names_lead_to_one() -> None:
    assert all(filter_of(name.upper()) is one for name, one in known_filters().items())
    assert {name: filter_of(name) for name in ALSO_CALLED} == {
        name: known_filters()[real] for name, real in ALSO_CALLED.items()
    }
    assert filter_of("colour") is None


@pytest.mark.parametrize(("typed", "meant"), [("camra", "camera"), ("Orientaton", "orientation"), ("xyzzy", None)])
def test_the_field_that_was_meant(typed: str, meant: str | None) -> None:
    assert nearest_field(typed) == meant


@pytest.mark.parametrize(
    ("field", "text", "phrase"),
    [
        ("width", ">2000", "width >2000"),
        ("Type", "RAW", "of type raw"),
        ("favourite", "yes", "favourites"),
        ("favorite", "No", "not favourites"),
        ("taken", "christmas 2022", "taken 2022-12-24..2022-12-26"),
        ("near", "48.85,2.35", "near 48.85,2.35,10km"),
        ("within", "-3, 48,2.0,49", "taken in the area -3,48,2,49"),
    ],
)
def test_a_field_is_told_in_words(field: str, text: str, phrase: str) -> None:
    assert read_field(field, text).phrase() == phrase


def test_no_is_all_but_those(catalog: Catalog, tmp_path: Path) -> None:
    ids = put_photos(catalog, ["a.jpg", "b.jpg", "c.jpg"])
    catalog.marks.mark(ids[:1], is_favourite=True)
    scope = Scope(catalog, [])
    assert catalog.select_ids(read_field("favourite", "yes").condition(scope)).tolist() == ids[:1]
    assert catalog.select_ids(read_field("favourite", "no").condition(scope)).tolist() == ids[1:]


@pytest.mark.parametrize(
    ("field", "text", "message"),
    [
        ("camra", "canon", "there is no field 'camra'; there are .*; did you mean 'camera'"),
        ("favourite", "perhaps", "favourite must be yes or no, got 'perhaps'"),
        ("camera", " ", "camera needs a value, such as canon"),
        (
            "within",
            "2,49,3,48",
            "within must have its south below its north, in the order west,south,east,north; got '2,4",
        ),
        ("width", "wide", "width must be a comparison such as '>2000', .*, got 'wide'"),
        ("date", "31 June 2021", "date must be a date that exists, got '31 June 2021'"),
    ],
)
def test_what_a_field_cannot_use_is_told(field: str, text: str, message: str) -> None:
    with pytest.raises(QueryError, match=f"^{message}"):
        read_field(field, text)
