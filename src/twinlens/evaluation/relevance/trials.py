"""Queries with relevance labels, run on libraries of any size: the data to fit and measure a calibration on."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinlens.relevance.evidence import ScoreScale
from twinlens.types import Embeddings

TOP = 10
RELEVANT, NOT_RELEVANT, UNSURE = 1, 0, -1


@dataclass(frozen=True, eq=False)
class Trial:
    """Q queries on one library of N photos, with the K best hits of each.

    Attributes:
        line: [Q], the kind of query, such as "words, de".
        present: [Q], whether a photo of the library is relevant; otherwise none is.
        scores: [Q, K], best first.
        labels: [Q, K], ``RELEVANT``, ``NOT_RELEVANT`` or ``UNSURE``.
        scale: of the queries, [Q] each.
        library: what the library is called in tables, such as "300".
    """

    line: NDArray[np.str_]
    present: NDArray[np.bool_]
    scores: NDArray[np.float64]
    labels: NDArray[np.int8]
    scale: ScoreScale
    library: str


@dataclass(frozen=True, eq=False)
class LabelledQueries:
    """Q queries with relevance labels on a pool of N photos.

    Attributes:
        line: [Q], the kind of query.
        labels: [Q, N].
        scores: [Q, N]; −inf where a photo would find itself.
        scale: of the queries, [Q] each.
    """

    line: NDArray[np.str_]
    labels: NDArray[np.int8]
    scores: NDArray[np.float64]
    scale: ScoreScale

    @classmethod
    def of(
        cls, line: Sequence[str], vectors: Embeddings, photos: Embeddings, labels: NDArray[np.int8], scale: ScoreScale
    ) -> "LabelledQueries":
        """From the vectors of queries [Q, D] and photos [N, D]."""
        return cls(np.array(line), labels, (vectors @ photos.T).astype(np.float64), scale)

    def search(self, rows: NDArray[np.int64], *, library: str = "") -> Trial:
        """Runs the queries on a library of some of the pool's photos.

        A query of which nobody knows whether the library has a relevant photo is not asked.
        """
        labels, scores = self.labels[:, rows], self.scores[:, rows]
        present = (labels == RELEVANT).any(axis=1)
        asked = np.flatnonzero(present | (labels != UNSURE).all(axis=1))
        best = np.argsort(-scores[asked], axis=1, kind="stable")[:, :TOP]
        top = np.take_along_axis(scores[asked], best, axis=1)
        found = np.take_along_axis(labels[asked], best, axis=1)
        return Trial(
            self.line[asked],
            present[asked],
            np.where(np.isfinite(top), top, -1.0),
            np.where(np.isfinite(top), found, UNSURE).astype(np.int8),
            ScoreScale(*(column[asked] for column in self.scale)),
            library or f"{len(rows):,}",
        )


def joined(parts: Sequence[LabelledQueries]) -> LabelledQueries:
    """Several lists of queries on the same pool as one."""
    scale = ScoreScale(*(np.concatenate(columns) for columns in zip(*(part.scale for part in parts), strict=True)))
    return LabelledQueries(
        np.concatenate([part.line for part in parts]),
        np.concatenate([part.labels for part in parts]),
        np.concatenate([part.scores for part in parts]),
        scale,
    )


def draw_trials(
    queries: LabelledQueries, repeats: Mapping[int, int], *, rows: NDArray[np.int64], seed: int = 0
) -> Iterator[Trial]:
    """Runs the queries on random libraries.

    Args:
        queries: labelled on a pool.
        repeats: size of a library → how many of that size to draw; a larger one has all rows.
        rows: of the pool that libraries are drawn from.
        seed: of the draws.
    """
    random = np.random.default_rng(seed)
    for size, times in repeats.items():
        for _ in range(times):
            yield queries.search(np.sort(random.choice(rows, min(size, len(rows)), replace=False)))
