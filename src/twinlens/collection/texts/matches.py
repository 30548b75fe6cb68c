"""Photos that were found by what is written about them, best first."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinlens.collection.texts.fields import FIELDS
from twinlens.collection.texts.word_scores import WordScores
from twinlens.types import Ids

MOST_SCORE = 1000.0  # of the words of a query


@dataclass(frozen=True, eq=False)
class TextMatches:
    """Photos found by words, best first; M of them.

    Attributes:
        ids: [M].
        ranks: [M], 1 = best; photos that match equally well share one, as the lowest.
        is_exact: [M], a whole file name was asked for, or a phrase of several words that stands in one text.
        is_complete: [M], all of the words are found, but for those that most photos have.
        in_fields: [M, F], whether any of the words is found in each of ``FIELDS``.
    """

    ids: Ids
    ranks: NDArray[np.int64]
    is_exact: NDArray[np.bool_]
    is_complete: NDArray[np.bool_]
    in_fields: NDArray[np.bool_]

    @staticmethod
    def none() -> "TextMatches":
        """Nothing found."""
        flags = np.empty(0, np.bool_)
        return TextMatches(np.empty(0, np.int64), np.empty(0, np.int64), flags, flags, np.empty((0, len(FIELDS)), bool))

    @staticmethod
    def ranked(found: WordScores, is_exact: NDArray[np.bool_], is_complete: NDArray[np.bool_]) -> "TextMatches":
        """Orders photos: exact ones, those with all words, then by score, then by id."""
        # equal sums may differ in their last digits
        levels = -(found.scores.round(6) + MOST_SCORE * (2.0 * is_exact + is_complete))
        order = np.argsort(levels, kind="stable")
        is_new = np.diff(levels[order], prepend=-np.inf) > 0
        ranks = np.maximum.accumulate(np.where(is_new, np.arange(1, len(order) + 1), 0))
        return TextMatches(found.ids[order], ranks, is_exact[order], is_complete[order], found.in_fields[order])

    def __len__(self) -> int:
        return len(self.ids)

    def first(self, most: int) -> "TextMatches":
        """The best ones."""
        return self if len(self) <= most else self._of(np.arange(most))

    def among(self, ids: Ids) -> "TextMatches":
        """Those of some photos, such as a filter's; their ranks stay.

        Args:
            ids: ascending.
        """
        return self._of(np.flatnonzero(np.isin(self.ids, ids)))

    def only(self, wanted: NDArray[np.bool_]) -> "TextMatches":
        """Those that are marked, [M]; their ranks stay."""
        return self._of(np.flatnonzero(wanted))

    def fields_of(self, row: int) -> tuple[str, ...]:
        """Names of the fields with any of the words."""
        return tuple(field.name for field, found in zip(FIELDS, self.in_fields[row], strict=True) if found)

    def _of(self, rows: NDArray[np.int64]) -> "TextMatches":
        return TextMatches(
            self.ids[rows], self.ranks[rows], self.is_exact[rows], self.is_complete[rows], self.in_fields[rows]
        )
