"""Read what can be read of a damaged catalog into a new one, row by row."""

import logging
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from twinlens.collection.catalog.schema import PLAUSIBLE_VERSION, SCHEMA_VERSION
from twinlens.errors import CollectionError

logger = logging.getLogger(__name__)
WINDOW = 256  # ids that are read at once
SEARCHED = 4  # windows in a row that are searched although nothing was found; then only their first ids are tried
UNREADABLE = (sqlite3.Error, UnicodeDecodeError)  # the second where SQLite's message quotes what is left of a name
MOST_NUMBER = 2**62  # of a row; what is larger is damage
MOST_IDS = 1_000_000  # that are tried if the largest id cannot be read


class SalvagedTable(NamedTuple):
    """How many rows of a table were read; ``known`` is None if the damage hides how many there were."""

    name: str
    rows: int
    known: int | None


class _Column(NamedTuple):
    name: str
    kind: str
    is_needed: bool


def salvage(source: sqlite3.Connection, target: sqlite3.Connection) -> list[SalvagedTable]:
    """Copies all readable rows of all tables that both have; in the caller's transaction on ``target``.

    Args:
        source: the damaged catalog; only read.
        target: a new catalog without rows; its tables say what is looked for.
    """
    there = {name for (name,) in _ask(source, "SELECT name FROM sqlite_master WHERE type = 'table'")}
    tables = target.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    salvaged = []
    for name, sql in tables.fetchall():
        columns = _shared_columns(source, target, name) if name in there else []
        if not columns:
            salvaged.append(SalvagedTable(name, 0, None))
            continue
        names = ", ".join(f'"{column.name}"' for column in columns)
        put = f'INSERT OR IGNORE INTO "{name}" ({names}) VALUES ({", ".join("?" * len(columns))})'
        has_rowid = "WITHOUT ROWID" not in sql.upper()
        for row in _by_rowid(source, name, columns) if has_rowid else _from_both_ends(source, name, columns):
            if any(isinstance(value, str) and "\0" in value for value in row):  # zeros that no text of ours contains
                continue
            with suppress(sqlite3.IntegrityError):  # a value of another type: the row was overwritten
                target.execute(put, row)
        rows = _count(target, name)
        counted = _ask(source, f'SELECT count(*) FROM "{name}"')
        salvaged.append(SalvagedTable(name, rows, max(rows, counted[0][0]) if counted else None))
    _keep_numbers_used(source, target)
    return salvaged


def _keep_numbers_used(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    """Gives no number again that was given: a link to a deleted album would open the one that gets its number.

    SQLite keeps the last numbers in a table of its own; where that is lost, those that links name count, too.
    """
    last: dict[str, int] = dict.fromkeys(("photos", "albums"), 0)
    found = [*_ask(source, "SELECT name, seq FROM sqlite_sequence")]
    found += [
        row
        for table, place in (("photos", "$.photos"), ("albums", "$.album"))
        for row in _ask(
            target, f"SELECT '{table}', max(named.value) FROM shares, json_each(shares.shows, '{place}') AS named"
        )
    ]
    for name, number in found:
        if isinstance(name, str) and isinstance(number, int) and 0 < number < MOST_NUMBER:
            last[name] = max(last.get(name, 0), number)
    for name, number in last.items():
        if not _ask(target, f"SELECT 1 FROM sqlite_master WHERE name = '{name}' AND sql LIKE '%AUTOINCREMENT%'"):
            continue
        if _ask(target, f"SELECT 1 FROM sqlite_sequence WHERE name = '{name}'"):
            target.execute("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?", (number, name))
        else:
            target.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (name, number))


def counted_again(target: sqlite3.Connection, tables: Iterable[SalvagedTable]) -> list[SalvagedTable]:
    """The tables after mending, which adds rows that only an index had, and removes those that belong to nothing."""
    counted = []
    for table in tables:
        rows = table.rows if table.name in ("meta", "folders") else _count(target, table.name)
        counted.append(table._replace(rows=rows, known=None if table.known is None else max(rows, table.known)))
    return counted


def has_schema(source: sqlite3.Connection) -> bool:
    """Whether the list of tables can be read."""
    return len(_ask(source, "SELECT 1 FROM sqlite_master WHERE name IN ('photos', 'meta')")) > 1


def schema_version(source: sqlite3.Connection) -> int:
    """The schema version, as far as it can be believed.

    Raises:
        CollectionError: a newer release wrote it.
    """
    found = _ask(source, "PRAGMA user_version")
    version = int(found[0][0]) if found else SCHEMA_VERSION
    if SCHEMA_VERSION < version < PLAUSIBLE_VERSION:
        raise CollectionError(f"the catalog has schema {version}, this release {SCHEMA_VERSION}; update twinlens")
    return version if 1 <= version <= SCHEMA_VERSION else SCHEMA_VERSION


def photos_in_index(source: sqlite3.Connection) -> Iterator[tuple[Any, ...]]:
    """Id, folder id and path of each photo, read from an index alone: it may be whole where the table is not."""
    return _in_index(source, "photos", "folder_id", "path")


def captions_in_index(source: sqlite3.Connection) -> Iterator[tuple[Any, ...]]:
    """Id, photo id and text of each caption, read from an index alone."""
    return _in_index(source, "captions", "photo_id", "text")


def _in_index(source: sqlite3.Connection, table: str, *columns: str) -> Iterator[tuple[Any, ...]]:
    names = ", ".join(columns)
    for direction in ("ASC", "DESC"):
        order = ", ".join(f"{column} {direction}" for column in columns)
        sql = f"SELECT id, {names} FROM {table} INDEXED BY sqlite_autoindex_{table}_1 ORDER BY {order}"
        for number, owner, text in _until_error(source, sql):
            if isinstance(number, int) and isinstance(owner, int) and isinstance(text, str) and "\0" not in text:
                yield number, owner, text


def _count(target: sqlite3.Connection, table: str) -> int:
    return int(target.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0])


def _shared_columns(source: sqlite3.Connection, target: sqlite3.Connection, table: str) -> list[_Column]:
    there = {row[1] for row in _ask(source, f'PRAGMA table_info("{table}")')}
    wanted = target.execute(f'PRAGMA table_info("{table}")').fetchall()
    return [_Column(row[1], row[2], bool(row[3] or row[5])) for row in wanted if row[1] in there]


def _by_rowid(source: sqlite3.Connection, table: str, columns: Sequence[_Column]) -> Iterator[tuple[Any, ...]]:
    """Rows window by window of ids; where one cannot be read, by halves, and at last column by column."""
    select = f'SELECT {", ".join(column.name for column in columns)} FROM "{table}" WHERE rowid'
    start, last, lost = _edge(source, table, "min") or 0, _last_id(source, table), 0
    while start <= last:
        if lost < SEARCHED or _is_readable(source, f"{select} = {start}"):
            rows, is_whole = _window(source, select, start, start + WINDOW - 1, table, columns)
            yield from rows
            lost = 0 if is_whole or rows else lost + 1
            if is_whole and not rows:
                following = _edge(source, table, "min", f"WHERE rowid > {start}")
                start = start if following is None else following - WINDOW
        start += WINDOW


def _window(
    source: sqlite3.Connection, select: str, first: int, last: int, table: str, columns: Sequence[_Column]
) -> tuple[list[tuple[Any, ...]], bool]:
    """The readable rows of a range of ids, and whether none was lost."""
    try:
        return source.execute(f"{select} BETWEEN {first} AND {last}").fetchall(), True
    except UNREADABLE as error:
        logger.debug("ids %d to %d of %s: %s", first, last, table, error)
    if first == last:
        row = _column_by_column(source, table, first, columns)
        return ([] if row is None else [row]), False
    middle = (first + last) // 2
    lower, _ = _window(source, select, first, middle, table, columns)
    upper, _ = _window(source, select, middle + 1, last, table, columns)
    return lower + upper, False


def _column_by_column(
    source: sqlite3.Connection, table: str, rowid: int, columns: Sequence[_Column]
) -> tuple[Any, ...] | None:
    """A row without the values that cannot be read; None if one of them is needed and is not a BLOB."""
    row: dict[str, Any] = {}
    is_whole = True
    for column in columns:
        found = _ask(source, f'SELECT "{column.name}" FROM "{table}" WHERE rowid = {rowid}')
        if not found and column.is_needed and column.kind != "BLOB":
            return None
        is_whole = is_whole and bool(found)
        row[column.name] = found[0][0] if found else b"" if column.is_needed else None
    if not is_whole and "reader_version" in row:
        row["reader_version"] = 0  # as of a photo that is to be read again
    return tuple(row.values())


def _from_both_ends(source: sqlite3.Connection, table: str, columns: Sequence[_Column]) -> Iterator[tuple[Any, ...]]:
    names = ", ".join(f'"{column.name}"' for column in columns)
    for direction in ("ASC", "DESC"):
        yield from _until_error(source, f'SELECT {names} FROM "{table}" ORDER BY 1 {direction}')


def _until_error(source: sqlite3.Connection, sql: str) -> Iterator[tuple[Any, ...]]:
    try:
        yield from source.execute(sql)
    except UNREADABLE as error:
        logger.debug("%s: %s", sql, error)


def _last_id(source: sqlite3.Connection, table: str) -> int:
    """The largest id that a row may have."""
    if (edge := _edge(source, table, "max")) is not None:
        return edge
    # ids of other tables are those of photos or captions
    highest = _ask(source, "SELECT max(seq) FROM sqlite_sequence")
    return int(highest[0][0]) if highest and isinstance(highest[0][0], int) else MOST_IDS


def _edge(source: sqlite3.Connection, table: str, which: str, where: str = "") -> int | None:
    """The smallest or largest id; None if there is none, or it cannot be read."""
    found = _ask(source, f'SELECT {which}(rowid) FROM "{table}" {where}')
    return found[0][0] if found else None


def _is_readable(source: sqlite3.Connection, sql: str) -> bool:
    try:
        return source.execute(sql).fetchone() is not None
    except UNREADABLE:
        return False


def _ask(source: sqlite3.Connection, sql: str) -> list[Any]:
    """The rows of a query; none if it fails. Tried twice: the first try loads what is left of the schema."""
    for _ in range(2):
        try:
            return source.execute(sql).fetchall()
        except UNREADABLE as error:
            logger.debug("%s: %s", sql, error)
    return []
