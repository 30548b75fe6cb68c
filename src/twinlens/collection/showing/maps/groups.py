"""Groups of photos that lie close together on the map of what looks alike."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twinlens.collection.showing.maps.clusters import clusters_of

CELL, REACH = 0.06, 0.11  # of the map's side
LEAST_SHARE, LEAST = 0.008, 8  # photos of a group: of all, and in any case
MOST = 24


@dataclass(frozen=True, slots=True)
class MapGroup:
    """Photos that lie close together.

    Attributes:
        rows: of the photos: the one that shows the label best, then those in the middle first.
        x: of their middle, in [0, 1].
        y: of their middle.
        label: what they have in common, as a tag; None if it is not known.
    """

    rows: NDArray[np.int64]
    x: float
    y: float
    label: str | None = None

    def called(self, label: str, shown_by: int) -> "MapGroup":
        """The group with a label, and the row of the photo that shows it best as its first."""
        return replace(self, label=label, rows=np.array([shown_by, *self.rows[self.rows != shown_by].tolist()]))


def groups_of(places: NDArray[np.float32]) -> list[MapGroup]:
    """The largest groups of places [N, 2], at most ``MOST``."""
    x, y = places.astype(np.float64).T
    found = []
    for one in clusters_of(x, y, cell=CELL, reach=REACH)[:MOST]:
        if len(one.rows) >= max(LEAST, LEAST_SHARE * len(places)):
            order = np.argsort(np.hypot(x[one.rows] - one.x, y[one.rows] - one.y), kind="stable")
            found.append(MapGroup(one.rows[order], one.x, one.y))
    return found
