"""Makes the outline of the world for the page's map of places, from Natural Earth's public domain data.

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    pip install pycountry
    python scripts/world_outline.py package src/twinlens/rest/static/world.json

Lines are simplified and written in the polyline format of map programs, longitude first: land as closed rings, borders
between countries as open lines, and the code of each country at a place inside it.
https://developers.google.com/maps/documentation/utilities/polylinealgorithm
"""

import json
import math
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

Point = tuple[float, float]
Line = list[Point]

UNITS = 100  # in a degree: 1 km
TOLERANCE = 0.02  # degrees
LEAST_ISLAND = 0.006  # square degrees, 75 km² at the equator
LEAST_COUNTRY = 0.05  # the same; smaller ones cannot hold a name
SOURCE = "Made with Natural Earth. Free vector and raster map data, public domain: https://www.naturalearthdata.com/"


def decoded_arcs(topology: dict[str, Any]) -> list[Line]:
    """The lines of a TopoJSON file in degrees."""
    (scale_x, scale_y), (start_x, start_y) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        x = y = 0
        line = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            line.append((x * scale_x + start_x, y * scale_y + start_y))
        arcs.append(line)
    return arcs


def rings_of(topology: dict[str, Any], name: str) -> Iterator[tuple[dict[str, Any], list[int]]]:
    """Each ring of an object's polygons, as numbers of arcs; a negative one runs backwards."""
    for geometry in topology["objects"][name]["geometries"]:
        polygons = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
        for polygon in polygons:
            for ring in polygon:
                yield geometry, ring


def joined(ring: list[int], arcs: list[Line]) -> Line:
    """The points of a ring; the first one is also the last."""
    points: Line = []
    for number in ring:
        part = arcs[number] if number >= 0 else arcs[~number][::-1]
        points += part[1 if points else 0 :]
    return points


def unrolled(ring: Line) -> Line:
    """Without jumps where a ring crosses the 180th meridian: it goes on beyond it; one around a pole goes over that."""
    points, turn = [ring[0]], 0
    for (before, _), (x, y) in pairwise(ring):
        turn += 360 * (round((before - x) / 360))
        points.append((x + turn, y))
    if turn:
        points += [(points[-1][0], -90.0), (points[0][0], -90.0), points[0]]
    middle = (min(points)[0] + max(points)[0]) / 2
    return [(x - 360 * round(middle / 360), y) for x, y in points]


def simplified(line: Line) -> Line:
    """Without points that are closer than ``TOLERANCE`` to the line without them (Douglas and Peucker)."""
    kept, waiting = {0, len(line) - 1}, [(0, len(line) - 1)]
    while waiting:
        first, last = waiting.pop()
        away = [(_distance(line[place], line[first], line[last]), place) for place in range(first + 1, last)]
        if away and (farthest := max(away))[0] > TOLERANCE:
            kept.add(farthest[1])
            waiting += [(first, farthest[1]), (farthest[1], last)]
    return [line[place] for place in sorted(kept)]


def polyline(line: Line) -> str:
    """A line in whole units: each point as its way from the one before, five bits in a character."""
    text, before = [], (0, 0)
    for x, y in line:
        point = round(x * UNITS), round(y * UNITS)
        if point != before:
            text += [_characters(new - old) for new, old in zip(point, before, strict=True)]
            before = point
    return "".join(text)


def _characters(step: int) -> str:
    number, found = (step << 1) ^ (step >> 63), ""  # the sign last
    while number >= 32:
        found += chr((number & 31 | 32) + 63)
        number >>= 5
    return found + chr(number + 63)


def area(ring: Line) -> float:
    """In square degrees, as they are at the equator."""
    pairs = pairwise(ring)
    shrunk = math.cos(math.radians(ring[0][1]))
    return abs(sum(x * to_y - to_x * y for (x, y), (to_x, to_y) in pairs)) / 2 * shrunk


def countries(topology: dict[str, Any], arcs: list[Line]) -> Iterator[list[object]]:
    """Code of two letters, longitude, latitude and size (square degrees) of each, the largest first."""
    import pycountry

    largest: dict[str, Line] = {}
    for geometry, ring in rings_of(topology, "countries"):
        known = pycountry.countries.get(numeric=geometry.get("id", ""))
        line = unrolled(joined(ring, arcs))
        if known and area(line) > max(LEAST_COUNTRY, area(largest.get(known.alpha_2, [(0.0, 0.0)] * 2))):
            largest[known.alpha_2] = line
    for code, line in sorted(largest.items(), key=lambda item: -area(item[1])):
        x, y = inside(line)
        yield [code, round(x, 1), round(y, 1), round(area(line), 1)]


def inside(ring: Line) -> Point:
    """The middle of the widest stretch on the parallel of a ring's middle."""
    low, high = min(y for _, y in ring), max(y for _, y in ring)
    stretches = []
    for share in (0.4, 0.5, 0.6):
        y = low + share * (high - low)
        crossings = sorted(_crossings(ring, y))
        stretches += [(right - left, (left + right) / 2, y) for left, right in zip(*[iter(crossings)] * 2, strict=True)]
    _, x, y = max(stretches)
    return x, y


def _crossings(ring: Line, y: float) -> Iterator[float]:
    for (from_x, from_y), (to_x, to_y) in pairwise(ring):
        if (from_y > y) != (to_y > y):
            yield from_x + (y - from_y) / (to_y - from_y) * (to_x - from_x)


def _distance(point: Point, start: Point, end: Point) -> float:
    length = math.hypot(end[0] - start[0], end[1] - start[1])
    if length == 0:
        return math.hypot(point[0] - start[0], point[1] - start[1])
    across = (end[0] - start[0]) * (start[1] - point[1]) - (start[0] - point[0]) * (end[1] - start[1])
    return abs(across) / length


def outline(folder: Path) -> dict[str, object]:
    """What the file holds."""
    land, borders = (json.loads((folder / name).read_text()) for name in ("land-50m.json", "countries-50m.json"))
    land_arcs, border_arcs = decoded_arcs(land), decoded_arcs(borders)
    rings = (unrolled(joined(ring, land_arcs)) for _, ring in rings_of(land, "land"))
    coast = [polyline(simplified(ring)) for ring in rings if area(ring) > LEAST_ISLAND]
    uses = Counter(number if number >= 0 else ~number for _, ring in rings_of(borders, "countries") for number in ring)
    shared = (border_arcs[number] for number, count in sorted(uses.items()) if count > 1)
    return {
        "source": SOURCE,
        "units": UNITS,
        "land": coast,
        "borders": [polyline(simplified(line)) for line in shared],
        "countries": list(countries(borders, border_arcs)),
    }


def main(arguments: Iterable[str]) -> None:
    """Writes the file."""
    folder, target = map(Path, arguments)
    text = json.dumps(outline(folder), separators=(",", ":"))
    target.write_text(text + "\n", encoding="utf-8")
    print(f"{target}: {len(text) / 1000:.0f} KB")


if __name__ == "__main__":
    main(sys.argv[1:])
