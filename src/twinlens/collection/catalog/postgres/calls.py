"""Calls of functions in SQL, and how PostgreSQL writes those that it does not have."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

Rewrite: TypeAlias = Callable[[Sequence[str]], str | None]
"""From the arguments of a call to what takes its place; None leaves it as it is."""

_TEXT = re.compile(r"'(?:[^']|'')*'")
_DAY, _SECOND = "'YYYY-MM-DD'", "'YYYY-MM-DD HH24:MI:SS'"
_NOW = "(now() AT TIME ZONE 'utc')"


def rewritten(sql: str, rules: Mapping[str, Rewrite]) -> str:
    """SQL with other calls, the inner ones first.

    >>> rewritten("SELECT total(length(a)), 'total(b)' FROM t", CALLS)
    "SELECT coalesce(sum(length(a)), 0)::float8, 'total(b)' FROM t"
    """
    start = re.compile(rf"'(?:[^']|'')*'|\b({'|'.join(map(re.escape, rules))})\(")
    done, place = "", 0
    while found := start.search(sql, place):
        done += sql[place : found.start()]
        if found[1] is None:
            done, place = done + found[0], found.end()
            continue
        arguments, place = _arguments(sql, found.end())
        inner = [rewritten(one, rules) for one in arguments]
        made = rules[found[1]](inner)
        done += f"{found[1]}({', '.join(inner)})" if made is None else made
    return done + sql[place:]


def _arguments(sql: str, place: int) -> tuple[list[str], int]:
    """What stands between the brackets of a call, and the place behind them."""
    depth, found, begin = 0, [], place
    while place < len(sql):
        letter = sql[place]
        if letter == "'":
            text = _TEXT.match(sql, place)
            assert text is not None, "a text without an end"
            place = text.end()
            continue
        if letter == "," and not depth:
            found.append(sql[begin:place].strip())
            begin = place + 1
        elif letter == ")" and not depth:
            last = sql[begin:place].strip()
            return [*found, last] if found or last else [], place + 1
        depth += (letter == "(") - (letter == ")")
        place += 1
    raise AssertionError("a bracket without an end")


def _substr(arguments: Sequence[str]) -> str:
    text, *places = arguments
    return f"substr({', '.join([text, *(f'({place})::int' for place in places)])})"


def _json_array(arguments: Sequence[str]) -> str:
    return "('[' || " + " || ',' || ".join(f"to_json({one})::text" for one in arguments) + " || ']')"


def _json_extract(arguments: Sequence[str]) -> str:
    document, path = arguments
    place = re.fullmatch(r"'\$\[(\d+)\]'", path)
    assert place is not None, path
    return f"(({document})::json ->> {place[1]})"


def _date(arguments: Sequence[str]) -> str:
    first, *later = arguments
    day = f"{_NOW}::date" if first == "'now'" else f"({first})::date"
    for change in later:
        days = re.fullmatch(r"'([+-]\d+) days'", change)
        assert days is not None, change
        day = f"({day} {days[1][0]} {days[1][1:]})"
    return f"to_char({day}, {_DAY})"


def _is_now(arguments: Sequence[str]) -> str:
    assert arguments == ["'now'"], arguments
    return f"to_char({_NOW}, {_SECOND})"


CALLS: Mapping[str, Rewrite] = {
    "date": _date,
    "datetime": _is_now,
    "group_concat": lambda arguments: f"string_agg(({arguments[0]})::text, {arguments[1]})",
    "hex": lambda arguments: f"upper(encode({arguments[0]}, 'hex'))",
    "instr": lambda arguments: f"strpos({', '.join(arguments)})",
    "json_array": _json_array,
    "json_each": lambda arguments: f"json_numbers({arguments[0]})",
    "json_extract": _json_extract,
    "lower": lambda arguments: f'lower(({arguments[0]}) COLLATE "C")',
    "pragma_table_info": lambda arguments: (
        "(SELECT column_name AS name FROM information_schema.columns "
        f"WHERE table_schema = current_schema() AND table_name = {arguments[0]}) AS info"
    ),
    "same_form": lambda arguments: f"normalize({arguments[0]}, NFC)",
    "substr": _substr,
    "total": lambda arguments: f"coalesce(sum({arguments[0]}), 0)::float8",
}
"""Functions of SQLite, and of ours, as PostgreSQL has them."""

FUNCTIONS = (
    "CREATE FUNCTION json_numbers(text) RETURNS TABLE (value BIGINT) LANGUAGE sql IMMUTABLE PARALLEL SAFE AS "
    "$$ SELECT value::bigint FROM json_array_elements_text($1::json) $$",
    # as ``sql_functions.distance_km``
    "CREATE FUNCTION distance_km(latitude float8, longitude float8, to_latitude float8, to_longitude float8) "
    "RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT {km} * asin(sqrt(least(1.0, "
    "sin((radians(to_latitude) - radians(latitude)) / 2) ^ 2 + cos(radians(latitude)) * cos(radians(to_latitude)) * "
    "sin(radians(to_longitude - longitude) / 2) ^ 2))) $$",
)
"""Functions that each catalog has in its schema; ``{km}`` is the diameter of the Earth."""
