"""What people gave to photos, each row of which is in its table and in an index: what the two tell after damage."""

import logging
import sqlite3
from collections.abc import Iterable
from typing import Any, NamedTuple, TypeAlias

from twinlens.collection.catalog.repair.salvage import UNREADABLE

logger = logging.getLogger(__name__)
Row: TypeAlias = tuple[Any, ...]


class _Twice(NamedTuple):
    """The index with a copy of a table, and its columns in the index's order."""

    copy: str
    columns: str


# another table with such an index is a line here; one that refers to another comes after it
_TWICE = {
    "favourites": _Twice("favourites_twice", "person, photo_id"),
    "tags": _Twice("tags_twice", "key, photo_id, tag"),
    "ratings": _Twice("ratings_twice", "stars, photo_id"),
    "albums": _Twice("albums_twice", "id, name, key, query"),
    "album_photos": _Twice("album_photos_twice", "album_id, position, photo_id"),
}
_TEXTS = {"key", "tag", "name", "query", "person"}


def restore_given(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    """Puts the rows into the target that table and index tell together; in the caller's transaction.

    Args:
        source: the damaged catalog.
        target: the new one, with what could be read of the tables.
    """
    for table, (_, columns) in _TWICE.items():
        salvaged = target.execute(f"SELECT {columns} FROM {table}").fetchall()
        rows = _trusted(source, table, salvaged)
        target.execute(f"DELETE FROM {table}")
        marks = ", ".join("?" * (columns.count(",") + 1))
        target.executemany(f"INSERT OR IGNORE INTO {table} ({columns}) VALUES ({marks})", sorted(rows))


def _trusted(source: sqlite3.Connection, name: str, salvaged: Iterable[Row]) -> set[Row]:
    """The rows of a table, as far as it and its index agree.

    Args:
        source: the damaged catalog.
        name: of the table.
        salvaged: those that could be read of the table.
    """
    copy, columns = _TWICE[name]
    there = _as_there(source, name, columns)
    found, is_table_whole = _read(source, f"rowid, {columns}", f"rowid, {there} FROM {name} NOT INDEXED")
    index, is_index_whole = _read(source, columns, f"{there} FROM {name} INDEXED BY {copy}")
    table = {row[1:] for row in found}.union(row for row in salvaged if _is_ours(row, columns))
    if is_table_whole != is_index_whole:
        return table if is_table_whole else index
    if not (table and index):
        return table | index
    if table <= index or index <= table:  # lost, not overwritten
        return table | index
    return table & index


def _as_there(source: sqlite3.Connection, name: str, columns: str) -> str:
    """The columns as an earlier release has them, which knew no persons."""
    try:
        there = [row[1] for row in source.execute(f"PRAGMA table_info({name})")]
    except UNREADABLE as error:
        logger.debug("the columns of %s: %s", name, error)
        return columns
    return columns if "person" in there or not there else columns.replace("person", "''")


def _read(source: sqlite3.Connection, columns: str, selected: str) -> tuple[set[Row], bool]:
    """Rows that are read in ascending order, and whether they are.

    Args:
        source: the damaged catalog.
        columns: their names.
        selected: the same in SQL, and where they are read.
    """
    sql = f"SELECT {selected}"
    found: list[Row] = []
    try:
        for row in source.execute(sql):
            found.append(row)
    except UNREADABLE as error:
        logger.debug("%s: %s", sql, error)
        return {row for row in found if _is_ours(row, columns)}, False
    rows = [row for row in found if _is_ours(row, columns)]
    try:
        return set(rows), rows == found and rows == sorted(set(rows))
    except TypeError:  # a text among the numbers of a column
        return set(), False


def _is_ours(row: Row, columns: str) -> bool:
    """Whether each value is of its column's kind; damage can turn a text into a number."""
    return all(
        isinstance(value, str) and "\0" not in value if name in _TEXTS else isinstance(value, int)
        for name, value in zip(columns.split(", "), row, strict=True)
    )
