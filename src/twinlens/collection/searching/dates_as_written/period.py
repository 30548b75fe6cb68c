"""A span of days, and the spans that come back every year."""

import calendar
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Literal, NamedTuple

FIRST_DAY, LAST_DAY = date.min, date.max
"""Ends of a span that is open."""

LEAP_YEARS = 8  # 29 February comes back after eight years at most


class NoSuchDate(ValueError):  # noqa: N818 - it becomes a QueryError that quotes the text
    """A date that does not exist."""


class AmbiguousDate(NoSuchDate):
    """A date that may be either of two."""


class Period(NamedTuple):
    """A span of days, from the first to the last."""

    first: date
    last: date

    def __str__(self) -> str:
        """As in a filter: the shortest of ``2023``, ``2023-06``, ``2023-06-30``, and two of them with ".." between.

        >>> str(Period(date(2023, 6, 1), date(2023, 6, 30))), str(Period(date(2020, 1, 1), LAST_DAY))
        ('2023-06', '2020..')
        """
        length = next((length for length in (4, 7) if _begins(self.first, length) and _ends(self.last, length)), 10)
        is_bounded = self != (FIRST_DAY, LAST_DAY)
        first = "" if is_bounded and self.first == FIRST_DAY else self.first.isoformat()[:length]
        last = "" if is_bounded and self.last == LAST_DAY else self.last.isoformat()[:length]
        return first if first == last != "" else f"{first}..{last}"


def _begins(day: date, length: int) -> bool:
    """Whether it is the first day of its year (4 letters of a date) or of its month (7)."""
    return day.day == 1 and (length == 7 or day.month == 1)


def _ends(day: date, length: int) -> bool:
    return day == LAST_DAY or _begins(day + timedelta(days=1), length)


def compared(sign: str, period: Period) -> Period:
    """The days that are before (``<``) or after (``>``) a span, with it or without.

    Raises:
        OverflowError: the calendar has no such days.
    """
    if sign in (">", ">=", "≥"):
        return Period(period.last + timedelta(days=1) if sign == ">" else period.first, LAST_DAY)
    if sign in ("<", "<=", "≤"):
        return Period(FIRST_DAY, period.first - timedelta(days=1) if sign == "<" else period.last)
    return period


def whole_year(year: int) -> Period:
    """From 1 January to 31 December.

    Raises:
        NoSuchDate: years have four digits.
    """
    return Period(the_day(year, 1, 1), the_day(year, 12, 31))


def whole_month(year: int, month: int) -> Period:
    """A month.

    Raises:
        NoSuchDate: it does not exist.
    """
    first = the_day(year, month, 1)
    return Period(first, first.replace(day=calendar.monthrange(year, month)[1]))


def the_day(year: int, month: int, day: int) -> date:
    """A day.

    Raises:
        NoSuchDate: it does not exist; says why.
    """
    if not 1 <= year <= 9999:
        raise NoSuchDate(f"there is no year {year}")
    if not 1 <= month <= 12:
        raise NoSuchDate(f"there is no month {month}")
    days = calendar.monthrange(year, month)[1]
    if not 1 <= day <= days:
        raise NoSuchDate(f"{calendar.month_name[month]} {year} has the days 1 to {days}")
    return date(year, month, day)


def days_from(first: date, days: int) -> Period:
    """So many days from the first on.

    Raises:
        NoSuchDate: the calendar ends before.
    """
    try:
        return Period(first, first + timedelta(days=days - 1))
    except OverflowError as error:
        raise NoSuchDate("the calendar has no such days") from error


class Yearly(NamedTuple):
    """What comes back every year: a month (with its number), a day of a month, a season (its first month), a feast."""

    kind: Literal["month", "day", "season", "feast"]
    number: int = 0
    day: int = 0
    name: str = ""

    def in_year(self, year: int) -> Period:
        """The one of a year; winter is named after the year of its December.

        Raises:
            NoSuchDate: there is none, such as 29 February 2023.
        """
        if self.kind == "month":
            return whole_month(year, self.number)
        if self.kind == "day":
            return days_from(the_day(year, self.number, self.day), 1)
        if self.kind == "season":
            first, end = whole_month(year, self.number), self.number + 1
            return Period(first.first, whole_month(year + end // 12, end % 12 + 1).last)
        return FEASTS[self.name](year)

    def latest(self, begun_by: date) -> Period:
        """The latest that has begun by a day."""
        return self._nearest(
            range(begun_by.year + 1, begun_by.year - LEAP_YEARS, -1), lambda one: one.first <= begun_by
        )

    def ended(self, before: date) -> Period:
        """The latest that ended before a day."""
        return self._nearest(range(before.year + 1, before.year - LEAP_YEARS - 1, -1), lambda one: one.last < before)

    def following(self, day: date) -> Period:
        """The first that ends on a day or later."""
        return self._nearest(range(day.year - 1, day.year + LEAP_YEARS + 1), lambda one: one.last >= day)

    def _nearest(self, years: range, fits: Callable[[Period], bool]) -> Period:
        fault = NoSuchDate("the calendar has no such days")
        for year in years:
            try:
                found = self.in_year(year)
            except NoSuchDate as error:
                fault = error
                continue
            if fits(found):
                return found
        raise fault


def easter_sunday(year: int) -> date:
    """By the Gregorian calendar (the algorithm of Meeus, Jones and Butcher).

    >>> easter_sunday(2021).isoformat()
    '2021-04-04'
    """
    century, rest = divmod(year, 100)
    gold = year % 19
    moon = (19 * gold + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    late = (gold + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * late + 114, 31)
    return the_day(year, month, day + 1)


FEASTS: Mapping[str, Callable[[int], Period]] = {
    "christmas": lambda year: days_from(the_day(year, 12, 24), 3),
    "christmas eve": lambda year: days_from(the_day(year, 12, 24), 1),
    "new year": lambda year: days_from(the_day(year - 1, 12, 31), 2),
    "new year's eve": lambda year: days_from(the_day(year, 12, 31), 2),
    "easter": lambda year: days_from(easter_sunday(year) - timedelta(days=2), 4),
    "halloween": lambda year: days_from(the_day(year, 10, 31), 1),
    "valentine's day": lambda year: days_from(the_day(year, 2, 14), 1),
}
"""Their days: Christmas is 24 to 26 December, Easter is Good Friday to Easter Monday, New Year has its eve."""
