"""Queries without one of their parts."""

import pytest

from twinlens.collection.searching.query import texts_without, words_query


@pytest.mark.parametrize(
    ("text", "rests"),
    [
        ("dog year:2023", [None, "dog"]),
        (
            'dog -cat "red ball" width>2000',
            [None, "dog -cat width>2000", 'dog -cat "red ball"', 'dog "red ball" width>2000'],
        ),
        ("a dog without a cat or people", [None, "a dog without people", "a dog without a cat"]),
        ("dog in summer 2023", [None, "dog"]),
        ("no people", [""]),
        ("beach OR lake year:2023", [None, None, None, None]),
        ("a dog on a beach", [None]),
        ("dog " * 20 + "-cat", [None, None]),
    ],
)
def test_a_part_is_taken_out_of_the_text_as_it_was_written(text: str, rests: list[str | None]) -> None:
    assert texts_without(words_query(text), words_query) == rests
