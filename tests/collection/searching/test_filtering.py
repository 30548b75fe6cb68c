from dataclasses import replace
from datetime import date, datetime

import pytest

from conftest import ColourEncoder
from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.rows import FileState
from twinlens.collection.searching.filtering import Filters, check_filter, known_filters
from twinlens.collection.searching.scope import Scope
from twinlens.data.exif import PhotoDetails
from twinlens.embedding.local import PhotoVector
from twinlens.errors import QueryError

TAKEN = {
    1: "2022-12-31T23:59:59",
    2: "2023-01-01T00:00:00",
    3: "2023-06-30T12:00:00",
    4: "2023-06-30T23:59:59",
    5: "2023-12-31T23:59:59",
    6: "2024-01-01T00:00:00",
    7: None,
}
CAMERAS = {1: "Canon EOS R5", 2: "NIKON D850", 3: "Apple iPhone 12", 4: "50%_off", 5: "OLYMPUS É-M1"}


@pytest.fixture
def dated(catalog: Catalog, encoder: ColourEncoder) -> Catalog:
    """One photo for each of TAKEN."""
    catalog.add_folder("photos", "..")
    vector = PhotoVector(encoder.encode_text(["red"])[0], None)
    with catalog.writing() as writer:
        for number, taken_at in TAKEN.items():
            details = PhotoDetails(9, 9, taken_at, camera=CAMERAS.get(number))
            writer.put_photo(FileState(1, f"{number}.jpg", 1, 1, None), details, vector, reader_version=1)
    return catalog


def found(catalog: Catalog, **filters: str) -> list[int]:
    return catalog.select_ids(Filters(**filters).condition(Scope(catalog, []))).tolist()


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("2023", [2, 3, 4, 5, 6]),
        ("2023-06", [3, 4, 5, 6]),
        ("2023-06-30", [3, 4, 5, 6]),
        ("2023-07-01", [5, 6]),
        ("2023-06-30T12:00", [3, 4, 5, 6]),
        ("2023-06-30 12:00:01", [4, 5, 6]),
        ("2024-01-01T00:00:00", [6]),
        ("2025", []),
        (" 2024 ", [6]),
    ],
)
def test_after_takes_in_the_day_it_names(dated: Catalog, after: str, expected: list[int]) -> None:
    assert found(dated, after=after) == expected


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("2022", [1]),
        ("2023", [1, 2, 3, 4, 5]),
        ("2023-06", [1, 2, 3, 4]),
        ("2023-06-29", [1, 2]),
        ("2023-06-30", [1, 2, 3, 4]),
        ("2023-06-30T12:00", [1, 2, 3]),
        ("2023-06-30T11:59", [1, 2]),
        ("2023-06-30 23:59:59", [1, 2, 3, 4]),
        ("2021", []),
    ],
)
def test_before_takes_in_all_of_what_it_names(dated: Catalog, before: str, expected: list[int]) -> None:
    assert found(dated, before=before) == expected


def test_after_and_before_together_are_a_span(dated: Catalog) -> None:
    assert found(dated, after="2023", before="2023") == [2, 3, 4, 5]
    assert found(dated, after="2023-06-30", before="2023-06-30") == [3, 4]
    assert found(dated, after="2024", before="2022") == []


def test_photos_without_a_date_pass_no_date_filter(dated: Catalog) -> None:
    assert 7 not in found(dated, after="0001") + found(dated, before="9999")


@pytest.mark.parametrize(
    ("camera", "expected"),
    [
        ("canon", [1]),
        ("CANON EOS", [1]),
        ("d850", [2]),
        ("iphone", [3]),
        ("%", [4]),
        ("_", [4]),
        ("É-m", [5]),
        ("Sony", []),
    ],
)
def test_camera_is_a_part_of_the_name_as_it_is_written(dated: Catalog, camera: str, expected: list[int]) -> None:
    assert found(dated, camera=camera) == expected
    assert found(dated, camera=f"  {camera} ") == expected


@pytest.mark.parametrize("name", ["name", "camera", "caption"])
def test_bytes_that_are_no_unicode_are_looked_for_as_the_catalog_has_them(dated: Catalog, name: str) -> None:
    assert Filters(**{name: "\udcff"})[name] == "\\xff"
    assert found(dated, **{name: "a\ud800"}) == []


def test_filters_are_joined_by_and(dated: Catalog) -> None:
    assert found(dated, after="2023", camera="n") == [2, 3]


@pytest.mark.parametrize(
    "date",
    [
        "",
        "one day",
        "23",
        "2023-06-30T24:00",
        "2023-06-30T12:60",
        "2023-06-30T12:00:60",
        "2023-06-30T12",
        "2023-06-30T12:00:00Z",
        "2023; DROP TABLE photos",
    ],
)
def test_what_is_no_date_is_refused_with_an_example(date: str) -> None:
    wanted = "must be a date such as 2023, 2023-06-30, 'June 2023' or 'last summer', got"
    with pytest.raises(QueryError, match=f"^after {wanted}"):
        Filters(after=date)
    with pytest.raises(QueryError, match=r"^before must be a date"):
        Filters(before=date)


@pytest.mark.parametrize(
    ("date", "why"),
    [
        ("2023-13", "there is no month 13"),
        ("2023-00", "there is no month 0"),
        ("2023-02-29", "February 2023 has the days 1 to 28"),
        ("2023-06-31", "June 2023 has the days 1 to 30"),
        ("31 June 2023", "June 2023 has the days 1 to 30"),
        ("2023-06-00", "June 2023 has the days 1 to 30"),
        ("0000", "there is no year 0"),
    ],
)
def test_a_date_that_does_not_exist_is_refused_with_the_reason(date: str, why: str) -> None:
    for name in ("after", "before", "date", "year", "month"):
        with pytest.raises(QueryError, match=rf"^{name} must be a date that exists, got '{date}': {why}$"):
            Filters(**{name: date})


@pytest.mark.parametrize("written", ["30.6.2023", "2023/06/30", "30 June 2023", "2023-6-30", "２０２３年6月30日"])
def test_dates_may_be_written_in_other_ways(dated: Catalog, written: str) -> None:
    assert found(dated, after=written) == found(dated, after="2023-06-30")
    assert found(dated, before=written) == found(dated, before="2023-06-30")
    assert found(dated, date=written) == [3, 4]


def test_a_span_begins_with_its_first_day_and_ends_with_its_last(dated: Catalog) -> None:
    assert Filters(after="christmas 2022", before="new year 2024") == Filters(after="2022-12-24", before="2024-01-01")
    assert found(dated, after="summer 2023") == [3, 4, 5, 6]
    assert found(dated, before="summer 2023") == [1, 2, 3, 4]


def test_the_29th_of_february_exists_in_leap_years(dated: Catalog) -> None:
    assert found(dated, after="2024-02-29") == []


def test_no_filter_is_empty_and_lets_every_photo_pass(dated: Catalog) -> None:
    assert Filters().is_empty()
    assert not any(Filters(**{name: "2023"}).is_empty() for name in ("after", "before", "folder", "camera"))
    assert found(dated) == list(TAKEN)


def test_a_date_may_come_as_a_number_or_a_date(dated: Catalog) -> None:
    assert found(dated, after=2024) == found(dated, after=date(2024, 1, 1)) == [6]
    assert found(dated, after=datetime(2023, 12, 31, 23, 59, 59, 999)) == [5, 6]


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"camera": 5}, "camera must be text, got 5"),
        ({"camera": ["canon"]}, "camera must be text"),
        ({"folder": 7}, "folder must be a folder, got 7"),
        ({"favourites": "yes"}, "favourites must be true or false, got 'yes'"),
        ({"after": True}, "after must be a date"),
        ({"cammera": "canon"}, "there is no filter 'cammera'; known: .*; did you mean 'camera'"),
    ],
)
def test_what_a_filter_cannot_use_is_refused_by_its_name(filters: dict, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        Filters(**filters)


def test_what_is_off_or_empty_is_no_filter() -> None:
    assert Filters(after=None, camera=" ", folder="", favourites=False) == Filters()
    assert repr(Filters(favourites=True, after=2023)) == "Filters(after='2023', favourites=True)"


def test_every_filter_says_what_an_interface_needs_and_can_be_told() -> None:
    for name, one in known_filters().items():
        assert one.name == name
        assert one.help.endswith(".")
        assert one.label
        value = True if one.kind == "flag" else one.choices[0] if one.choices else one.example
        assert Filters(**{name: value}).phrases()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "query"}, "must be a free name"),
        ({"name": "class"}, "must be a free name"),
        ({"name": "my-filter"}, "must be a free name"),
        ({"kind": "number"}, "its kind must be one of"),
        ({"pattern": "(?<=a)b"}, "without look-around"),
        ({"choices": ("mro",)}, "its choices must be words"),
        ({"choices": ("two words",)}, "its choices must be words"),
    ],
)
def test_a_filter_that_no_interface_could_offer_is_left_out(changes: dict, message: str) -> None:
    one = replace(known_filters()["camera"], name="lens")
    check_filter(one, "lens")
    odd = replace(one, **changes)
    with pytest.raises(ValueError, match=message):
        check_filter(odd, odd.name)
