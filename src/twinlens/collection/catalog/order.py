"""Orders of photos other than by relevance: by date, file name, or file size."""

import sqlite3
from collections.abc import Sequence
from itertools import groupby, pairwise
from typing import Any, Literal, NamedTuple, Self, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from twinlens.collection.catalog.columns.insertion import put_into_order
from twinlens.collection.catalog.condition import ANY, Condition
from twinlens.collection.catalog.database import Database
from twinlens.collection.catalog.reading import record_columns
from twinlens.collection.catalog.rows import PhotoRecord, id_array, ids_in
from twinlens.collection.catalog.sqlite.sql_functions import file_name, folded
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
        ids: [N], in the order.
        is_new: [N], whether each is unlike the one before it.
        places: the place of each, by id; 0 for what is no searchable photo.
        shared: the same, but those that are alike in the order share one.
    """

    ids: Ids
    is_new: NDArray[np.bool_]
    places: NDArray[np.int32]
    shared: NDArray[np.int32]

    @classmethod
    def of(cls, ids: Ids, is_new: NDArray[np.bool_]) -> Self:
        """With the places."""
        if len(is_new):
            is_new[0] = True
        places = np.zeros(int(ids.max(initial=0)) + 1, dtype=np.int32)
        shared = places.copy()
        places[ids] = np.arange(1, len(ids) + 1)
        shared[ids] = np.cumsum(is_new)
        return cls(ids, is_new, places, shared)

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
    several = values.split(SHARED) if values is not None else []
    is_new = np.array([before != after for before, after in pairwise(["", *several])], dtype=bool)
    return Ordered.of(ids_in(found), is_new)


def renew_order(connection: sqlite3.Connection, known: Ordered, changed: Ids, order: Order) -> Ordered | None:
    """The same after photos have changed."""
    key_of = _Keys(connection, order)
    found = put_into_order(known.ids, changed, key_of)
    if found is None:
        return None
    groups = np.cumsum(known.is_new)[~np.isin(known.ids, changed)]
    before = found.places - np.arange(len(found.places))  # among those that stay
    is_new = np.insert(np.diff(groups, prepend=0) > 0, before, True)
    for place in {*found.places.tolist(), *(found.places + 1).tolist()} - {0, len(found.ids)}:
        is_new[place] = key_of.value(int(found.ids[place])) != key_of.value(int(found.ids[place - 1]))
    return Ordered.of(found.ids, is_new)


class _Descending(str):
    """A text that comes before those that it would come after."""

    __slots__ = ()

    def __lt__(self, other: str) -> bool:
        return str.__gt__(self, other)


class _Keys:
    """By what photos are compared in an order."""

    def __init__(self, connection: sqlite3.Connection, order: Order) -> None:
        self._connection, self._order = connection, order

    def __call__(self, number: int) -> tuple[Any, ...] | None:
        """All that counts, such that no two photos are alike; None for what is no searchable photo."""
        sql = "SELECT taken_at, size_bytes, path, folder_id FROM photos WHERE id = ? AND skip_reason IS NULL"
        row = self._connection.execute(sql, (number,)).fetchone()
        if row is None:
            return None
        taken_at, size_bytes, path, folder_id = row
        last = folder_id, path
        if self._order == "name":
            return folded(file_name(path)), *last
        if self._order == "size":
            return -size_bytes, *last
        day = taken_at or ""
        return taken_at is None, _Descending(day) if self._order == "date" else day, *last

    def value(self, number: int) -> object:
        """What photos that are alike in the order have in common."""
        key = self(number)
        return number if key is None or self._order == "name" else key[:-2]


class NamePlaces(NamedTuple):
    """All files in the order by name.

    Attributes:
        ids: [N], in the order.
        packed: the place of each, by id: four bytes that sort as the number does.
    """

    ids: Ids
    packed: bytes

    @classmethod
    def of(cls, ids: Ids) -> Self:
        """With the places."""
        places = np.zeros(int(ids.max(initial=0)), dtype=">u4")
        places[ids - 1] = np.arange(1, len(ids) + 1)
        return cls(ids, places.tobytes())


def read_name_places(connection: sqlite3.Connection) -> NamePlaces:
    """The place of each file, also of those that are no searchable photos."""
    rows = connection.execute("SELECT id, folder_id, path FROM photos").fetchall()
    ordered = sorted((folded(file_name(path)), folder, path, number) for number, folder, path in rows)
    return NamePlaces.of(np.array([row[3] for row in ordered], dtype=np.int64))


def renew_name_places(connection: sqlite3.Connection, known: NamePlaces, changed: Ids) -> NamePlaces | None:
    """The same after files have changed."""

    def key_of(number: int) -> tuple[str, int, str] | None:
        row = connection.execute("SELECT folder_id, path FROM photos WHERE id = ?", (number,)).fetchone()
        return row and (folded(file_name(row[1])), *row)

    found = put_into_order(known.ids, changed, key_of)
    return None if found is None else NamePlaces.of(found.ids)


def _select(columns: str, condition: Condition, order: Order, k: int, offset: int) -> tuple[str, list[object]]:
    # the index by date is for all photos: those that pass a condition may be the last in it
    by = _COLUMNS[order] if condition == ANY else _COLUMNS[order].replace("taken_at", "+taken_at")
    sql = (
        f"SELECT {columns} FROM photos WHERE skip_reason IS NULL AND ({condition.sql}) "
        f"ORDER BY {by}, folder_id, path LIMIT ? OFFSET ?"
    )
    return sql, [*condition.parameters, k, offset]
