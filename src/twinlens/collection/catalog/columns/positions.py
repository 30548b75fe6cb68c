"""Where photos were taken, read at once: a map asks for all of them at every move."""

import sqlite3
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twinlens.collection.catalog.rows import ids_in
from twinlens.types import Ids


class Positions(NamedTuple):
    """The searchable photos with a position.

    Attributes:
        ids: [N], ascending.
        latitudes: [N], degrees, north positive.
        longitudes: [N], degrees, east positive.
    """

    ids: Ids
    latitudes: NDArray[np.float64]
    longitudes: NDArray[np.float64]

    def among(self, ids: Ids) -> "Positions":
        """Those of some photos."""
        wanted = np.isin(self.ids, ids, assume_unique=True)
        return Positions(self.ids[wanted], self.latitudes[wanted], self.longitudes[wanted])


def read_positions(connection: sqlite3.Connection) -> Positions:
    """The positions in a catalog; as three texts they are read several times as fast as row by row."""
    inner = (
        "SELECT id, latitude, longitude FROM photos WHERE skip_reason IS NULL AND latitude IS NOT NULL "
        "AND longitude IS NOT NULL ORDER BY id"
    )
    columns = (f"group_concat({name}, ' ')" for name in ("id", "latitude", "longitude"))
    ids, *degrees = connection.execute(f"SELECT {', '.join(columns)} FROM ({inner}) AS ordered").fetchone()
    latitudes, longitudes = (np.array((column or "").split(), dtype=np.float64) for column in degrees)
    return Positions(ids_in(ids), latitudes, longitudes)
