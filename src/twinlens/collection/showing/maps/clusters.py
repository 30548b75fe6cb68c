"""Points of a map that lie close together, as clusters."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twinlens.collection.showing.maps.world import Numbers

MOST_CELLS = 1500  # more would not fit on a screen; then they are larger


class Cluster(NamedTuple):
    """Points that are shown as one.

    Attributes:
        rows: of its points.
        x: of its middle.
        y: of its middle.
        cover: the row of the point that is nearest to its middle.
    """

    rows: NDArray[np.int64]
    x: float
    y: float
    cover: int


def clusters_of(x: Numbers, y: Numbers, *, cell: float, reach: float) -> list[Cluster]:
    """Points [N] in clusters, the largest first.

    Points in one cell of a grid are put together, and then cells whose middles are close to that of a larger one, so
    that the grid is not seen.

    Args:
        x: of the points.
        y: of the points.
        cell: side of a cell.
        reach: distance of middles that would cover each other.
    """
    if not len(x):
        return []
    labels, counts, middles = _in_cells(x, y, cell)
    while len(into := np.unique(_merged(middles, counts, reach), return_inverse=True)[1]) > into.max() + 1:
        labels = into[labels]
        counts, middles = np.bincount(labels), _middles(labels, x, y)
    order = np.argsort(labels, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(labels[order])) + 1)
    return [_cluster(rows, x, y) for rows in sorted(parts, key=lambda rows: (-len(rows), int(rows[0])))]


def _in_cells(x: Numbers, y: Numbers, cell: float) -> tuple[NDArray[np.int64], NDArray[np.int64], Numbers]:
    """The cell of each point, and how many each cell holds, with their middle [C, 2]."""
    while True:
        across, down = np.floor(x / cell).astype(np.int64), np.floor(y / cell).astype(np.int64)
        _, cells, counts = np.unique(across * (2**31) + down, return_inverse=True, return_counts=True)
        if len(counts) <= MOST_CELLS:
            return cells, counts, _middles(cells, x, y)
        cell *= 2


def _middles(labels: NDArray[np.int64], x: Numbers, y: Numbers) -> Numbers:
    """[C, 2], of the points with each label."""
    sums = [np.bincount(labels, weights=points) for points in (x, y)]
    middles: Numbers = np.stack(sums, axis=1) / np.bincount(labels)[:, None]
    return middles


def _merged(middles: Numbers, counts: NDArray[np.int64], reach: float) -> NDArray[np.int64]:
    """[C], for each cell the one that takes it in, or itself."""
    into = np.full(len(counts), -1)
    for cell in np.argsort(-counts, kind="stable"):
        if into[cell] < 0:
            away = np.hypot(*(middles - middles[cell]).T)
            into[(away < reach) & (into < 0)] = cell
    return into


def _cluster(rows: NDArray[np.int64], x: Numbers, y: Numbers) -> Cluster:
    middle = float(x[rows].mean()), float(y[rows].mean())
    nearest = rows[np.hypot(x[rows] - middle[0], y[rows] - middle[1]).argmin()]
    return Cluster(rows, *middle, int(nearest))
