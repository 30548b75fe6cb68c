"""Which leaders are worth comparing with a photo, by short sketches of their vectors.

Few photos are compared with all leaders. So many that this would take minutes are compared with those in the cells
around them: each leader lies in the cell of the pivot that it is nearest to, and pivots are some of the leaders.
"""

from math import isqrt

import numpy as np
from numpy.typing import NDArray

from twinlens.types import Ids

LEADERS_AT_ONCE = 2048  # whose cosines with a block of photos fit into a processor's cache
MOST_COMPARED = 16  # leaders per photo, of a cell or of so many at once: the nearest by their sketches
FEW = 50_000  # leaders that are compared without cells
NEW_IN_CELLS = 16_384  # leaders that wait until the cells are made again
CELLS_PROBED = 64  # per photo, the nearest; see docs/decisions/likeness.md for what is missed
_NONE: Ids = np.empty(0, dtype=np.int64)

Sketches = NDArray[np.float32]


class Leaders:
    """Leaders and their sketches; more are added as they are found.

    Args:
        ids: [N], photos.
        sketches: [N, S], unit vectors as they are kept; no copy is made of many.
        are_leaders: [N], which of them are.
        expected: how many photos will be compared.
    """

    def __init__(
        self, ids: Ids, sketches: NDArray[np.float16], are_leaders: NDArray[np.bool_], *, expected: int
    ) -> None:
        self._cells = _Cells(sketches.shape[1])
        self._parts = [(ids, sketches, are_leaders)]
        total = int(np.count_nonzero(are_leaders)) + expected
        self._has_cells = total > FEW and expected > 2 * _pivots_for(total)

    def add(self, ids: Ids, sketches: Sketches) -> None:
        """Adds some [B] with their sketches [B, S]."""
        self._parts.append((ids, sketches.astype(np.float16), np.ones(len(ids), dtype=np.bool_)))

    def worth_comparing(self, drawn: Sketches, least: float) -> Ids:
        """Leaders whose sketches have a cosine of at least ``least`` with one of [B, S], ascending."""
        if self._has_cells:
            self._fill_cells()
        found = self._cells.near(drawn, least)
        for ids, sketches, are_leaders in self._parts:
            for start in range(0, len(ids), LEADERS_AT_ONCE):
                part = slice(start, start + LEADERS_AT_ONCE)
                own = sketches[part][are_leaders[part]].astype(np.float32)
                found.append(_nearest(drawn @ own.T, ids[part][are_leaders[part]], least))
        return np.unique(np.concatenate(found)) if found else _NONE

    def _fill_cells(self) -> None:
        waiting = sum(int(np.count_nonzero(are_leaders)) for _, _, are_leaders in self._parts)
        if len(self._cells) + waiting <= FEW or waiting <= NEW_IN_CELLS:
            return
        leaders = [(ids[which], sketches[which]) for ids, sketches, which in self._parts]
        self._parts = []
        self._cells.take_in(*(np.concatenate(column) for column in zip(*leaders, strict=True)))


class _Cells:
    """Leaders sorted by the pivot that they are nearest to."""

    def __init__(self, dim: int) -> None:
        self._pivots = np.empty((0, dim), dtype=np.float32)
        self._ids, self._sketches = _NONE, np.empty((0, dim), dtype=np.float16)
        self._cells, self._starts = np.empty(0, dtype=np.int32), np.zeros(1, dtype=np.int64)

    def __len__(self) -> int:
        return len(self._ids)

    def take_in(self, ids: Ids, sketches: NDArray[np.float16]) -> None:
        """Sorts more leaders [B] with their sketches [B, S] into cells; many more than before get other pivots."""
        self._ids = np.concatenate([self._ids, ids])
        self._sketches = np.concatenate([self._sketches, sketches])
        if _pivots_for(len(self._ids)) > 2 * len(self._pivots):
            places = np.linspace(0, len(self._ids) - 1, _pivots_for(2 * len(self._ids)), dtype=int)
            self._pivots = self._sketches[places].astype(np.float32)
            self._cells = self._nearest_pivots(self._sketches)
        else:
            self._cells = np.concatenate([self._cells, self._nearest_pivots(sketches)])
        order = np.argsort(self._cells, kind="stable")
        self._ids, self._sketches, self._cells = self._ids[order], self._sketches[order], self._cells[order]
        self._starts = np.searchsorted(self._cells, np.arange(len(self._pivots) + 1))

    def near(self, drawn: Sketches, least: float) -> list[Ids]:
        """Leaders near one of [B, S], cell by cell."""
        if not len(self._ids):
            return []
        cosines = drawn @ self._pivots.T
        probed = np.argpartition(-cosines, CELLS_PROBED, axis=1)[:, :CELLS_PROBED].ravel()
        order = np.argsort(probed, kind="stable")
        photos, bounds = order // CELLS_PROBED, np.searchsorted(probed[order], np.arange(len(self._pivots) + 1))
        found = []
        for cell in np.flatnonzero(np.diff(bounds)).tolist():
            own = slice(self._starts[cell], self._starts[cell + 1])
            some = drawn[photos[bounds[cell] : bounds[cell + 1]]]
            found.append(_nearest(some @ self._sketches[own].astype(np.float32).T, self._ids[own], least))
        return found

    def _nearest_pivots(self, sketches: NDArray[np.floating]) -> NDArray[np.int32]:
        found = [
            (sketches[start : start + LEADERS_AT_ONCE].astype(np.float32) @ self._pivots.T).argmax(axis=1)
            for start in range(0, len(sketches), LEADERS_AT_ONCE)
        ]
        return np.concatenate(found).astype(np.int32)


def _pivots_for(leaders: int) -> int:
    """So many that finding the cells takes as long as looking into them."""
    return 4 * isqrt(leaders)


def _nearest(cosines: Sketches, ids: Ids, least: float) -> Ids:
    """The leaders [L] that are near one of some photos, by cosines [B, L]."""
    if not cosines.size or cosines.max() < least:
        return _NONE
    rows = cosines[cosines.max(axis=1) >= least]
    most = min(MOST_COMPARED, rows.shape[1])
    columns = np.argpartition(-rows, most - 1, axis=1)[:, :most]
    near: Ids = ids[columns[np.take_along_axis(rows, columns, axis=1) >= least]]
    return near
