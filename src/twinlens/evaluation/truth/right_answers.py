"""Right answers of each query, as rows; a caption may have several photos."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class RightAnswers:
    """Right answers in both directions; they need not be the same pairs, since files list them by query.

    Attributes:
        photos_of_text: for each of M texts, the rows of its photos; a text without any is not asked.
        texts_of_photo: for each of N photos, the rows of its texts, likewise.
        name: where they are from; empty for pairs that came with the embeddings.
        notes: what was left out.
    """

    photos_of_text: Sequence[Rows]
    texts_of_photo: Sequence[Rows]
    name: str = ""
    notes: tuple[str, ...] = ()

    def equals(self, other: "RightAnswers") -> bool:
        """Whether the same answers are right for the same queries."""
        return all(
            len(mine) == len(theirs) and all(map(np.array_equal, mine, theirs))
            for mine, theirs in (
                (self.photos_of_text, other.photos_of_text),
                (self.texts_of_photo, other.texts_of_photo),
            )
        )

    def among(self, photos: Rows, texts: Rows) -> "RightAnswers":
        """Those within a smaller gallery, whose rows are numbered anew.

        Args:
            photos: rows of the photos that it has.
            texts: of its texts.
        """
        return replace(
            self,
            photos_of_text=_renumbered([self.photos_of_text[row] for row in texts], photos, len(self.texts_of_photo)),
            texts_of_photo=_renumbered([self.texts_of_photo[row] for row in photos], texts, len(self.photos_of_text)),
        )


def _renumbered(answers: Sequence[Rows], kept: Rows, total: int) -> list[Rows]:
    place = np.full(total, -1, dtype=np.int64)
    place[kept] = np.arange(len(kept))
    return [new[new >= 0] for new in (place[own] for own in answers)]


class Queries(NamedTuple):
    """The texts or photos that are asked.

    Attributes:
        rows: [Q], of the texts or photos.
        right: for each, the rows of its right answers, at least one.
        photos: [Q], the photo of each query, numbered from 0 without gaps: what the bootstrap draws.
    """

    rows: Rows
    right: list[Rows]
    photos: Rows


def asked(right: Sequence[Rows], photos: Rows) -> Queries:
    """The queries that have a right answer.

    Args:
        right: for each text or photo, the rows of its right answers.
        photos: [len(right)], the photo of each.
    """
    rows = np.flatnonzero([len(own) for own in right])
    return Queries(rows, [own for own in right if len(own)], np.unique(photos[rows], return_inverse=True)[1])


def answers_of_pairs(pairs: Rows, n_texts: int, n_images: int) -> RightAnswers:
    """Right answers in both directions from pairs of rows.

    Args:
        pairs: [P, 2], text and photo; a pair that occurs twice counts once.
        n_texts: M.
        n_images: N.
    """
    unique = np.unique(pairs, axis=0)  # sorted by text, then by photo
    by_text = np.split(unique[:, 1], np.searchsorted(unique[:, 0], np.arange(1, n_texts)))
    turned = unique[np.lexsort((unique[:, 0], unique[:, 1]))]
    by_photo = np.split(turned[:, 0], np.searchsorted(turned[:, 1], np.arange(1, n_images)))
    return RightAnswers(by_text, by_photo)
