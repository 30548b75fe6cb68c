"""SQL conditions on the catalog's photos."""

from collections.abc import Iterable
from typing import Any, NamedTuple


class Condition(NamedTuple):
    """An SQL expression on a row of ``photos``, and its parameters."""

    sql: str
    parameters: tuple[Any, ...] = ()


ANY = Condition("1")
"""True for every photo."""

NONE = Condition("0")
"""True for no photo."""


def all_of(conditions: Iterable[Condition]) -> Condition:
    """True if all conditions are; without conditions always true.

    >>> all_of([Condition("width > ?", (10,)), Condition("camera IS NULL")])
    Condition(sql='(width > ?) AND (camera IS NULL)', parameters=(10,))
    """
    return _joined(conditions, " AND ", otherwise=ANY)


def any_of(conditions: Iterable[Condition]) -> Condition:
    """True if any condition is; without conditions never true."""
    return _joined(conditions, " OR ", otherwise=NONE)


def _joined(conditions: Iterable[Condition], word: str, *, otherwise: Condition) -> Condition:
    parts = list(conditions)
    if not parts:
        return otherwise
    if len(parts) == 1:
        return parts[0]
    sql = word.join(f"({part.sql})" for part in parts)
    return Condition(sql, tuple(value for part in parts for value in part.parameters))
