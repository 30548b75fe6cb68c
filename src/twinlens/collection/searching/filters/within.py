"""Photos taken in an area of the Earth between two meridians and two parallels."""

import re
from typing import NamedTuple

from twinlens.collection.catalog.condition import Condition, all_of, any_of
from twinlens.collection.searching.filtering import Filter, FilterScope, parse_text
from twinlens.errors import QueryError

_NUMBER = r"([+-]?[0-9]{1,5}(?:\.[0-9]{1,15})?) ?°?"
_AREA = re.compile(r" ?[,; ] ?".join([_NUMBER] * 4))


class Area(NamedTuple):
    """An area in degrees; it crosses the 180th meridian where its west is east of its east."""

    west: float
    south: float
    east: float
    north: float

    def __str__(self) -> str:
        return ",".join(f"{side:.7f}".rstrip("0").rstrip(".") for side in self)  # a centimetre, and never an exponent


def parse_area(value: object) -> str | None:
    """West, south, east and north with commas; None for no text.

    Raises:
        QueryError: it is no such area.

    >>> parse_area("11.1, 43.7, 11.40, 43.9"), parse_area("177;-19;-178;-16")
    ('11.1,43.7,11.4,43.9', '177,-19,-178,-16')
    """
    text = parse_text(value)
    if text is None:
        return None
    found = _AREA.fullmatch(" ".join(text.split()))
    if found is None:
        raise QueryError(f"must be west, south, east and north in degrees, such as {WITHIN.example}; got {value!r}")
    area = Area(*(float(side) + 0.0 for side in found.groups()))
    if max(abs(area.west), abs(area.east)) > 180 or max(abs(area.south), abs(area.north)) > 90:
        raise QueryError(
            f"must have longitudes from -180 to 180 and latitudes from -90 to 90, in the order west,south,east,north; "
            f"got {value!r}"
        )
    if area.south > area.north:
        raise QueryError(f"must have its south below its north, in the order west,south,east,north; got {value!r}")
    return str(area)


def read_area(text: str) -> Area:
    """The area of a text that ``parse_area`` gives."""
    return Area(*map(float, text.split(",")))


def is_within(text: str, _: FilterScope) -> Condition:
    """Photos without a position are in no area; those on the border of one are in it."""
    area = read_area(text)
    rows = Condition("latitude BETWEEN ? AND ?", (area.south, area.north))
    spans = [(area.west, area.east)] if area.west <= area.east else [(area.west, 180.0), (-180.0, area.east)]
    if area.west == -180 or area.east == 180:
        spans += [(180.0, 180.0), (-180.0, -180.0)]  # one meridian, by two names
    return all_of([rows, any_of(Condition("longitude BETWEEN ? AND ?", span) for span in spans)])


WITHIN = Filter(
    name="within",
    label="Area",
    help="Taken in an area of the map: west,south,east,north in degrees, such as 11.1,43.7,11.4,43.9.",
    example="11.1,43.7,11.4,43.9",
    max_length=100,
    parse=parse_area,
    condition=is_within,
    phrase="taken in the area {}",
    has_input=False,
)
