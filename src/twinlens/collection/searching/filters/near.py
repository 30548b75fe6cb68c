"""Photos taken near a place on the Earth."""

import math
import re

from twinlens.collection.catalog.condition import ANY, Condition, all_of, any_of
from twinlens.collection.searching.filtering import Filter, FilterScope, parse_text
from twinlens.errors import QueryError

USUAL_KM = 10.0
KM = {"km": 1.0, "m": 0.001, "mi": 1.609344, "": 1.0}
KM_PER_DEGREE = 111.1  # of latitude, a little less than it is, so that the box is never too small
_NUMBER = r"([+-]?[0-9]{1,5}(?:\.[0-9]{1,15})?)"
_LABEL = r"(?:[^:]{1,100}: ?)?"  # the name of a town before its position
_RADIUS = rf"(?: ?[,; ] ?{_NUMBER} ?(km|m|mi|))"
_PLACE = re.compile(rf"{_LABEL}{_NUMBER} ?°? ?([NS]?) ?[,; ] ?{_NUMBER} ?°? ?([EW]?){_RADIUS}?", re.I)
_TOWN = re.compile(rf"(?P<name>[^\d:]+?)(?:{_RADIUS})?", re.I)


def parse_place(value: object) -> str | None:
    """Latitude, longitude and kilometres with commas, behind the name of a town if one was given; None for no text.

    Raises:
        QueryError: it is no such place.

    >>> parse_place("48.85° N, 2.35° E"), parse_place("-33.9, 151.2, 500m")
    ('48.85,2.35,10km', '-33.9,151.2,0.5km')
    >>> parse_place("florence, italy, 5km")
    'Florence, Italy: 43.779,11.246,5km'
    """
    text = parse_text(value)
    if text is None:
        return None
    text = " ".join(text.split())
    found = _PLACE.fullmatch(text)
    if found is None:
        return _near_town(text, value)
    latitude = float(found[1]) * (-1 if found[2] in ("S", "s") else 1)
    longitude = float(found[3]) * (-1 if found[4] in ("W", "w") else 1)
    radius_km = USUAL_KM if found[5] is None else float(found[5]) * KM[found[6].lower()]
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise QueryError(f"must be a latitude from -90 to 90 and a longitude from -180 to 180, got {value!r}")
    label = text.rpartition(":")[0]
    return (f"{label}: " if label else "") + _circle(latitude, longitude, radius_km, value)


def _near_town(text: str, value: object) -> str:
    from twinlens.data.places.gazetteer import find_town, town_radius_km  # as for ``location``

    found = _TOWN.fullmatch(text)
    town = find_town(found["name"].strip(" ,;")) if found else None
    if found is None or town is None:
        raise QueryError(
            "must be a town, or latitude and longitude, and a distance if you like, such as Paris, 'Paris, 20km' or "
            f"'48.85,2.35,2km'; got {value!r}"
        )
    radius_km = max(USUAL_KM, round(town_radius_km(town.population)))
    if found[2] is not None:
        radius_km = float(found[2]) * KM[found[3].lower()]
    return f"{town.name}, {town.country}: {_circle(town.latitude, town.longitude, radius_km, value)}"


def _circle(latitude: float, longitude: float, radius_km: float, value: object) -> str:
    if radius_km < 0.001:
        raise QueryError(f"must have a distance of a metre or more, got {value!r}")
    return f"{_plain(latitude)},{_plain(longitude)},{_plain(radius_km)}km"


def is_near(place: str, _: FilterScope) -> Condition:
    """Looks at the distance only of photos in a box around the circle; those without a position are in none."""
    latitude, longitude, radius_km = map(float, place.rpartition(":")[2].removesuffix("km").split(","))
    reach = radius_km / KM_PER_DEGREE
    within = Condition("distance_km(latitude, longitude, ?, ?) <= ?", (latitude, longitude, radius_km))
    rows = Condition("latitude BETWEEN ? AND ?", (latitude - reach, latitude + reach))
    return all_of([rows, _columns(latitude, longitude, reach), within])


def _columns(latitude: float, longitude: float, reach: float) -> Condition:
    """The meridians that the circle touches; all of them if a pole is in it."""
    if abs(latitude) + reach >= 90:
        return ANY
    side = math.degrees(math.asin(min(1.0, math.sin(math.radians(reach)) / math.cos(math.radians(latitude))))) + 1e-6
    # beyond the 180th meridian the degrees go on from the other side
    spans = [(longitude - side + turn, longitude + side + turn) for turn in (0, 360, -360)]
    return any_of(Condition("longitude BETWEEN ? AND ?", span) for span in spans if span[0] <= 180 and span[1] >= -180)


def _plain(number: float) -> str:
    return f"{number:.7f}".rstrip("0").rstrip(".")  # a centimetre, and never an exponent


NEAR = Filter(
    name="near",
    label="Near",
    help="Taken near a town or a position, such as Paris, 'Paris, 20km', 48.85,2.35 or 48.85,2.35,500m.",
    example="48.85,2.35,10km",
    max_length=100,
    parse=parse_place,
    condition=is_near,
    phrase="near {}",
    has_input=False,
)
