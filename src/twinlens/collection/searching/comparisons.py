"""Comparisons in filters, such as ``>2000``, ``<=5MB`` and ``1000..2000``."""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from twinlens.collection.catalog.condition import Condition, all_of
from twinlens.errors import QueryError

_VALUE = r"([0-9]{1,15}(?:\.[0-9]{1,9})?) ?([a-z]*)"
_COMPARISON = re.compile(rf"(>=|<=|>|<|=|) ?{_VALUE}")
_RANGE = re.compile(rf"(?:{_VALUE})? ?\.\. ?(?:{_VALUE})?")
_OPERATORS = str.maketrans({"≥": ">=", "≤": "<="})


class Unit(NamedTuple):
    """What a number is compared with.

    Attributes:
        sql: the compared number, in the table ``photos``.
        factor: how much one of this unit is.
    """

    sql: str
    factor: float = 1.0


class _Value(NamedTuple):
    """A number with its unit, as it was written."""

    number: str
    unit: str

    def __str__(self) -> str:
        return self.number + self.unit


def parse_comparison(units: Mapping[str, Unit], *, example: str) -> Callable[[object], str | None]:
    """A parser for a comparison; it gives its usual spelling, or None for an empty text.

    Args:
        units: by name; "" is for a number alone.
        example: values that may be given, for errors.
    """

    def parse(value: object) -> str | None:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise QueryError(f"must be a comparison such as {example}, got {value!r}")
        text = " ".join(str(value).translate(_OPERATORS).lower().split())
        if not text:
            return None
        operator, low, high = _read(text, units)
        if low is high is None:
            raise QueryError(f"must be a comparison such as {example}, got {value!r}")
        if operator != "..":
            return f"{operator}{low}"
        if low and high:
            (sql, least), (other_sql, most) = (_measured(one, units) for one in (low, high))
            if sql != other_sql or least > most:
                raise QueryError(f"must be a range from less to more of one unit, got {value!r}")
        return f"{low or ''}..{high or ''}"

    return parse


def compared(text: str, units: Mapping[str, Unit]) -> Condition:
    """The condition of a parsed comparison; not true for photos whose number is not known.

    A number alone is as exact as it is written: ``5MB`` is from 4.5 to 5.5, ``5.0MB`` from 4.95 to 5.05.
    """
    operator, low, high = _read(text, units)
    if operator == "..":
        bounds = ((">=", low), ("<=", high))
        return all_of(
            Condition(f"{sql} {sign} ?", (number,))
            for sign, one in bounds
            if one is not None
            for sql, number in [_measured(one, units)]
        )
    assert low is not None, "it was parsed"
    sql, number = _measured(low, units)
    if operator != "=":
        return Condition(f"{sql} {operator} ?", (number,))
    half = units[low.unit].factor * 10.0 ** -len(low.number.partition(".")[2]) / 2
    return Condition(f"{sql} >= ? AND {sql} < ?", (number - half, number + half))


def _read(text: str, units: Mapping[str, Unit]) -> tuple[str, _Value | None, _Value | None]:
    """The operator, and its values; none if it is no comparison."""
    if found := _COMPARISON.fullmatch(text.lower()):
        return found[1] or "=", _value(found[2], found[3], units), None
    if found := _RANGE.fullmatch(text.lower()):
        low, high = (_value(found[place], found[place + 1], units) for place in (1, 3))
        if (low is None) == (found[1] is None) and (high is None) == (found[3] is None):  # no unknown unit
            return "..", low, high
    return "", None, None


def _value(number: str | None, unit: str, units: Mapping[str, Unit]) -> _Value | None:
    name = next((name for name in units if name.lower() == unit), None)
    return None if number is None or name is None else _Value(number, name)


def _measured(value: _Value, units: Mapping[str, Unit]) -> tuple[str, float]:
    unit = units[value.unit]
    return unit.sql, float(value.number) * unit.factor
