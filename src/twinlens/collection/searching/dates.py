"""Parse the dates in filters: a year, month, day, or date and time."""

import calendar
import re
from datetime import datetime

from twinlens.errors import QueryError

DATE_PATTERN = (
    r"^[1-9][0-9]{3}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01])"
    r"([T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?)?)?)?$"
)
"""JSON-schema pattern; ``parse_date`` also rejects dates that do not exist, such as 31 June."""

_DATE = re.compile(r"(\d{4})(-\d\d(-\d\d([T ]\d\d:\d\d(:\d\d)?)?)?)?", re.ASCII)


def parse_date(value: object) -> str:
    """A date in the catalog's format: a prefix of an ISO 8601 date and time.

    Raises:
        QueryError: it is not a date.

    >>> parse_date("2023-06"), parse_date(2023), parse_date(datetime(2023, 6, 30, 12))
    ('2023-06', '2023', '2023-06-30T12:00:00')
    """
    text = value.isoformat(timespec="seconds")[:19] if isinstance(value, datetime) else str(value)
    bound = text.strip().replace(" ", "T")
    if isinstance(value, bool) or not _DATE.fullmatch(bound) or not _exists(bound):
        raise QueryError(f"must be a date such as 2023, 2023-06 or 2023-06-30, got {value!r}")
    return bound


def _exists(bound: str) -> bool:
    numbers = [int(part) for part in re.split(r"[-T:]", bound)]
    year, month, day, hour, minute, second = numbers + [1, 1, 1, 0, 0, 0][len(numbers) :]
    return (
        year >= 1
        and 1 <= month <= 12
        and 1 <= day <= calendar.monthrange(year, month)[1]
        and hour < 24
        and minute < 60
        and second < 60
    )
