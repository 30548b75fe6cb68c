"""Directions in a space of photos that tell what some photos share from all else in the library.

What sets some photos G apart is W (mean(G) − μ), where μ and C are the mean and the covariance of the library, and
W = (C + ε·tr(C)/D·I)⁻¹. This is linear discriminant analysis with all other photos as the negatives, once for all
words (Hariharan, Malik and Ramanan, "Discriminative decorrelation for clustering and classification", ECCV 2012).
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from twinlens.types import Embeddings, Ids

SAMPLE = 4096  # photos by which a library is known: their covariance takes 0.1 s
# Share of the mean variance that is added to each. Of 0.1, 1 and 10, it has the best ranks for words that are taught
# and for queries that are refined; scripts/teach.py has the figures.
SHRINKAGE = 1.0


class Library:
    """Mean, spread and decorrelation of a library's photos.

    Args:
        photos: [N, D], some of its photos, unit rows.
    """

    def __init__(self, photos: Embeddings) -> None:
        self._photos = photos
        self._mean = photos.mean(axis=0)
        centred = (photos - self._mean).astype(np.float64)
        variance = centred.T @ centred / len(photos)
        ridge = SHRINKAGE * float(np.trace(variance)) / len(variance)
        self._decorrelate: NDArray[np.float64] | None = None
        if ridge > 0:
            self._decorrelate = np.linalg.inv(variance + ridge * np.eye(len(variance)))

    def direction(self, photos: Embeddings) -> Embeddings | None:
        """[D], what photos [G, D] share and others have not; None if the library has nothing to compare with."""
        if self._decorrelate is None:
            return None
        found = (self._decorrelate @ (photos.mean(axis=0) - self._mean)).astype(np.float32)
        return found if self.spread(found) > 0 else None

    def spread(self, direction: Embeddings) -> float:
        """Standard deviation of the photos' scores along a direction [D]."""
        return float(np.std(self._photos @ direction))

    def scaled(self, direction: Embeddings, *, like: Embeddings) -> Embeddings:
        """A direction [D] whose scores are spread as those of another vector [D]."""
        scaled: Embeddings = direction * np.float32(self.spread(like) / self.spread(direction))
        return scaled


def sample(ids: Ids) -> Ids:
    """At most ``SAMPLE`` of the ids, spread evenly."""
    return ids if len(ids) <= SAMPLE else ids[np.linspace(0, len(ids) - 1, SAMPLE).astype(np.int64)]


def unit(vector: Embeddings) -> Embeddings:
    """A vector [D] with length 1; as it is if it is 0."""
    length = float(np.linalg.norm(vector))
    scaled: Embeddings = (vector / np.float32(length)).astype(np.float32) if length > 1e-6 else vector
    return scaled


def rows_of(blocks: Iterator[tuple[Ids, Embeddings]]) -> Embeddings | None:
    """[N, D], all blocks of a table of vectors as one; None if there are none."""
    found = [rows for _, rows in blocks]
    return np.concatenate(found) if found else None
