"""SQL functions of our own, which every connection to a catalog has."""

import math
import sqlite3
from functools import cache

from twinlens.collection.catalog.curated.names import name_key
from twinlens.collection.catalog.curated.person import asker
from twinlens.data.file_names import same_form
from twinlens.words.spelled import fold, without_accents

EARTH_RADIUS_KM = 6371.0088  # the mean; the Earth is no sphere, so distances are right to 0.5 %


def add_functions(connection: sqlite3.Connection) -> None:
    """Makes the functions of this module known to SQL."""
    functions = (same_form, 1), (folded, 1), (name_key, 1), (distance_km, 4), (asker, 0)
    for function, arguments in functions:
        connection.create_function(function.__name__, arguments, function, deterministic=True)


def folded(text: str) -> str:
    """The text in small letters without accents, in one Unicode form.

    >>> folded("CAFÉ Łódź")
    'cafe lodz'
    """
    return text.lower() if text.isascii() else fold(text).translate(_bare_letters())


def file_name(path: str) -> str:
    """The file's name, without its folder."""
    return path.rpartition("/")[2]


@cache
def _bare_letters() -> dict[int, int]:
    """Letters with accents and those without; for a short text five times as fast as ``without_accents``."""
    letters = "".join(map(chr, range(0xC0, 0x2000)))
    return {
        ord(letter): ord(bare) for letter, bare in zip(letters, without_accents(letters), strict=True) if letter != bare
    }


def distance_km(
    latitude: float | None, longitude: float | None, to_latitude: float, to_longitude: float
) -> float | None:
    """The shortest way on the Earth between two points in degrees, by the haversine formula; None from nowhere.

    >>> round(distance_km(48.8566, 2.3522, 51.5074, -0.1278))
    344
    """
    if latitude is None or longitude is None:  # SQLite may ask before it has looked at the other conditions
        return None
    north, to_north = math.radians(latitude), math.radians(to_latitude)
    rise, turn = (to_north - north) / 2, math.radians(to_longitude - longitude) / 2
    share = math.sin(rise) ** 2 + math.cos(north) * math.cos(to_north) * math.sin(turn) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(1.0, share)))  # opposite points: rounding gives 1.0000000002
