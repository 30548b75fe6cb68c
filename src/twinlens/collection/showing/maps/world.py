"""The Earth as a map shows it: Mercator's projection, a square of which a part is seen."""

from dataclasses import dataclass
from math import floor

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twinlens.collection.searching.filters.within import Area

TILE_PX = 256  # side of the whole Earth at zoom 0, as in other web maps
LAST_PARALLEL = 85.0511287798  # where the projection's square ends

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class View:
    """The part of the Earth that a map shows.

    Attributes:
        area: that is seen.
        zoom: 0 or more; the whole Earth is 256 · 2^zoom pixels wide.
    """

    area: Area
    zoom: float

    @property
    def pixel(self) -> float:
        """Side of a pixel, where that of the Earth is 1."""
        return float(1 / (TILE_PX * 2**self.zoom))

    def seen(self, latitudes: Numbers, longitudes: Numbers, *, margin_px: float) -> "Seen":
        """Which points are seen, or lie as close to the view as the margin."""
        margin = margin_px * self.pixel
        left, top, right, bottom = self._corners()
        width = 1.0 if self.area.east - self.area.west >= 360 else (right - left) % 1
        start = floor((left - margin) / margin) * margin
        x, y = (x_of(longitudes) - start) % 1, y_of(latitudes)
        is_seen = (x <= width + (left - start) + margin) & (y >= top - margin) & (y <= bottom + margin)
        rows = np.flatnonzero(is_seen)
        return Seen(rows, x[rows], y[rows], start)

    def _corners(self) -> list[float]:
        west, south, east, north = self.area
        return [float(x_of(west)), float(y_of(north)), float(x_of(east)), float(y_of(south))]


@dataclass(frozen=True, slots=True)
class Seen:
    """Points of a view, where the side of the Earth is 1.

    Attributes:
        rows: [M], which points.
        x: [M], from ``start`` to the east.
        y: [M], from the top down.
        start: left of the view, a multiple of its margin, so that it stays while the map is moved a little.
    """

    rows: NDArray[np.int64]
    x: Numbers
    y: Numbers
    start: float

    def longitude(self, x: float) -> float:
        """Of an x, from -180 to 180."""
        return ((self.start + x) % 1) * 360 - 180


def x_of(longitudes: ArrayLike) -> Numbers:
    """From the 180th meridian to the east, where the Earth's width is 1."""
    degrees: Numbers = np.asarray(longitudes, dtype=np.float64) / 360 + 0.5
    return degrees


def y_of(latitudes: ArrayLike) -> Numbers:
    """From the top of the map down, where its height is 1; what is nearer to a pole is on the edge.

    >>> y_of([0, 90, 48.8566]).round(3).tolist()
    [0.5, 0.0, 0.344]
    """
    radians = np.radians(np.clip(latitudes, -LAST_PARALLEL, LAST_PARALLEL))
    down: Numbers = 0.5 - np.arcsinh(np.tan(radians)) / (2 * np.pi)
    return down


def latitude_of(y: float) -> float:
    """The opposite of ``y_of``."""
    return float(np.degrees(np.arctan(np.sinh(2 * np.pi * (0.5 - y)))))
