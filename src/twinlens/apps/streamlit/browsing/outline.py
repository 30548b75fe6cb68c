"""The land of the Earth as GeoJSON, from the outline of the page's map. Made with Natural Earth."""

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any

LEAST_DEGREES = 0.8  # smaller islands are not seen on a map of the world, and each costs time to draw
STEP = 0.25  # degrees between two points of a line, at least
SOUTH = -84.0  # what reaches further is Antarctica, whose ring goes around the pole

Ring = list[tuple[float, float]]


@cache
def land() -> dict[str, Any]:
    """The coasts as polygons; lakes are left out."""
    told = json.loads((files("twinlens.rest") / "static" / "world.json").read_text(encoding="utf-8"))
    rings = [ring for line in told["land"] if (ring := _ring(line, told["units"])) is not None]
    polygons = [[ring] for ring in rings]
    return {"type": "Feature", "properties": {}, "geometry": {"type": "MultiPolygon", "coordinates": polygons}}


def _ring(line: str, units: int) -> Ring | None:
    """A coast, thinned out; None if it is not drawn. Coasts of land are clockwise, those of the Caspian Sea are not."""
    points = [(x / units, y / units) for x, y in points_of(line)]
    xs, ys = zip(*points, strict=True)
    is_small = max(max(xs) - min(xs), max(ys) - min(ys)) < LEAST_DEGREES
    if is_small or min(ys) < SOUTH:
        return None
    kept = [points[0]]
    for x, y in points[1:]:
        if max(abs(x - kept[-1][0]), abs(y - kept[-1][1])) >= STEP:
            kept.append((x, y))
    kept.append(kept[0])
    if len(kept) < 4:
        return None
    turn = sum((x2 - x1) * (y2 + y1) for (x1, y1), (x2, y2) in pairwise(kept))
    return kept if turn > 0 else None


def points_of(line: str) -> Iterator[tuple[int, int]]:
    """The points of a line in polyline format: five bits in a character, each number a step from the point before.

    >>> list(points_of("_ibE_seK_seK_seK"))
    [(100000, 200000), (300000, 400000)]
    """
    point, axis, bits, shift = [0, 0], 0, 0, 0
    for letter in line:
        code = ord(letter) - 63
        bits |= (code & 31) << shift
        shift += 5
        if code & 32:
            continue
        point[axis] += ~(bits >> 1) if bits & 1 else bits >> 1
        if axis:
            yield point[0], point[1]
        axis, bits, shift = 1 - axis, 0, 0
