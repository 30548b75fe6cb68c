"""What the JSON file says that Google Takeout puts beside each photo."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from twinlens.data.dating.moment import Moment, moment
from twinlens.data.metadata.said import Said, plain_names, plain_position, plain_text

_MARKS = ("photoTakenTime", "googlePhotosOrigin", "creationTime", "geoData", "imageViews", "photoLastModifiedTime")


FAVOURITE_STARS = 5  # Google has no stars; a mark that people set themselves comes before them


class TakeoutError(Exception):
    """It is no such file, or a damaged one."""


def read_takeout(data: bytes) -> Said:
    """What the file says. Its "title" is only the name that the photo's file had.

    Raises:
        TakeoutError: it is no such file.
    """
    try:
        found = json.loads(data.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError) as error:
        raise TakeoutError("damaged JSON") from error
    if not isinstance(found, dict) or not any(mark in found for mark in _MARKS):
        raise TakeoutError("JSON, but not of Google Takeout")
    description = found.get("description")
    return Said(
        description=plain_text(description) if isinstance(description, str) else None,
        people=plain_names(_names(found.get("people"))),
        rating=FAVOURITE_STARS if found.get("favorited") is True else None,
        moment=_moment(found.get("photoTakenTime")),
        position=next(filter(None, (_position(found.get(name)) for name in ("geoData", "geoDataExif"))), None),
    )


def _names(people: object) -> list[str]:
    known = [one.get("name") for one in people if isinstance(one, dict)] if isinstance(people, list) else []
    return [name for name in known if isinstance(name, str)]


def _moment(taken: object) -> Moment | None:
    """From seconds since 1970, in UTC: the time zone is not told."""
    seconds = taken.get("timestamp") if isinstance(taken, dict) else None
    if not re.fullmatch(r"-?\d{1,12}", str(seconds), re.ASCII):
        return None
    try:
        when = datetime.fromtimestamp(int(str(seconds)), UTC).replace(tzinfo=None)
    except (OverflowError, OSError, ValueError):
        return None
    return moment(when, "takeout", utc_offset_minutes=0)


def _position(place: object) -> tuple[float, float] | None:
    if not isinstance(place, dict):
        return None
    latitude, longitude = _number(place, "latitude"), _number(place, "longitude")
    return None if latitude is None or longitude is None else plain_position(latitude, longitude)


def _number(place: Mapping[str, Any], name: str) -> float | None:
    value = place.get(name)
    return float(value) if isinstance(value, int | float) and abs(value) <= 180 else None
