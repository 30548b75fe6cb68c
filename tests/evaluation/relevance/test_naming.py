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


def test_captions_together_or_alone_mention_what_a_query_asks_for():
    words, queries = CaptionWords(photos()), ["a brown dog runs", "the dog", "children on the beach", "a horse"]
    assert words.mention(queries).tolist() == [
        [True, False, False],
        [True, False, False],
        [False, True, False],
        [False, False, False],
    ]
    assert words.count_mentions(queries).tolist() == [[0, 0, 0], [2, 0, 0], [0, 1, 0], [0, 0, 0]]


def test_captions_need_not_stand_in_the_order_of_their_photos():
    order = [3, 0, 4, 2, 1]
    mixed = photos(tuple(CAPTIONS[row] for row in order), tuple((0, 0, 1, 1, 2)[row] for row in order))
    for ask in (CaptionWords.mention, CaptionWords.count_mentions):
        found, wanted = (ask(CaptionWords(pairs), ["dog", "kids"]) for pairs in (mixed, photos()))
        np.testing.assert_array_equal(found, wanted)
