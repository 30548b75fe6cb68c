"""Where photos were taken, read at once: a map asks for all of them at every move."""

import sqlite3
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twinlens.collection.catalog.columns.kept_column import among
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


def read_positions(connection: sqlite3.Connection, ids: Ids | None = None) -> Positions:
    """The positions in a catalog, or of some photos; as three texts they are read several times as fast as by rows."""
    some, parameters = among("id", ids)
    inner = (
        "SELECT id, latitude, longitude FROM photos WHERE skip_reason IS NULL AND latitude IS NOT NULL "
        f"AND longitude IS NOT NULL AND {some} ORDER BY id"
    )
    columns = (f"group_concat({name}, ' ')" for name in ("id", "latitude", "longitude"))
    numbers, *degrees = connection.execute(
        f"SELECT {', '.join(columns)} FROM ({inner}) AS ordered", parameters
    ).fetchone()
    latitudes, longitudes = (np.array((column or "").split(), dtype=np.float64) for column in degrees)
    return Positions(ids_in(numbers), latitudes, longitudes)


def renew_positions(connection: sqlite3.Connection, known: Positions, changed: Ids) -> Positions:
    """The same after photos have changed."""
    stays, now = ~np.isin(known.ids, changed, assume_unique=True), read_positions(connection, changed)
    ids = np.concatenate([known.ids[stays], now.ids])
    latitudes = np.concatenate([known.latitudes[stays], now.latitudes])
    longitudes = np.concatenate([known.longitudes[stays], now.longitudes])
    order = np.argsort(ids, kind="stable")
    return Positions(ids[order], latitudes[order], longitudes[order])
