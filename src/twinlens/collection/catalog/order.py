"""Orders of photos other than by relevance: by date, file name, or file size."""

import sqlite3
from collections.abc import Sequence
from itertools import groupby, pairwise
from typing import Literal, NamedTuple, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from twinlens.collection.catalog.condition import ANY, Condition
from twinlens.collection.catalog.database import Database
from twinlens.collection.catalog.reading import record_columns
from twinlens.collection.catalog.rows import PhotoRecord, id_array, ids_in
from twinlens.types import Ids

Order: TypeAlias = Literal["date", "oldest", "name", "size"]
PLACE_BYTES = 4  # of ``places_by_name``
ORDERS: tuple[Order, ...] = get_args(Order)
SHARED = "\x1f"  # between the values of photos; in no date and no number
_COLUMNS: dict[Order, str] = {
    "date": "taken_at IS NULL, taken_at DESC",
    "oldest": "taken_at IS NULL, taken_at",
    "name": f"substr(places_by_name(), photos.id * {PLACE_BYTES} - {PLACE_BYTES - 1}, {PLACE_BYTES})",
    "size": "size_bytes DESC",
}


def ordered_photos(database: Database, condition: Condition, order: Order, *, k: int, offset: int) -> list[PhotoRecord]:
    """A page of the photos that satisfy a condition; by date, undated ones come last, either way.

    Photos that are alike in the order are sorted by path.
    """
    rows = database.rows(*_select(record_columns(database), condition, order, k, offset))
    return [PhotoRecord(*row) for row in rows]


_VALUES: dict[Order, str] = {
    "date": "coalesce(taken_at, '')",
    "oldest": "coalesce(taken_at, '')",
    "name": "id",
    "size": "size_bytes",
}
"""What photos that are alike in an order have in common."""


def first_ids(database: Database, condition: Condition, order: Order, count: int) -> Ids:
    """[N], the first of the photos that satisfy a condition."""
    return id_array(database.rows(*_select("id", condition, order, count, 0)))


def places(database: Database, order: Order, item: str, source: str, parameters: Sequence[object]) -> dict[int, int]:
    """The place of each photo, or of each of its captions, in an order; those that are alike in it share one.

    Args:
        database: the catalog.
        order: that is asked for.
        item: the column with what has a place.
        source: the rest of the SQL, such as ``FROM photos WHERE …``.
        parameters: of the SQL.
    """
    columns = _COLUMNS[order]
    rows = database.rows(f"SELECT {item}, {columns.replace(' DESC', '')} {source} ORDER BY {columns}", parameters)
    alike = groupby(rows, key=lambda row: row[1:])  # in Python: windows of SQLite take twice as long
    return {row[0]: place for place, (_, group) in enumerate(alike, start=1) for row in group}


class Ordered(NamedTuple):
    """All searchable photos in an order.

    Attributes:
        places: the place of each, by id; 0 for what is no searchable photo.
        shared: the same, but those that are alike in the order share one.
    """

    places: NDArray[np.int32]
    shared: NDArray[np.int32]

    def first(self, ids: Ids, count: int) -> Ids:
        """The first of some photos, in the order."""
        ids = ids[ids < len(self.places)]
        ids = ids[self.places[ids] > 0]  # some may have gone
        places = self.places[ids]
        if count < len(ids):
            chosen = np.argpartition(places, count)[:count]
            ids, places = ids[chosen], places[chosen]
        ordered: Ids = ids[np.argsort(places)]
        return ordered


def read_order(connection: sqlite3.Connection, order: Order) -> Ordered:
    """All searchable photos in an order; those that are alike in it are sorted by path."""
    columns, value = _COLUMNS[order], _VALUES[order]
    inner = f"SELECT id, {value} AS value FROM photos WHERE skip_reason IS NULL ORDER BY {columns}, folder_id, path"
    found, values = connection.execute(
        f"SELECT group_concat(id, ' '), group_concat(value, '{SHARED}') FROM ({inner}) AS ordered"
    ).fetchone()
    ids = ids_in(found)
    places = np.zeros(int(ids.max(initial=0)) + 1, dtype=np.int32)
    shared = places.copy()
    several = values.split(SHARED) if values is not None else []
    is_new = np.array([before != after for before, after in pairwise(["", *several])], dtype=bool)
    if len(is_new):
        is_new[0] = True
    places[ids] = np.arange(1, len(ids) + 1)
    shared[ids] = np.cumsum(is_new)
    return Ordered(places, shared)


def _select(columns: str, condition: Condition, order: Order, k: int, offset: int) -> tuple[str, list[object]]:
    # the index by date is for all photos: those that pass a condition may be the last in it
    by = _COLUMNS[order] if condition == ANY else _COLUMNS[order].replace("taken_at", "+taken_at")
    sql = (
        f"SELECT {columns} FROM photos WHERE skip_reason IS NULL AND ({condition.sql}) "
        f"ORDER BY {by}, folder_id, path LIMIT ? OFFSET ?"
    )
    return sql, [*condition.parameters, k, offset]
