import random

import numpy as np
import pytest

from twinlens.words.lexicon import pack, unpack
from twinlens.words.spelling import correction, edit_distances


def plain_distance(one: str, other: str) -> int:
    """Optimal string alignment, as books have it."""
    table = [[max(row, column) for column in range(len(other) + 1)] for row in range(len(one) + 1)]
    for row in range(1, len(one) + 1):
        for column in range(1, len(other) + 1):
            changed = one[row - 1] != other[column - 1]
            table[row][column] = min(
                table[row - 1][column] + 1, table[row][column - 1] + 1, table[row - 1][column - 1] + changed
            )
            if row > 1 and column > 1 and one[row - 1] == other[column - 2] and one[row - 2] == other[column - 1]:
                table[row][column] = min(table[row][column], table[row - 2][column - 2] + 1)
    return table[-1][-1]


def test_distances_are_those_of_the_plain_table() -> None:
    draw = random.Random(5)
    words = {"".join(draw.choices("abc", k=draw.randint(2, 7))): 9 for _ in range(300)}
    lexicon = unpack(pack(words))
    for word in ("abc", "cabbac", "aaaaa", "bcbcbca"):
        near = lexicon.similar(word, 9)
        found = {
            lexicon.word(number): own for number, own in zip(near.numbers, edit_distances(word, near), strict=True)
        }
        assert found == {one: plain_distance(word, one) for one in words}


def test_no_word_within_reach_is_lost_by_the_first_look_at_lengths_and_letters() -> None:
    draw = random.Random(6)
    words = {"".join(draw.choices("abcdef", k=draw.randint(3, 8))): 9 for _ in range(2000)}
    lexicon = unpack(pack(words))
    for word in ("abcdef", "fedcba", "aabbcc"):
        near = lexicon.similar(word, 2)
        found = {lexicon.word(number) for number in near.numbers[np.flatnonzero(edit_distances(word, near) <= 2)]}
        assert found == {one for one in words if plain_distance(word, one) <= 2}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("giraff", "giraffe"), ("bycicle", "bicycle"), ("bananna", "banana"), ("dgo", "dog"), ("elefnat", None)],
)
def test_the_most_probable_word_is_found(typed: str, meant: str | None) -> None:
    lexicon = unpack(pack({"giraffe": 10, "grave": 9, "bicycle": 9, "banana": 10, "dog": 7, "do": 5}))
    found = correction(typed, lexicon)
    assert (found and found.word) == meant


def test_of_two_words_the_frequent_one_was_meant() -> None:
    assert correction("beech", unpack(pack({"beach": 7, "belch": 13}))).word == "beach"
