"""What photos score for the words that they have, and in which fields those are."""

from collections.abc import Sequence

import numpy as np

from twinlens.collection.texts.fields import FIELDS
from twinlens.types import Ids


class WordScores:
    """Adds up words, over photos.

    Attributes:
        ids: [M], ascending.
        scores: [M], the sum of the worth of all words found, each by the field that counts most.
        num_words: [M], how many are found.
        in_fields: [M, F], whether any is found in each of ``FIELDS``.
    """

    def __init__(self, ids: Ids) -> None:
        self.ids = ids
        self.scores = np.zeros(len(ids))
        self.num_words = np.zeros(len(ids), np.int64)
        self.in_fields = np.zeros((len(ids), len(FIELDS)), bool)

    def add(self, places: Sequence[Ids], *, worth: float) -> None:
        """Adds a word by the photos, all among ``ids``, that have it in each of ``FIELDS``."""
        best = np.zeros(len(self.ids))
        for column, found in enumerate(places):
            rows = np.searchsorted(self.ids, found)
            best[rows] = np.maximum(best[rows], FIELDS[column].weight)
            self.in_fields[rows, column] = True
        self.scores += worth * best
        self.num_words += best > 0

    def add_anywhere(self, found: Ids, *, worth: float) -> None:
        """Adds a word by the photos that have it, whatever the field."""
        rows = np.searchsorted(self.ids, found)
        self.scores[rows] += worth
        self.num_words[rows] += 1
