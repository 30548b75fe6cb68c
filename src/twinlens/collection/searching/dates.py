"""Parse the dates in filters: exact ones, as 2023-06-30, and those that people write, as "last summer"."""

import calendar
import re
from datetime import date, datetime
from typing import TYPE_CHECKING, Literal

from twinlens.collection.catalog.condition import Condition, taken_within
from twinlens.collection.searching.filtering import FilterScope
from twinlens.errors import QueryError

if TYPE_CHECKING:
    from twinlens.collection.searching.dates_as_written.period import Period

WANTED = "must be a date such as 2023, 2023-06-30, 'June 2023' or 'last summer'"
_DATE = re.compile(r"(\d{4})(-\d\d(-\d\d([T ]\d\d:\d\d(:\d\d)?)?)?)?", re.ASCII)
_COMPARED = re.compile(r"(>=|<=|>|<|=|≥|≤)\s*(.*)", re.DOTALL)
_OF_ANY_YEAR = re.compile(r"\d\d(\.\.\d\d)?", re.ASCII)


def parse_date(value: object) -> str:
    """A date in the catalog's format: a prefix of an ISO 8601 date and time.

    Raises:
        QueryError: it is not a date.

    >>> parse_date("2023-06"), parse_date(2023), parse_date(datetime(2023, 6, 30, 12))
    ('2023-06', '2023', '2023-06-30T12:00:00')
    """
    bound = _text(value).replace(" ", "T")
    if not _DATE.fullmatch(bound) or not _exists(bound):
        raise QueryError(f"{WANTED}, got {value!r}")
    return bound


def parse_first(value: object) -> str:
    """The first moment of a date or a span, in the catalog's format.

    Raises:
        QueryError: it is neither.

    >>> parse_first("2023"), parse_first("June 2023"), parse_first("2023-06-10..2023-06-20")
    ('2023', '2023-06', '2023-06-10')
    """
    return _bound(value, 0)


def parse_last(value: object) -> str:
    """The same for the last moment.

    >>> parse_last("2023"), parse_last("christmas 2022")
    ('2023', '2022-12-26')
    """
    return _bound(value, -1)


def parse_period(value: object) -> str:
    """A span of days in its shortest spelling.

    Raises:
        QueryError: it is none.

    >>> parse_period("easter 2021"), parse_period("2023-06-01..2023-06-30"), parse_period(">=2020"), parse_period(2023)
    ('2021-04-02..2021-04-05', '2023-06', '2020..', '2023')
    """
    from twinlens.collection.searching.dates_as_written.period import compared

    text = _text(value)
    sign, words = found.groups() if (found := _COMPARED.fullmatch(text)) else ("=", text)
    try:
        return str(compared(sign, _period(words, value)))
    except OverflowError as error:
        raise QueryError(f"must be within the years 1 to 9999, got {value!r}") from error


def parse_month(value: object) -> str:
    """A month, or a span of months, of any year in two digits; or else a span of days.

    Raises:
        QueryError: it is neither.

    >>> parse_month("june"), parse_month("Nov..Feb"), parse_month(6), parse_month("June 2023")
    ('06', '11..02', '06', '2023-06')
    """
    from twinlens.collection.searching.dates_as_written.any_year import months_of

    months = months_of(_text(value))
    return "..".join(f"{month:02}" for month in dict.fromkeys(months)) if months else parse_period(value)


def is_date(text: str) -> bool:
    """Whether a text is a date or a span of days, even one that does not exist.

    >>> is_date("last summer"), is_date("31 february 2023"), is_date("summer dress"), is_date("sum")
    (True, True, False, False)
    """
    from twinlens.collection.searching.dates_as_written.period import NoSuchDate

    try:
        parse_period(text)
    except QueryError as error:
        return isinstance(error.__cause__, NoSuchDate)
    return True


def taken_in(period: str, _: FilterScope) -> Condition:
    """By the camera's local time; photos without a date are in no span."""
    first, last = _period(period, period)
    return taken_within(first.isoformat(), last.isoformat())


def taken_in_month(months: str, scope: FilterScope) -> Condition:
    """The same for a month of any year; a span may run over the end of the year."""
    if not _OF_ANY_YEAR.fullmatch(months):
        return taken_in(months, scope)
    first, last = months[:2], months[-2:]
    if first <= last:
        return Condition("substr(taken_at, 6, 2) BETWEEN ? AND ?", (first, last))
    return Condition("substr(taken_at, 6, 2) >= ? OR substr(taken_at, 6, 2) <= ?", (first, last))


def _bound(value: object, end: Literal[0, -1]) -> str:
    text = _text(value).replace(" ", "T")
    if _DATE.fullmatch(text) and _exists(text):
        return text
    period = _period(_text(value), value)
    if period[end] in (date.min, date.max):
        raise QueryError(f"needs a {'last' if end else 'first'} day, got {value!r}")
    shortest = str(period)
    return period[end].isoformat() if ".." in shortest else shortest


def _period(text: str, value: object) -> "Period":
    """The span that a text means; ``value`` is quoted if it means none."""
    from twinlens.collection.searching.dates_as_written import period_of  # as slow to import as all of ``--help``

    if _DATE.fullmatch(text.replace(" ", "T")) and _exists(text.replace(" ", "T")):
        text = text[:10]
    found = period_of(text, today=date.today())
    if found is None:
        raise QueryError(f"{WANTED}, got {value!r}")
    return found


def _text(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | date):
        raise QueryError(f"{WANTED}, got {value!r}")
    return (value.isoformat(timespec="seconds")[:19] if isinstance(value, datetime) else str(value)).strip()


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
