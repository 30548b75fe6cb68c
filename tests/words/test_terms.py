"""The terms by which texts are found."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinlens.words.terms import fold_text, humps_apart, may_go_on, pairs_of_signs, terms_of


@given(st.text(max_size=30))
def test_terms_contain_nothing_that_an_index_would_split_at(text: str) -> None:
    for term in terms_of(text):
        assert re.fullmatch(r"[a-z0-9]+|[^\x00-\x7f]+|(?:[a-z]|[^\x00-\x7f])+", term)


@given(st.text(max_size=30))
def test_folded_text_is_folded_as_it_is(text: str) -> None:
    assert fold_text(fold_text(text)).split() == fold_text(text).split()
    assert terms_of(text.upper()) or not terms_of(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Straße", "STRASSE"),
        ("Été", "E\u0301te\u0301"),
        ("ﬁsh", "fish"),
        ("ΣΚΎΛΟΣ", "σκυλος"),
        ("ёлка", "ЕЛКА"),
        ("İstanbul", "istanbul"),
        ("أَحمَد", "احمد"),
        ("ｶﾒﾗ", "カメラ"),
        ("한국", "한국"),
        ("क़लम", "क\u093cलम"),
        ("③ ½", "3 1 2"),
        ("👍🏽", "👍"),
        ("co\u00adoperate", "cooperate"),
    ],
)
def test_forms_of_one_text_have_the_same_terms(one: str, other: str) -> None:
    assert terms_of(one) == terms_of(other) != []


@pytest.mark.parametrize(("one", "other"), [("दिन", "दीन"), ("ไม", "ไม่"), ("は", "ば"), ("কি", "কী")])
def test_marks_that_make_other_words_are_kept(one: str, other: str) -> None:
    assert terms_of(one) != terms_of(other)


@given(st.text("黑狗猫a1 ", max_size=8), st.integers(0, 8), st.integers(0, 8))
def test_any_part_of_a_run_of_signs_is_a_row_of_terms(text: str, start: int, length: int) -> None:
    part = text[start : start + length].strip()
    if re.fullmatch("[黑狗猫]+", part):
        terms = may_go_on(terms_of(part))
        row = f" {' '.join(terms_of(text))} "
        assert f" {' '.join(terms)}" in row


def test_pairs_leave_out_the_signs_that_end_a_run() -> None:
    assert pairs_of_signs(terms_of("黑狗狗 狗 2狗")) == ["黑狗", "狗狗", "狗", "2", "狗"]


def test_names_without_humps_stay_as_they_are() -> None:
    assert [humps_apart(name) for name in ("IMG_2207.JPG", "", "HDRPhoto", "ÉtéRouge")] == [
        "IMG_2207.JPG",
        "",
        "HDR Photo",
        "Été Rouge",
    ]
