"""Read a written date: one, or a range of two."""

from collections.abc import Sequence
from datetime import date

from twinlens.collection.searching.dates_as_written.meaning import Meaning, meaning_of
from twinlens.collection.searching.dates_as_written.period import (
    FIRST_DAY,
    LAST_DAY,
    AmbiguousDate,
    NoSuchDate,
    Period,
    Yearly,
    days_from,
    the_day,
)
from twinlens.collection.searching.dates_as_written.symbols import Symbol, symbols_of
from twinlens.collection.searching.dates_as_written.vocabulary import ends_of_ranges
from twinlens.errors import QueryError

LONGEST = 100
"""A longer text is no date."""


def period_of(text: str, *, today: date) -> Period | None:
    """The days that a text means; None if it is no date.

    What comes back every year, as ``christmas``, is the latest that has begun. ``last summer`` is the latest
    that is over; ``3 months ago`` is that whole month, ``last 3 months`` the time since.

    Raises:
        QueryError: it is a date that does not exist, or may be either of two; continues after a name.

    >>> str(period_of("letzten Sommer", today=date(2023, 5, 1))), str(period_of("Navidad 2022", today=date(2023, 5, 1)))
    ('2022-06..2022-08', '2022-12-24..2022-12-26')
    """
    if len(text) > LONGEST:
        return None
    try:
        return span_of(symbols_of(text), today)
    except AmbiguousDate as error:
        raise QueryError(f"may be read in two ways, got {text!r}: write {error}") from error
    except NoSuchDate as error:
        raise QueryError(f"must be a date that exists, got {text!r}: {error}") from error


def span_of(symbols: Sequence[Symbol], today: date) -> Period | None:
    """The same for the symbols of a text; may raise NoSuchDate."""
    try:
        found = meaning_of(symbols, today)
        if found is None:
            return _range(symbols, today)
    except OverflowError as error:
        raise NoSuchDate("the calendar has no such days") from error
    return None if isinstance(found, int) else _latest(found, today)


def _range(symbols: Sequence[Symbol], today: date) -> Period | None:
    for place, symbol in enumerate(symbols):
        if symbol.word not in ends_of_ranges():
            continue
        before, behind = symbols[:place], symbols[place + 1 :]
        first, last = meaning_of(before, today), meaning_of(behind, today)
        if symbol.word.startswith((".", "…")) and (not before or not behind) and (found := first or last):
            if not isinstance(found, int):
                known = _latest(found, today)
                return Period(known.first, LAST_DAY) if before else Period(FIRST_DAY, known.last)
        elif first is not None and last is not None and not isinstance(last, int):
            return _between(first, last, today)
    return None


def _between(first: Meaning, last: Period | Yearly, today: date) -> Period:
    """From one to the other; the one without a year is next to the other."""
    if isinstance(first, Period):
        end = last.following(first.first) if isinstance(last, Yearly) else last
        begin = first
    else:
        end = _latest(last, today)
        if isinstance(first, int):
            begin = days_from(the_day(end.first.year, end.first.month, first), 1)
        else:
            begin = first.latest(end.first)
    if begin.first > end.last:
        raise NoSuchDate("it ends before it begins")
    return Period(begin.first, end.last)


def _latest(found: Period | Yearly, today: date) -> Period:
    return found.latest(today) if isinstance(found, Yearly) else found
