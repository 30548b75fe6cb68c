"""What the symbols of one date mean together."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeAlias

from twinlens.collection.searching.dates_as_written.calendar_units import last_of, this_of, unit_ago, units_until
from twinlens.collection.searching.dates_as_written.period import (
    AmbiguousDate,
    Period,
    Yearly,
    days_from,
    the_day,
    whole_month,
    whole_year,
)
from twinlens.collection.searching.dates_as_written.symbols import Symbol
from twinlens.collection.searching.dates_as_written.vocabulary import DECADE_UNITS

Meaning: TypeAlias = Period | Yearly | int
"""A span; what comes back every year; or the day of a month that is named later."""


@dataclass(frozen=True, slots=True)
class _Said:
    """The symbols of one date by kind, and the day it is read on."""

    by_kind: Mapping[str, Symbol]
    today: date

    def __getitem__(self, kind: str) -> Any:
        return self.by_kind[kind].value


def meaning_of(symbols: Sequence[Symbol], today: date) -> Meaning | None:
    """What one date means, without ranges; may raise NoSuchDate or OverflowError."""
    content = [one for one in symbols if one.kind != "filler"]
    by_kind = {one.kind: one for one in content}
    rule = RULES.get(kinds_of(content))
    return rule(_Said(by_kind, today)) if rule and len(by_kind) == len(content) else None


def kinds_of(symbols: Sequence[Symbol]) -> tuple[str, ...]:
    """The kinds of symbols, in the order of the alphabet, without what only joins them."""
    return tuple(sorted(one.kind for one in symbols if one.kind != "filler"))


def _year_first(said: _Said) -> Period:
    year, month, *day = said["year_first"]
    return days_from(the_day(year, month, day[0]), 1) if day else whole_month(year, month)


def _year_last(said: _Said) -> Period:
    *day, month, year = said["year_last"]
    if not day:
        return whole_month(year, month)
    if "." not in said.by_kind["year_last"].word and day[0] != month and day[0] <= 12:
        if month <= 12:
            either = f"{year:04}-{month:02}-{day[0]:02} or {year:04}-{day[0]:02}-{month:02}"
            raise AmbiguousDate(either)
        return days_from(the_day(year, day[0], month), 1)
    return days_from(the_day(year, month, day[0]), 1)


def _named_day(said: _Said) -> Yearly:
    return Yearly("day", said["month"].number, said["number"])


def _short_year(said: _Said) -> int:
    year: int = said["short year"]
    return year + (2000 if 2000 + year <= said.today.year + 1 else 1900)


def _this(said: _Said, kind: str) -> Period:
    one: Yearly = said[kind]
    is_winter = one.kind == "season" and one.number == 12
    return one.in_year(said.today.year - (is_winter and said.today.month < 3))


def _in_year_ago(said: _Said, *, years: int) -> Period | None:
    """Christmas last year."""
    one: Yearly = said["occasion"] if "occasion" in said.by_kind else said["month"]
    return one.in_year(said.today.year - years) if said["unit"] == "year" else None


def _season_of_two_years(said: _Said) -> Period | None:
    """Winter 2022/23."""
    year, next_year, *more = said["year_first"]
    occasion: Yearly = said["occasion"]
    return occasion.in_year(year) if not more and next_year == (year + 1) % 100 else None


def _decade(said: _Said) -> Period:
    number: int = said["decade"]
    start = number if number >= 1000 else number + (2000 if number < 30 else 1900)
    return Period(whole_year(start).first, whole_year(start + 9).last)


def _years(said: _Said) -> Period | None:
    """The year 2021; années 1990."""
    if said["unit"] != "year":
        return None
    year: int = said["year"]
    is_decade = said.by_kind["unit"].word in DECADE_UNITS and year % 10 == 0
    return Period(whole_year(year).first, whole_year(year + 9).last) if is_decade else whole_year(year)


def _decade_after_its_unit(said: _Said) -> Period | None:
    """Années 90."""
    unit = said.by_kind["unit"]
    number = said.by_kind["short year"] if "short year" in said.by_kind else said.by_kind["number"]
    if unit.word not in DECADE_UNITS or number.value % 10 or number.value > 90 or unit.start > number.start:
        return None
    return _decade(_Said({"decade": number}, said.today))


def _weekday(said: _Said, *, before: int) -> Period:
    latest = said.today - timedelta(days=before)
    return days_from(latest - timedelta(days=(latest.weekday() - said["weekday"]) % 7), 1)


RULES: dict[tuple[str, ...], Callable[[_Said], Meaning | None]] = {
    ("year_first",): _year_first,
    ("year_last",): _year_last,
    ("year",): lambda said: whole_year(said["year"]),
    ("unit", "year"): _years,
    ("month",): lambda said: said["month"],
    ("month", "year"): lambda said: said["month"].in_year(said["year"]),
    ("month", "short year"): lambda said: said["month"].in_year(_short_year(said)),
    ("occasion",): lambda said: said["occasion"],
    ("occasion", "year"): lambda said: said["occasion"].in_year(said["year"]),
    ("occasion", "short year"): lambda said: said["occasion"].in_year(_short_year(said)),
    ("occasion", "year_first"): _season_of_two_years,
    ("number",): lambda said: said["number"],
    ("month", "number"): _named_day,
    ("month", "number", "year"): lambda said: _named_day(said).in_year(said["year"]),
    ("month", "number", "weekday", "year"): lambda said: _named_day(said).in_year(said["year"]),
    ("month", "number", "short year"): lambda said: _named_day(said).in_year(_short_year(said)),
    ("decade",): _decade,
    ("decade", "unit"): lambda said: _decade(said) if said["unit"] == "year" else None,
    ("number", "unit"): _decade_after_its_unit,
    ("short year", "unit"): _decade_after_its_unit,
    ("day",): lambda said: unit_ago("day", -said["day"], said.today),
    ("weekday",): lambda said: _weekday(said, before=0),
    ("last", "weekday"): lambda said: _weekday(said, before=1),
    ("last", "month"): lambda said: said["month"].ended(said.today),
    ("last", "occasion"): lambda said: said["occasion"].ended(said.today),
    ("last", "unit"): lambda said: last_of(said["unit"], said.today),
    ("unit",): lambda said: last_of("weekend", said.today) if said["unit"] == "weekend" else None,
    ("last", "month", "unit"): lambda said: _in_year_ago(said, years=1),
    ("last", "occasion", "unit"): lambda said: _in_year_ago(said, years=1),
    ("month", "this", "unit"): lambda said: _in_year_ago(said, years=0),
    ("occasion", "this", "unit"): lambda said: _in_year_ago(said, years=0),
    ("ago", "month", "number", "unit"): lambda said: _in_year_ago(said, years=said["number"]),
    ("ago", "number", "occasion", "unit"): lambda said: _in_year_ago(said, years=said["number"]),
    ("month", "this"): lambda said: _this(said, "month"),
    ("occasion", "this"): lambda said: _this(said, "occasion"),
    ("this", "unit"): lambda said: this_of(said["unit"], said.today),
    ("ago", "number", "unit"): lambda said: unit_ago(said["unit"], said["number"], said.today),
    ("last", "number", "unit"): lambda said: units_until(said["unit"], said["number"], said.today),
}
"""By the kinds of symbols in the order of the alphabet: languages put them in different orders."""
