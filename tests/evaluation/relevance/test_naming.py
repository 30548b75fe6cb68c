import numpy as np
import pytest

from twinlens.evaluation.pairs import EmbeddedPairs
from twinlens.evaluation.relevance.naming import CaptionWords, content_words

CAPTIONS = ("A dog runs .", "The brown dog jumps", "two children on a beach", "kids play", "A cat")


def photos(captions: tuple[str, ...] = CAPTIONS, of: tuple[int, ...] = (0, 0, 1, 1, 2)) -> EmbeddedPairs:
    rows = np.eye(len(captions), dtype=np.float32)
    return EmbeddedPairs(rows[: max(of) + 1], rows, np.array(of), captions=captions)


@pytest.mark.parametrize(
    ("one", "other"),
    [("running dogs", "The dog runs"), ("beaches", "a beach"), ("climbed", "climbing"), ("party", "parties")],
)
def test_forms_of_a_word_are_one_word(one, other):
    assert content_words(one) == content_words(other)


def test_captions_together_mention_what_a_query_asks_for():
    words, queries = CaptionWords(photos()), ["a brown dog runs", "the dog", "children on the beach", "a horse"]
    assert words.mention(queries).tolist() == [
        [True, False, False],
        [True, False, False],
        [False, True, False],
        [False, False, False],
    ]


def test_captions_need_not_stand_in_the_order_of_their_photos():
    order = [3, 0, 4, 2, 1]
    mixed = photos(tuple(CAPTIONS[row] for row in order), tuple((0, 0, 1, 1, 2)[row] for row in order))
    found, wanted = (CaptionWords(pairs).mention(["dog", "kids"]) for pairs in (mixed, photos()))
    np.testing.assert_array_equal(found, wanted)


def test_words_of_any_alphabet_are_words():
    words = CaptionWords(photos(("собака бежит", "кошка"), (0, 1)))
    assert words.mention(["собака", "犬"]).tolist() == [[True, False], [False, False]]
