"""Days, weeks, months and years seen from today: the last one, this one, so many ago. Weeks begin on Monday."""

from datetime import date, timedelta
from typing import Literal, TypeAlias

from twinlens.collection.searching.dates_as_written.period import (
    Period,
    days_from,
    the_day,
    whole_month,
    whole_year,
)

Unit: TypeAlias = Literal["day", "week", "weekend", "month", "year"]


def last_of(unit: Unit, today: date) -> Period:
    """The one before the present one; the last weekend is over."""
    if unit == "weekend" and today.weekday() < 5:
        return this_of(unit, today - timedelta(days=7))
    return unit_ago(unit, 1, today)


def this_of(unit: Unit, today: date) -> Period:
    """The present one; on a weekday the weekend that comes."""
    return unit_ago(unit, 0, today)


def unit_ago(unit: Unit, number: int, today: date) -> Period:
    """A whole one, so many before the present one.

    Raises:
        NoSuchDate, OverflowError: the calendar begins later.
    """
    if unit == "year":
        return whole_year(today.year - number)
    if unit == "month":
        return whole_month(*_month_before(today, number))
    if unit == "day":
        return days_from(today - timedelta(days=number), 1)
    monday = today - timedelta(days=7 * number + today.weekday())
    return days_from(monday, 7) if unit == "week" else days_from(monday + timedelta(days=5), 2)


def units_until(unit: Unit, number: int, today: date) -> Period:
    """The time from so many units ago until today.

    Raises:
        NoSuchDate, OverflowError: the calendar begins later.
    """
    if unit in ("day", "week", "weekend"):
        return Period(today - timedelta(days=number * (1 if unit == "day" else 7)), today)
    year, month = (today.year - number, today.month) if unit == "year" else _month_before(today, number)
    return Period(the_day(year, month, min(today.day, whole_month(year, month).last.day)), today)


def _month_before(today: date, number: int) -> tuple[int, int]:
    year, month = divmod(today.year * 12 + today.month - 1 - number, 12)
    return year, month + 1
