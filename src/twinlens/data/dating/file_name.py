"""Dates in the file names that phones, messengers and programs give."""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import PurePosixPath

from twinlens.data.dating.moment import Moment, moment

# Digits may be a counter or a part of a hash: they count as a date only on their own, or behind one of these words
_PREFIX = r"(?:(?<![0-9A-Za-z])|(?<=IMG)|(?<=VID)|(?<=PXL)|(?<=DSC)|(?<=SCR))"
_SOLID = re.compile(
    rf"{_PREFIX}((?:19|20)\d\d)(\d\d)(\d\d)"
    r"(?:(?:[-_. T]?)([01]\d|2[0-3])([0-5]\d)([0-5]\d)(?:\d{1,3})?)?(?![0-9A-Za-z])",
    re.ASCII,
)
# 2011-07-19 11.36.39 · 2021-07-04-113600 · 2021-07-04 at 11.36.39 PM · 2021_07_04_11_36_39
_SPACED = re.compile(
    r"(?<![0-9])(\d{4})([-_.])(\d\d)\2(\d\d)"
    r"(?:(?:[-_T, ]+|[ _]+\w{1,4}[ _]+)(\d{1,2})[-_.:h]?([0-5]\d)[-_.:m]?([0-5]\d)(?!\d{4})(?:\s?([AP])\.?M)?)?"
    r"(?!\d)",
    re.IGNORECASE,
)
_UTC_NAMES = re.compile(r"PXL_")  # phones of Google write the time in UTC


def name_moment(path: str) -> Moment | None:
    """The date in a photo's file name; None if it has none, or only digits that are no plausible date.

    >>> [one and one.taken_at for one in map(name_moment, ("IMG-20190704-WA0003.jpg", "IMG_12345678.jpg"))]
    ['2019-07-04T00:00:00', None]
    """
    name = PurePosixPath(path).stem
    offset = 0 if _UTC_NAMES.match(name) else None
    found = (moment(taken, "name", utc_offset_minutes=offset) for taken in _dates(name))
    return next((one for one in found if one is not None), None)


def _dates(name: str) -> Iterator[datetime]:
    for match in _SOLID.finditer(name):
        yield from _existing(*match.groups())
    for match in _SPACED.finditer(name):
        year, _, month, day, hour, minute, second, half = match.groups()
        if half and hour:
            hour = str(int(hour) % 12 + (12 if half in "Pp" else 0))
        yield from _existing(year, month, day, hour, minute, second)


def _existing(*parts: str | None) -> Iterator[datetime]:
    """The date and time; without the time if that does not exist; nothing if the date does not."""
    numbers = [int(part or 0) for part in parts]
    for used in (6, 3):
        try:
            yield datetime(*numbers[:used])  # type: ignore[arg-type]
        except ValueError:
            continue
        return
