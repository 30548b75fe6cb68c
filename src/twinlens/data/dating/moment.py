"""A date with its source, and which dates are plausible."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from twinlens.types import DateSource

FIRST_PHOTO = 1826
_RELEASED = datetime(2026, 11, 1)  # the clock of a computer that lost its power must not make every date a future one
# Clocks that were never set start on these days: of old Macs, of Unix (also west of Greenwich), of DOS and most cameras
_CLOCK_STARTS = frozenset({"1904-01-01", "1969-12-31", "1970-01-01", "1980-01-01"})


class Moment(NamedTuple):
    """When a photo was taken.

    Attributes:
        taken_at: local time, ``YYYY-MM-DDTHH:MM:SS``; midnight if only the day is known.
        utc_offset_minutes: the time zone of ``taken_at``, if it is known.
        source: what told the date.
    """

    taken_at: str
    utc_offset_minutes: int | None
    source: DateSource


def moment(taken: datetime | None, source: DateSource, *, utc_offset_minutes: int | None = None) -> Moment | None:
    """The date with its source; None if it is missing or implausible."""
    if taken is None or not is_plausible(taken):
        return None
    return Moment(taken.isoformat(timespec="seconds"), utc_offset_minutes, source)


def offset_minutes(sign: str, hours: int, minutes: int) -> int | None:
    """Minutes east of Greenwich; None if there is no such time zone.

    >>> offset_minutes("-", 3, 30), offset_minutes("+", 24, 0)
    (-210, None)
    """
    if hours > 14 or minutes > 59:
        return None
    return (hours * 60 + minutes) * (-1 if sign == "-" else 1)


def is_plausible(taken: datetime) -> bool:
    """Whether a photo can have been taken then: not before photography, not in the future, and by a clock that was set.

    >>> [is_plausible(datetime(*day)) for day in [(1955, 6, 1), (1825, 1, 1), (1980, 1, 1), (9999, 1, 1)]]
    [True, False, False, False]
    """
    tomorrow = datetime.now(UTC).replace(tzinfo=None) + timedelta(days=1)
    return (
        taken.year >= FIRST_PHOTO
        and taken <= max(tomorrow, _RELEASED)
        and taken.date().isoformat() not in _CLOCK_STARTS
    )
