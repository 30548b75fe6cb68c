"""A date among other words, as in ``beach last summer``."""

import unicodedata
from collections.abc import Sequence
from datetime import date

from twinlens.collection.searching.dates_as_written.meaning import kinds_of
from twinlens.collection.searching.dates_as_written.period import AmbiguousDate, NoSuchDate, Period
from twinlens.collection.searching.dates_as_written.reading import span_of
from twinlens.collection.searching.dates_as_written.symbols import Symbol, runs_of, symbols_of
from twinlens.collection.searching.dates_as_written.vocabulary import ends_of_ranges

LONGEST = 500
"""In a longer text no date is looked for."""

MOST_SYMBOLS = 10
FIRST_DIGITAL_YEAR = 1990
_WITH_A_YEAR = frozenset(
    (
        ("year_first",),
        ("year_last",),
        ("month", "year"),
        ("occasion", "year"),
        ("month", "short year"),
        ("occasion", "short year"),
        ("occasion", "year_first"),
        ("month", "number", "year"),
        ("month", "number", "short year"),
        ("month", "number", "weekday", "year"),
        ("unit", "year"),
        ("decade", "unit"),
    )
)
_SEEN_FROM_TODAY = frozenset(
    (
        ("day",),
        ("last", "weekday"),
        ("last", "month"),
        ("last", "occasion"),
        ("last", "unit"),
        ("last", "month", "unit"),
        ("last", "occasion", "unit"),
        ("month", "this", "unit"),
        ("occasion", "this", "unit"),
        ("ago", "month", "number", "unit"),
        ("ago", "number", "occasion", "unit"),
        ("month", "this"),
        ("occasion", "this"),
        ("this", "unit"),
        ("ago", "number", "unit"),
        ("last", "number", "unit"),
    )
)
_DECISIVE = frozenset(("year", "short year", "year_first", "year_last", "decade", "day", "last", "this", "ago"))
"""Each certain date has one of these."""
_FIRST_OF_A_RANGE = frozenset((("month",), ("occasion",), ("number",), ("month", "number")))
_ALSO_WORDS = frozenset(
    "may march mars mart past passe passato passata passado passada hier today heute hoy oggi hoje vandaag".split()
)
"""Words with other meanings, which are no date without a year."""
_NEVER = frozenset("mar mag gen".split())
"""Short names of months that are common words: sea, magazine, generation."""
_IN = frozenset("in im en nel em".split())
_OF = _IN | frozenset("from of during aus de von van".split())
_YEARS = range(1800, 2100)


def find_period(words: str, *, today: date) -> tuple[Period, str] | None:
    """The first unmistakable date among words, and the words without it; None if there is none.

    Unmistakable is a year with a month, a season or a feast (``christmas 2022``), a whole date (``2021-05-03``),
    a word such as ``last`` with what it may belong to (``last summer``), ``3 years ago``, ``in 2021``; but not
    ``2021``, ``911``, ``may`` or ``summer`` alone.

    >>> period, rest = find_period("a beach in summer 2022 with dogs", today=date(2023, 5, 1))
    >>> str(period), rest
    ('2022-06..2022-08', 'a beach with dogs')
    """
    text = unicodedata.normalize("NFC", words)
    for run in _runs(text):
        try:
            found = _first_in(run, today)
        except NoSuchDate:  # 31 June 2021: no date, and no part of it is one
            continue
        if found:
            period, start, end = found
            return period, _joined(text[:start], text[end:])
    return None


def why_no_date(words: str, *, today: date) -> str | None:
    """What is wrong with the first date among words that does not exist, or may be either of two; None if none is.

    >>> why_no_date("a beach on 31 february 2023", today=date(2023, 5, 1))
    '“31 february 2023” is no date (February 2023 has the days 1 to 28), so it was read as words'
    """
    text = unicodedata.normalize("NFC", words)
    for run in _runs(text):
        try:
            _first_in(run, today)
        except NoSuchDate as error:
            symbols = [one for one in run if one.kind != "filler"]
            written = text[symbols[0].start : symbols[-1].end]
            fault = "may be read in two ways" if isinstance(error, AmbiguousDate) else "is no date"
            return f"“{written}” {fault} ({error}), so it was read as words"
    return None


def _runs(text: str) -> list[Sequence[Symbol]]:
    return list(runs_of(symbols_of(text))) if len(text) <= LONGEST else []


def _first_in(run: Sequence[Symbol], today: date) -> tuple[Period, int, int] | None:
    """The first date in a run, as long as may be, with its place in the text."""
    for begin in range(len(run)):
        if not any(one.kind in _DECISIVE for one in run[begin : begin + MOST_SYMBOLS]):
            continue
        for end in range(min(len(run), begin + MOST_SYMBOLS), begin, -1):
            part = run[begin:end]
            if "filler" in (part[0].kind, part[-1].kind):
                continue
            lead = _lead(run, begin)
            if period := _certain(part, lead, today):
                return period, (lead or part)[0].start, part[-1].end
    return None


def _lead(run: Sequence[Symbol], begin: int) -> Sequence[Symbol]:
    """What stands before a date and belongs to it, as "in the"."""
    start = begin
    while start and run[start - 1].kind == "filler" and run[start - 1].word not in (",", ".", "no"):
        start -= 1
    return run[start:begin]


def _certain(part: Sequence[Symbol], lead: Sequence[Symbol], today: date) -> Period | None:
    """The date that a part of a text is beyond doubt."""
    if not _is_certain(part, lead, today) and not _is_certain_range(part, lead, today):
        return None
    return span_of(part, today)


def _is_certain(part: Sequence[Symbol], lead: Sequence[Symbol], today: date) -> bool:
    kinds, content = kinds_of(part), {one.kind: one for one in part}
    words, before = {one.word for one in part}, {one.word for one in lead}
    if words & _NEVER:
        return False
    if kinds == ("year",):
        return bool(before & _IN) and FIRST_DIGITAL_YEAR <= content["year"].value <= today.year
    if kinds == ("decade",):
        return bool(before & _OF)
    if kinds in _WITH_A_YEAR:
        return "year" not in content or content["year"].value in _YEARS
    if kinds in (("last", "unit"), ("this", "unit")) and content["unit"].value == "day":  # the last day of school
        return False
    return kinds in _SEEN_FROM_TODAY and ("number" in content or not words & _ALSO_WORDS)


def _is_certain_range(part: Sequence[Symbol], lead: Sequence[Symbol], today: date) -> bool:
    for place, symbol in enumerate(part):
        if symbol.word not in ends_of_ranges():
            continue
        first, last = part[:place], part[place + 1 :]
        if kinds_of(first) == kinds_of(last) == ("year",):
            if (lead or symbol.word.startswith("..")) and {first[0].value, last[-1].value} <= set(_YEARS):
                return True
        elif _is_certain(last, (), today) and (kinds_of(first) in _FIRST_OF_A_RANGE or _is_certain(first, lead, today)):
            return True
    return False


def _joined(before: str, behind: str) -> str:
    return " ".join(part for part in (before.strip(" ,"), behind.strip(" ,")) if part)
