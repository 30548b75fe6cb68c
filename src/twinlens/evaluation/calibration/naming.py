"""Which captions name what a query names: labels of relevance that people wrote."""

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
    """Stems of the words that say what is to be seen.

    >>> sorted(content_words("Two dogs are running on the beaches ."))
    ['beach', 'dog', 'run', 'two']
    """
    return frozenset(_stem(word) for word in re.findall(r"[a-z]+", text.lower()) if word not in FUNCTION_WORDS)


def _stem(word: str) -> str:
    for ending in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= SHORTEST_STEM:
            word = word.removesuffix(ending)
            break
    return word[:-1] if len(word) > SHORTEST_STEM and word[-1] == word[-2] else word


class Naming:
    """The captions of N photos as sets of words.

    Args:
        photos: with their captions as text.
    """

    def __init__(self, photos: EmbeddedPairs) -> None:
        self._order = np.argsort(photos.text_image_index, kind="stable")
        self._starts = np.searchsorted(photos.text_image_index[self._order], np.arange(len(photos.images)))
        self._captions = [content_words(photos.captions[row]) for row in self._order]

    def counts(self, queries: Sequence[str]) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
        """What is named of Q queries, [Q, N] each.

        Returns:
            Whether a photo's captions together name every content word of the query, and
            how many of its captions do so alone.
        """
        wanted = [content_words(query) for query in queries]
        column = {word: number for number, word in enumerate(sorted(frozenset().union(*wanted)))}
        asked = _table(wanted, column)
        said = _table(self._captions, column)
        sizes = asked.sum(axis=1)[:, None]
        together = np.maximum.reduceat(said, self._starts, axis=0)
        alone = np.add.reduceat((said @ asked.T == sizes.T).astype(np.int64), self._starts, axis=0)
        return asked @ together.T == sizes, alone.T


def _table(sets: Sequence[frozenset[str]], column: dict[str, int]) -> NDArray[np.float32]:
    table = np.zeros((len(sets), len(column)), dtype=np.float32)
    for row, words in enumerate(sets):
        table[row, [column[word] for word in words if word in column]] = 1.0
    return table
