"""The gazetteer: which town, region and country a position is in, and where a town is."""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twinlens.data.metadata.said import PART
from twinlens.words.spelled import fold, without_accents

FILE = Path(__file__).with_name("gazetteer.tsv.gz")
FARTHEST_KM = 40.0  # from the next town: further out there is only sea, ice or desert
KM_PER_DEGREE = 111.2  # of latitude


class Town(NamedTuple):
    """A town.

    Attributes:
        name: in English, else as it is written there.
        region: of its country; None if it is not known.
        country: in English.
        latitude: degrees, north positive.
        longitude: degrees, east positive.
        population: people.
    """

    name: str
    region: str | None
    country: str
    latitude: float
    longitude: float
    population: int


@dataclass(frozen=True, eq=False)
class _Gazetteer:
    """N towns, from south to north."""

    latitudes: NDArray[np.float64]  # [N]
    longitudes: NDArray[np.float64]  # [N]
    populations: NDArray[np.int64]  # [N]
    towns: list[Town]


def place_of(latitude: float, longitude: float) -> str | None:
    """Country, region and town at a position, with ``PART`` between them; None far from any town.

    In a quarter or a suburb of a large town, that is named before it.

    >>> place_of(41.8902, 12.4922), place_of(43.77, 11.25), place_of(0, -30)
    ('Italy|Latium|Rome|Monti', 'Italy|Tuscany|Florence', None)
    """
    return _place_of(round(latitude, 3), round(longitude, 3))  # to 100 m, so that a day at one place is one look-up


@lru_cache(maxsize=10_000)
def _place_of(latitude: float, longitude: float) -> str | None:
    known = _gazetteer()
    reach = FARTHEST_KM / KM_PER_DEGREE
    first, last = np.searchsorted(known.latitudes, (latitude - reach, latitude + reach))
    around = slice(int(first), int(last))
    turn = (known.longitudes[around] - longitude + 180) % 360 - 180
    east = turn * np.cos(np.radians(latitude))
    distances = KM_PER_DEGREE * np.hypot(known.latitudes[around] - latitude, east)
    if not len(distances) or distances.min() > FARTHEST_KM:
        return None
    nearest = known.towns[int(first) + int(distances.argmin())]
    in_town = distances <= np.minimum(FARTHEST_KM, town_radius_km(known.populations[around]))
    names = [nearest.country, nearest.region, nearest.name]
    if in_town.any():
        largest = known.towns[int(first) + int(np.where(in_town, known.populations[around], 0).argmax())]
        if largest.country == nearest.country and largest.population > nearest.population:
            names.insert(2, largest.name)
    return PART.join(dict.fromkeys(name for name in names if name))


def town_radius_km(population: Any) -> Any:
    """How far a town reaches out from its middle, roughly; of a number, or of each number of an array.

    >>> float(town_radius_km(1_000_000))
    10.0
    """
    return np.sqrt(population) / 100


def largest_towns(area: tuple[float, float, float, float], *, most: int) -> list[Town]:
    """The largest towns between two meridians and two parallels, the largest first.

    Args:
        area: west, south, east and north in degrees; west is east of east across the 180th meridian.
        most: at most so many.

    >>> [town.name for town in largest_towns((11.0, 43.5, 11.5, 44.0), most=2)]
    ['Florence', 'Prato']
    """
    known = _gazetteer()
    west, south, east, north = area
    first, last = (int(place) for place in np.searchsorted(known.latitudes, (south, north)))
    longitudes = known.longitudes[first:last]
    is_east, is_west = longitudes >= west, longitudes <= east
    rows = first + np.flatnonzero(is_east & is_west if west <= east else is_east | is_west)
    largest = rows[np.argsort(-known.populations[rows], kind="stable")[:most]]
    return [known.towns[row] for row in largest]


def find_town(text: str) -> Town | None:
    """The largest town of a name, in any language that knows it; behind a comma its region or country.

    >>> [town and town.country for town in map(find_town, ("München", "Paris", "Paris, Texas", "Nowhere at all"))]
    ['Germany', 'France', 'United States', None]
    """
    name, _, within = (part.strip() for part in text.partition(","))
    towns = [town for town in _named(name) if isinstance(town, Town)]
    if within:
        above = {_plain(one) for one in (within, *names_of(within))}
        towns = [town for town in towns if above & {_plain(town.country), _plain(town.region or "")}]
    return max(towns, key=lambda town: town.population, default=None)


def names_of(text: str) -> list[str]:
    """What countries, regions and towns of a name are called here.

    >>> names_of("Italien"), names_of("MÜNCHEN")
    (['Italy'], ['Munich'])
    """
    found = (one.name if isinstance(one, Town) else one for one in _named(text))
    return list(dict.fromkeys(found))


def _named(text: str) -> Iterator[Town | str]:
    """Towns, and the names of countries and regions, that are called so in any language."""
    folded, lines = _names()
    wanted = _plain(text)
    place = folded.find(wanted) if wanted else -1
    while place >= 0:
        end = place + len(wanted)
        if folded[place - 1] in "\t|" and folded[end] in "\t|\n":
            yield lines[folded.count("\n", 0, place)]
        place = folded.find(wanted, end)


@cache
def _gazetteer() -> _Gazetteer:
    lines = _lines()
    countries, regions, towns = dict[str, str](), list[str](), list[Town]()
    for kind, code, name, *rest in lines:
        if kind == "country":
            countries[code] = name
        elif kind == "region":
            regions.append(name)
        else:
            latitude, longitude, population, region, _ = rest
            above = regions[int(region)] if region else None
            towns.append(Town(name, above, countries[code], float(latitude), float(longitude), int(population)))
    latitudes, longitudes, populations = (
        np.array([getattr(town, name) for town in towns]) for name in ("latitude", "longitude", "population")
    )
    return _Gazetteer(latitudes, longitudes, populations, towns)


@cache
def _names() -> tuple[str, list[Town | str]]:
    """All names, folded, a line for each place; and the places."""
    text, places, towns = [], list[Town | str](), iter(_gazetteer().towns)
    for kind, code, name, *rest in _lines():
        others = [code, *rest] if kind == "country" else rest[-1:]
        text.append("\t" + "|".join([name, *others]))
        places.append(next(towns) if kind == "town" else name)
    return _plain("\n".join(text)) + "\n", places


def _lines() -> list[list[str]]:
    text = gzip.decompress(FILE.read_bytes()).decode()
    return [line.split("\t") for line in text.splitlines()]


def _plain(text: str) -> str:
    return without_accents(fold(text))
