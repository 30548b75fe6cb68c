"""Unit vectors as 8-bit numbers, with the largest error that each can cause in a cosine: what a search reads first.

The vectors are turned before they are rounded, so that a coordinate which is large in all of them does not take
the range of the others; see docs/decisions/exact-search.md.
"""

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from twinlens.stores.checked_rows import CheckedRows
from twinlens.types import Embeddings

Floats = NDArray[np.float32]
LARGEST = 127
ALIGNED = 8  # bytes to which rows are filled up with zeros, so that their checksums are computed at full speed
SLACK = np.float32(1e-5)  # for rounding errors of float32: ten times what they are
THREADS = min(4, os.cpu_count() or 1)  # few threads saturate the memory bandwidth
ROWS_WORTH_A_THREAD = 10_000


def width(dim: int) -> int:
    """W, the length of a row of codes in bytes.

    >>> width(512), width(517)
    (512, 520)
    """
    return -(-dim // ALIGNED) * ALIGNED


class Codes(NamedTuple):
    """N vectors, rounded: each is nearly its scale times its numbers.

    Attributes:
        numbers: [N, W], int8; those behind the first D are 0.
        scales: [N].
        errors: [N], the length of what rounding has changed.
    """

    numbers: NDArray[np.int8]
    scales: Floats
    errors: Floats

    @classmethod
    def of(cls, rows: Embeddings) -> Self:
        """Of vectors [N, D]."""
        turned = rows @ _rotation(rows.shape[1])
        scales = np.abs(turned).max(axis=1, initial=0.0) / np.float32(LARGEST)
        rounded = np.rint(turned / np.where(scales > 0, scales, np.float32(1))[:, None])
        errors = np.linalg.norm(turned - rounded * scales[:, None], axis=1) + SLACK
        numbers = np.zeros((len(rows), width(rows.shape[1])), dtype=np.int8)
        numbers[:, : rows.shape[1]] = rounded
        return cls(numbers, scales, errors.astype(np.float32))

    def fit(self, rows: Embeddings) -> bool:
        """Whether they are those of these vectors [N, D], which another processor may have turned and rounded."""
        turned = rows @ _rotation(rows.shape[1])
        missed = np.linalg.norm(turned - self.numbers[:, : rows.shape[1]] * self.scales[:, None], axis=1)
        return bool((missed <= self.errors + SLACK).all())

    def packed(self) -> NDArray[np.int64]:
        """[N], the scales and errors."""
        return packed(self.scales, self.errors)


def packed(scales: Floats, errors: Floats) -> NDArray[np.int64]:
    """[N], scales and errors in one column, eight bytes for each row."""
    pairs: Floats = np.stack([scales, errors], axis=1)
    return pairs.view(np.int64)[:, 0]


def unpacked(column: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """The scales and errors [N] of a packed column."""
    pairs = column.view(np.float32).reshape(-1, 2)
    return np.ascontiguousarray(pairs[:, 0]), np.ascontiguousarray(pairs[:, 1])


class Rough(NamedTuple):
    """Rough cosines of a query with all rows.

    Attributes:
        scores: [N].
        errors: [N], of the rows.
        query_error: the length of what rounding has changed in the query.
    """

    scores: Floats
    errors: Floats
    query_error: float

    def could_be_best(self, k: int, usable: NDArray[np.bool_] | None) -> NDArray[np.int64]:
        """Every row that may be among the best k despite the rounding, ascending.

        By Cauchy-Schwarz, a cosine of unit vectors is wrong by no more than both lengths together.

        Args:
            k: at most the number of usable rows, at least 1.
            usable: [N], rows that count; None for all.
        """
        scores = self.scores if usable is None else np.where(usable, self.scores, np.float32(-np.inf))
        kth = np.partition(scores, -k)[-k]
        rows = np.flatnonzero(scores >= kth - 2 * self._bounds(self.errors.max()))
        if len(rows) == k:
            return rows
        bounds = self._bounds(self.errors[rows])  # most are far smaller than the largest
        sure = np.partition(scores[rows] - bounds, -k)[-k]
        possible: NDArray[np.int64] = rows[scores[rows] + bounds >= sure]
        return possible

    def may_reach(self, least: float, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Those of some rows whose cosine may be at least ``least``."""
        possible: NDArray[np.int64] = rows[self.scores[rows] + self._bounds(self.errors[rows]) >= np.float32(least)]
        return possible

    def split(self, least: float, usable: NDArray[np.bool_] | None) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The rows whose cosine is at least ``least`` for certain, and those of which that is open.

        Args:
            least: a cosine.
            usable: [N], rows that count; None for all.
        """
        above, bounds = self.scores - np.float32(least), self._bounds(self.errors)
        is_sure, is_open = above >= bounds, np.abs(above) < bounds
        if usable is not None:
            is_sure, is_open = is_sure & usable, is_open & usable
        return np.flatnonzero(is_sure), np.flatnonzero(is_open)

    def _bounds(self, errors: Floats) -> Floats:
        bounds: Floats = errors * np.float32(1 + self.query_error) + np.float32(self.query_error) + SLACK
        return bounds


class Scanner:
    """Compares queries with rows of codes, several parts of them at once; may be shared between threads."""

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None

    def scan(self, rows: CheckedRows, scales: Floats, errors: Floats, query: Floats) -> Rough:
        """Rough cosines of a unit query [D] with rows of codes [N, W], which are checked the first time.

        Raises:
            VectorsDamagedError: a checksum is wrong.
        """
        import numkong  # takes 20 ms, so only when searching

        asked, total = Codes.of(query[None]), len(rows.array)
        parts = max(1, min(THREADS, total // ROWS_WORTH_A_THREAD))
        bounds = np.linspace(0, total, parts + 1, dtype=int).tolist()
        scores, is_checked = np.empty(total, dtype=np.float32), rows.is_checked

        def score(part: int) -> None:
            own = slice(bounds[part], bounds[part + 1])
            if not is_checked:
                rows.check_all(own.start, own.stop)
            products = np.asarray(numkong.cdist(asked.numbers, rows.array[own], metric="dot")).ravel()
            np.multiply(products, scales[own], out=scores[own], casting="unsafe")
            scores[own] *= asked.scales[0]

        if parts == 1:
            score(0)
        else:
            self._pool = self._pool or ThreadPoolExecutor(THREADS, thread_name_prefix="exact")
            list(self._pool.map(score, range(parts)))
        rows.is_checked = True
        return Rough(scores, errors, float(asked.errors[0]))


@cache
def _rotation(dim: int) -> Floats:
    """[D, D], orthogonal: random signs, then a discrete cosine transform, which are the same on every machine."""
    steps = np.arange(dim)
    cosines = np.cos(np.pi / dim * (steps[:, None] + 0.5) * steps) * np.sqrt(2 / dim)
    cosines[:, 0] /= np.sqrt(2)
    odd = np.frombuffer(hashlib.shake_128(b"signs").digest(dim), dtype=np.uint8) % 2
    rotation: Floats = (np.where(odd, -1.0, 1.0)[:, None] * cosines).astype(np.float32)
    return rotation
