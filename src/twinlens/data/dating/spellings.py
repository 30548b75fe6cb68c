"""Dates as cameras and programs write them into photos."""

import re
from datetime import datetime, timedelta

_DATE = r"(\d{4})\s?[:/.-]\s?(\d{1,2})\s?[:/.-]\s?(\d{1,2})"
_TIME = r"(\d{1,2})\s?:\s?(\d{1,2})(?:\s?:\s?(\d{1,2}))?"
_WRITTEN = re.compile(rf"{_DATE}(?:(?:\s|T){_TIME}.*|\s*)", re.ASCII | re.DOTALL)


def read_date(text: str) -> datetime | None:
    """The date in a text; midnight if there is no time. None if it is no date, such as ``0000:00:00 00:00:00``.

    >>> [str(read_date(text)) for text in ("2021:07:04 11:36:39", "2021: 7: 4 24:00:00", "2021-07-04")]
    ['2021-07-04 11:36:39', '2021-07-05 00:00:00', '2021-07-04 00:00:00']
    """
    match = _WRITTEN.fullmatch(text.strip())
    if not match:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
    is_midnight = (hour, minute, second) == (24, 0, 0)
    try:
        day_of = datetime(year, month, day)
        if is_midnight:
            return day_of + timedelta(days=1)
        return day_of.replace(hour=hour, minute=minute, second=59 if second == 60 else second)  # a leap second
    except (ValueError, OverflowError):
        return None
