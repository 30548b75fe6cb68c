import pytest

from twinlens.collection.catalog.curated.names import name_key, tidy_name
from twinlens.errors import QueryError


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("  on \t holiday\n", "on holiday"),
        ("Zu\u0308rich", "Z\u00fcrich"),
        ("ki\u200bds\ufeff", "kids"),
        ("\u202ab\u200fell\u2069", "bell"),
        ("bell\x07", "bell"),
        ("nul\0", "nul"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("海", "海"),
        ("x" * 100, "x" * 100),
    ],
)
def test_names_are_written_in_one_form(typed: str, written: str) -> None:
    assert tidy_name(typed, "tag") == written


@pytest.mark.parametrize("typed", ["", "  \n", "\u200b", "\u200d", "\0"])
def test_a_name_that_cannot_be_seen_is_refused(typed: str) -> None:
    with pytest.raises(QueryError, match="the name of a tag must have at least one visible character"):
        tidy_name(typed, "tag")


def test_a_text_pasted_by_mistake_is_refused_in_a_short_line() -> None:
    with pytest.raises(QueryError, match="the name of an album may have 100 characters, got 5,000: xxx") as caught:
        tidy_name("x" * 5000, "album")
    assert len(str(caught.value)) < 120


@pytest.mark.parametrize(
    ("one", "other"),
    [("Kids", "KIDS"), ("Straße", "STRASSE"), ("ｋids", "Kids"), (" on  holiday ", "On holiday"), ("É", "e\u0301")],
)
def test_case_and_form_make_no_other_name(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)
