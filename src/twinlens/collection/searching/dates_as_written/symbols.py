"""The parts of a written date: months, years, numbers, words such as "last"."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from twinlens.collection.searching.dates_as_written.period import Yearly
from twinlens.collection.searching.dates_as_written.vocabulary import meanings, plain

LONGEST_TERM = 5
_TOKEN = re.compile(
    r"""
      (?<![\w])(?<!\d[-/.])(?:
        (?P<year_first>\d{4}([-/.])\d{1,2}(?:\2\d{1,2})?)(?!\w|[-/.]\d)
      | (?P<year_last>\d{1,2}([-/.])(?:\d{1,2}\4)?\d{4})(?!\w|[-/.]\d)
      | (?P<decade>(?:[12]\d)?\d0)(?:'?s|’s|er|ern)(?!\w)
      )
    | (?P<number>\d+)(?:(?:st|nd|rd|th|er|re|e|[oaºª°])(?!\w))?
    | (?P<signs>[一二三四五六七八九十]{1,2}月)
    | (?P<sign>[年月日号號년월일])
    | (?P<word>[^\W\d_]+)
    | (?P<dots>\.{2,})
    | (?P<mark>\S)
    """,
    re.VERBOSE,
)
_SIGNS = {
    "年": "year",
    "년": "year",
    "月": "month",
    "월": "month",
    "日": "date",
    "号": "date",
    "號": "date",
    "일": "date",
}
_JOINTS = frozenset("'’-")


class Symbol(NamedTuple):
    """A part of a text, and what it means in a date.

    Attributes:
        kind: such as "month", "year", "number", "last"; "other" if it means nothing.
        value: a number, a name, or what comes back every year.
        word: in small letters without accents.
        start: where it begins in the text.
        end: where it ends.
    """

    kind: str
    value: Any
    word: str
    start: int
    end: int


def symbols_of(text: str) -> list[Symbol]:
    """The parts of a text, of which nothing but spaces is left out."""
    tokens = [_token(match) for match in _TOKEN.finditer(text)]
    found: list[Symbol] = []
    place = 0
    while place < len(tokens):
        symbol, length = _term(tokens, place)
        place += length
        found.append(symbol)
    return found


def _token(match: re.Match[str]) -> Symbol:
    kind, text = str(match.lastgroup), match[0]
    word = plain(text)
    span = match.span()
    if kind in ("year_first", "year_last"):
        return Symbol(kind, tuple(int(part) for part in re.split(r"[-/.]", text)), word, *span)
    if kind == "decade":
        return Symbol(kind, int(match[kind]), word, *span)
    if kind == "number":
        digits = match[kind]
        is_year = len(digits) == 4 and digits == text
        return Symbol("year" if is_year else "number" if len(digits) < 4 else "other", int(digits[:4]), word, *span)
    if kind == "sign":
        return Symbol(kind, _SIGNS[text], word, *span)
    return Symbol(kind, None, word, *span)


def _term(tokens: Sequence[Symbol], place: int) -> tuple[Symbol, int]:
    """The meaning of the longest term that begins at a place, and how many tokens it has."""
    first = tokens[place]
    if first.kind == "number" and place + 1 < len(tokens) and tokens[place + 1].kind == "sign":  # 3月, 5日
        return _signed(first, tokens[place + 1]), 2
    if first.kind == "year":
        is_signed = place + 1 < len(tokens) and tokens[place + 1].kind == "sign" and tokens[place + 1].value == "year"
        return first, 2 if is_signed else 1
    if first.word in _JOINTS and place + 1 < len(tokens) and _is_short_year(first, tokens[place + 1]):
        number = tokens[place + 1]
        return number._replace(kind="short year", start=first.start), 2
    if first.kind not in ("word", "signs", "mark", "dots"):
        return first, 1
    words: list[str] = []
    best: tuple[Symbol, int] = first._replace(kind="other"), 1
    for length, token in enumerate(tokens[place : place + 2 * LONGEST_TERM], start=1):
        if length > 1 and token.word in _JOINTS:
            continue
        words.append(token.word)
        if len(words) > LONGEST_TERM:
            break
        if meaning := meanings().get(tuple(words)):
            best = Symbol(*meaning, " ".join(words), first.start, token.end), length
    return best


def _signed(number: Symbol, sign: Symbol) -> Symbol:
    value, kind = number.value, sign.value
    span = number.start, sign.end
    if kind == "month":
        return Symbol("month", Yearly("month", value), number.word, *span)
    return Symbol("number" if kind == "date" else "other", value, number.word, *span)


def _is_short_year(mark: Symbol, number: Symbol) -> bool:
    return mark.word != "-" and number.kind == "number" and number.end - number.start == 2 and number.start == mark.end


def runs_of(symbols: Sequence[Symbol]) -> Iterator[list[Symbol]]:
    """The parts that lie between those that mean nothing."""
    run: list[Symbol] = []
    for symbol in [*symbols, Symbol("other", None, "", 0, 0)]:
        if symbol.kind != "other":
            run.append(symbol)
        elif run:
            yield run
            run = []
