"""Photos taken on a day of the year, whatever the year."""

import re

from twinlens.collection.catalog.condition import Condition
from twinlens.collection.searching.filtering import Filter, FilterScope, parse_text
from twinlens.errors import QueryError

PATTERN = r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
EXAMPLE = "06-21"


def parse_day(value: object) -> str:
    """A month and a day in two digits each.

    Raises:
        QueryError: it is something else.

    >>> parse_day("06-21")
    '06-21'
    """
    text = parse_text(value)
    if text is None or not re.fullmatch(PATTERN, text):
        raise QueryError(f"needs month and day, such as {EXAMPLE}, got {value!r}")
    return text


def taken_on_day(day: str, _: FilterScope) -> Condition:
    """By the camera's own clock."""
    return Condition("substr(taken_at, 6, 5) = ?", (day,))


DAY = Filter(
    name="day",
    label="Day of the year",
    help="Taken on this day of any year: month and day, such as 06-21.",
    example=EXAMPLE,
    pattern=PATTERN,
    parse=parse_day,
    condition=taken_on_day,
    phrase="taken on {} of any year",
    has_input=False,
)
