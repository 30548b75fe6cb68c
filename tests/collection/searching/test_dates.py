from datetime import date, datetime

import pytest

from twinlens.collection.searching.dates import parse_date
from twinlens.errors import QueryError


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("2023", "2023"),
        (" 2023-06 ", "2023-06"),
        ("2023-06-30 12:00", "2023-06-30T12:00"),
        (2023, "2023"),
        (date(2023, 6, 30), "2023-06-30"),
        (datetime(2023, 6, 30, 1, 2, 3, 999), "2023-06-30T01:02:03"),
        ("2024-02-29", "2024-02-29"),
    ],
)
def test_what_is_a_date(given: object, read: str) -> None:
    assert parse_date(given) == read


@pytest.mark.parametrize("given", ["", "2023-02-29", "tomorrow", "2023-6", True, None, 23, ["2023"], 2023.5])
def test_what_is_none(given: object) -> None:
    with pytest.raises(QueryError, match="must be a date"):
        parse_date(given)
