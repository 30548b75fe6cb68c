"""SQL of the catalog, which is SQLite's, as PostgreSQL has it: one place for all that differs."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from twinlens.collection.catalog.postgres.calls import CALLS, Rewrite, rewritten
from twinlens.collection.catalog.postgres.tables import key_of, keyed, table_columns

_PARAMETER = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|::\w+|\?|:(\w+)|%")
_NAMED = re.compile(r":\w+")
_WRITING = re.compile(r"\s*INSERT OR (IGNORE|REPLACE) INTO (\w+)\s*(\([^)]*\))?\s*(.*)", re.DOTALL)
_ADDING = re.compile(r"\s*INSERT INTO (\w+) (VALUES|SELECT)\b")
_TARGET = re.compile(r"ON CONFLICT \(([\w, ]+)\)")
_PLAIN = (
    (re.compile(r"\bx'([0-9a-f]*)'"), r"'\\x\1'::bytea"),
    (re.compile(r"\bIS NOT (:\w+)"), r"IS DISTINCT FROM \1"),
    (re.compile(r"\((\w+) IS NULL\) = 0"), r"(\1 IS NOT NULL)"),
    (re.compile(r"\bIS ('[^']*')"), r"IS NOT DISTINCT FROM \1"),
    (re.compile(r"(?<=[\s(])\+(?=[a-z])"), ""),  # keeps SQLite from an index
    (re.compile(r"\bCROSS JOIN (\w+) USING\b"), r"JOIN \1 USING"),  # keeps SQLite to an order of tables
    (re.compile(r"\bGLOB '\*(\[[^']*\])\*'"), r"~ '\1'"),
    (re.compile(r"\bLIKE\b"), "ILIKE"),  # with the order of bytes, both are without case for the letters of ASCII
    (re.compile(r"\bIN \(\)"), "IN (NULL)"),
    (re.compile(r"\bAS INTEGER\)"), "AS BIGINT)"),
    (re.compile(r"\bAS BLOB\)"), "AS BYTEA)"),
    (re.compile(r"\b(captions|tags|albums|album_photos|feedback)\.rowid\b"), r"\1.id"),
)


class Computed(NamedTuple):
    """A value that a function of ours gives, called before the statement."""

    function: str
    arguments: tuple[str, ...]


class Statement(NamedTuple):
    """A statement for psycopg.

    Attributes:
        sql: with ``%s`` for each value.
        values: for each of them the name of a parameter (those without are named 0, 1 …), or what computes it.
    """

    sql: str
    values: tuple[str | Computed, ...]


@lru_cache(maxsize=2000)
def translated_sql(sql: str, functions: frozenset[str] = frozenset()) -> Statement:
    """A statement of SQLite for PostgreSQL.

    Args:
        sql: with ``?`` or ``:name`` for values.
        functions: of ours, which are called before the statement where all their arguments are values.

    >>> translated_sql("INSERT OR IGNORE INTO ratings VALUES (?, ?)")
    Statement(sql='INSERT INTO ratings (photo_id, stars) VALUES (%s, %s) ON CONFLICT DO NOTHING', values=('0', '1'))
    >>> translated_sql("SELECT 1 FROM folders WHERE path LIKE '%a' AND substr(f(?), id, 1) = ?", frozenset({"f"}))
    Statement(sql="SELECT 1 FROM folders WHERE path ILIKE '%%a' AND substr(%s, (id)::int, (1)::int) = %s",
    values=(Computed(function='f', arguments=('0',)), '1'))
    """
    computed: dict[str, Computed] = {}
    sql = _named(sql)
    if functions:
        sql = rewritten(sql, {name: _computing(name, computed) for name in functions})
    sql = _written(rewritten(sql, CALLS))
    for pattern, other in _PLAIN:
        sql = pattern.sub(other, sql)
    sql = _TARGET.sub(lambda found: f"ON CONFLICT ({keyed(found[1])})", sql)
    values: list[str | Computed] = []

    def mark(found: re.Match[str]) -> str:
        if found[0] == "%":
            return "%%"
        if found[1] is None:
            return found[0].replace("%", "%%")
        values.append(computed.get(found[1], found[1].removeprefix("_")))
        return "%s"

    return Statement(_PARAMETER.sub(mark, sql), tuple(values))


def _named(sql: str) -> str:
    """With names for parameters that are told by their place."""
    count = 0

    def name(found: re.Match[str]) -> str:
        nonlocal count
        if found[0] != "?":
            return found[0]
        count += 1
        return f":_{count - 1}"

    return _PARAMETER.sub(name, sql)


def _computing(function: str, computed: dict[str, Computed]) -> Rewrite:
    def rewrite(arguments: Sequence[str]) -> str | None:
        if not all(_NAMED.fullmatch(one) for one in arguments):
            return None
        name = f"computed{len(computed)}"
        computed[name] = Computed(function, tuple(one.removeprefix(":").removeprefix("_") for one in arguments))
        return f":{name}"

    return rewrite


def _written(sql: str) -> str:
    """Statements that add rows: with the names of their columns, and what becomes of rows that are there."""
    if added := _ADDING.match(sql):  # a column that was added later, or the number of the row, may stand elsewhere
        table, how = added.groups()
        return f"INSERT INTO {table} ({', '.join(table_columns(table))}) {how}{sql[added.end() :]}"
    found = _WRITING.match(sql)
    if found is None:
        return sql
    how, table, named, rest = found.groups()
    columns = [one.strip() for one in named[1:-1].split(",")] if named else list(table_columns(table))
    start = f"INSERT INTO {table} ({', '.join(columns)}) {rest.rstrip()}"
    if how == "IGNORE":
        return f"{start} ON CONFLICT DO NOTHING"
    key = key_of(table)
    # a row that is replaced is a new one: what is not given is not what it was
    others = [one for one in table_columns(table) if one not in columns]
    changes = [f"{one} = excluded.{one}" for one in columns if one not in key] + [f"{one} = DEFAULT" for one in others]
    return f"{start} ON CONFLICT ({', '.join(key)}) DO UPDATE SET {', '.join(changes)}"
