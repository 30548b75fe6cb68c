"""Which photos' captions mention what a query asks for: relevance labels that come from people."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from twinlens.evaluation.pairs import EmbeddedPairs

FUNCTION_WORDS = frozenset(
    "a an the in on of with and or is are be was at to by his her its their he she it they him them while from for as "
    "that this these into onto who which has have had some up out over through there being s".split()
)
ENDINGS = ("ing", "ies", "es", "ed", "s", "e", "y")
SHORTEST_STEM = 3


def content_words(text: str) -> frozenset[str]:
    """Stems of a text's words, without function words.

    >>> sorted(content_words("Two dogs are running on the beaches ."))
    ['beach', 'dog', 'run', 'two']
    """
    return frozenset(_stem(word) for word in re.findall(r"[^\W\d_]+", text.lower()) if word not in FUNCTION_WORDS)


def _stem(word: str) -> str:
    for ending in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= SHORTEST_STEM:
            word = word.removesuffix(ending)
            break
    return word[:-1] if len(word) > SHORTEST_STEM and word[-1] == word[-2] else word


class CaptionWords:
    """The captions of N photos as sets of words.

    Args:
        photos: with their captions as text.
    """

    def __init__(self, photos: EmbeddedPairs) -> None:
        words = [content_words(caption) for caption in photos.captions]
        self._captions = [[words[row] for row in rows] for rows in photos.texts_of_photo()]
        self._photos = [frozenset().union(*captions) for captions in self._captions]

    def mention(self, queries: Sequence[str]) -> NDArray[np.bool_]:
        """[Q, N], whether a photo's captions, taken together, have all content words of a query."""
        wanted, column = _vocabulary(queries)
        return _contains(_bag_of_words(self._photos, column), wanted, column)


def _vocabulary(queries: Sequence[str]) -> tuple[list[frozenset[str]], dict[str, int]]:
    """The words of each query, and a column for each of these words."""
    wanted = [content_words(query) for query in queries]
    return wanted, {word: number for number, word in enumerate(sorted(frozenset().union(*wanted)))}


def _contains(
    captions: NDArray[np.float32], wanted: Sequence[frozenset[str]], column: dict[str, int]
) -> NDArray[np.bool_]:
    """[Q, rows], whether a row of ``captions`` [rows, V] has all words of a query."""
    queries = _bag_of_words(wanted, column)
    found: NDArray[np.bool_] = queries @ captions.T == queries.sum(axis=1)[:, None]
    return found


def _bag_of_words(sets: Sequence[frozenset[str]], column: dict[str, int]) -> NDArray[np.float32]:
    table = np.zeros((len(sets), len(column)), dtype=np.float32)
    for row, words in enumerate(sets):
        table[row, [column[word] for word in words if word in column]] = 1.0
    return table
