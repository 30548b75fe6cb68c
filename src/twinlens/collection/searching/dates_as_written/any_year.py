"""Months of any year: ``june``, ``06``, ``november..february``, ``summer``."""

from collections.abc import Sequence
from datetime import date

from twinlens.collection.searching.dates_as_written.meaning import meaning_of
from twinlens.collection.searching.dates_as_written.period import Yearly
from twinlens.collection.searching.dates_as_written.reading import LONGEST
from twinlens.collection.searching.dates_as_written.symbols import Symbol, symbols_of
from twinlens.collection.searching.dates_as_written.vocabulary import ends_of_ranges
from twinlens.errors import QueryError


def months_of(text: str) -> tuple[int, int] | None:
    """The first and last month that a text means, of any year; None if it means something else.

    Raises:
        QueryError: there is no such month.

    >>> months_of("June"), months_of("6..8"), months_of("winter"), months_of("June 2023")
    ((6, 6), (6, 8), (12, 2), None)
    """
    if len(text) > LONGEST:
        return None
    symbols = symbols_of(text)
    spans = [_span(symbols)]
    for place, symbol in enumerate(symbols):
        if symbol.word in ends_of_ranges() and spans[0] is None:
            spans = [_span(symbols[:place]), _span(symbols[place + 1 :])]
    first, last = spans[0], spans[-1]
    if first is None or last is None:
        return None
    for month in (first[0], last[1]):
        if not 1 <= month <= 12:
            raise QueryError(f"must be a date that exists, got {text!r}: there is no month {month}")
    return first[0], last[1]


def _span(symbols: Sequence[Symbol]) -> tuple[int, int] | None:
    content = [one for one in symbols if one.kind != "filler"]
    if len(content) != 1 or content[0].kind not in ("month", "occasion", "number"):
        return None
    found = meaning_of(content, date.min)
    if isinstance(found, int):
        return found, found
    if not isinstance(found, Yearly) or found.kind not in ("month", "season"):
        return None
    return found.number, found.number if found.kind == "month" else (found.number + 1) % 12 + 1
