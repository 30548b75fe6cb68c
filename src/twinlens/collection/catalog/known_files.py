"""The files of a catalog for those who compare all of them with what is there."""

from collections.abc import Iterable, Iterator
from typing import Any

from twinlens.collection.catalog.database import Database
from twinlens.collection.catalog.rows import rows_by_id


def file_states(database: Database) -> Iterator[tuple[int, int, str, int, int, int]]:
    """Id, folder id, path, size, date in ns, and whether it is searchable, of every file ever seen."""
    yield from database.each_row("SELECT id, folder_id, path, size_bytes, mtime_ns, skip_reason IS NULL FROM photos")


def files_of(database: Database, ids: Iterable[int]) -> Iterator[tuple[Any, ...]]:
    """Folder id and path, and what a ``KnownFile`` has, of some files; unknown ones are left out."""
    columns = "id, folder_id, path, size_bytes, mtime_ns, content_hash, skip_reason, reader_version"
    for rows in rows_by_id(database, f"SELECT {columns} FROM photos WHERE id", ids):
        yield from ((folder_id, path, number, *file) for number, folder_id, path, *file in rows)
