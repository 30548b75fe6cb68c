"""The files that a catalog knows, searchable or skipped."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from twinlens.collection.catalog.database import Database
from twinlens.collection.catalog.rows import rows_by_id

_STATE = "id, size_bytes, mtime_ns, content_hash, skip_reason, reader_version"


class KnownFile(NamedTuple):
    """A file as recorded in the catalog, to detect whether it has changed."""

    id: int
    size_bytes: int
    mtime_ns: int
    content_hash: bytes | None
    skip_reason: str | None
    reader_version: int


class FileTable:
    """Every file ever seen.

    Args:
        database: of the catalog.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> dict[tuple[int, str], KnownFile]:
        """All of them, by folder id and path."""
        rows = self._database.rows(f"SELECT folder_id, path, {_STATE} FROM photos")
        return {(row[0], row[1]): KnownFile(*row[2:]) for row in rows}

    def at(self, folder_id: int, path: str) -> KnownFile | None:
        """One file as recorded in the catalog."""
        sql = f"SELECT {_STATE} FROM photos WHERE folder_id = ? AND path = ?"
        rows = self._database.rows(sql, (folder_id, path))
        return KnownFile(*rows[0]) if rows else None

    def directly_in(self, folder_id: int, subfolder: str) -> dict[str, KnownFile]:
        """Those in a subfolder, but not below it, by path; "" is the photo folder itself."""
        start, end = _range(subfolder)
        sql = f"SELECT path, {_STATE} FROM photos WHERE folder_id = ? AND path >= ? AND path < ? ORDER BY path LIMIT 50"
        found, place = {}, start
        while rows := self._database.rows(sql, (folder_id, place, end)):
            for path, *file in rows:
                name, slash, _ = path.removeprefix(start).partition("/")
                if slash:  # in a subfolder of this one, which may hold most of the library
                    place = f"{start}{name}0"
                    break
                found[path], place = KnownFile(*file), f"{path}\0"
        return found

    def below(self, folder_id: int, subfolder: str) -> dict[tuple[int, str], KnownFile]:
        """Those in a subfolder and all below it, by folder id and path; "" is the photo folder itself."""
        sql = f"SELECT folder_id, path, {_STATE} FROM photos WHERE folder_id = ? AND path >= ? AND path < ?"
        rows = self._database.rows(sql, (folder_id, *_range(subfolder)))
        return {(row[0], row[1]): KnownFile(*row[2:]) for row in rows}

    def has_more(self, folder_id: int, subfolder: str, *, than: int) -> bool:
        """Whether more than so many are in a subfolder and below it; "" is the photo folder itself."""
        sql = "SELECT 1 FROM photos WHERE folder_id = ? AND path >= ? AND path < ? LIMIT 1 OFFSET ?"
        return bool(self._database.rows(sql, (folder_id, *_range(subfolder), than)))


def file_states(database: Database) -> Iterator[tuple[int, int, str, int, int, int]]:
    """Id, folder id, path, size, date in ns, and whether it is searchable, of every file ever seen."""
    yield from database.each_row("SELECT id, folder_id, path, size_bytes, mtime_ns, skip_reason IS NULL FROM photos")


def files_of(database: Database, ids: Iterable[int]) -> Iterator[tuple[Any, ...]]:
    """Folder id and path, and what a ``KnownFile`` has, of some files; unknown ones are left out."""
    for rows in rows_by_id(database, f"SELECT id, folder_id, path, {_STATE} FROM photos WHERE id", ids):
        yield from ((folder_id, path, *file) for _, folder_id, path, *file in rows)


def _range(subfolder: str) -> tuple[str, str]:
    """Between what the paths in a subfolder lie."""
    return (f"{subfolder}/", f"{subfolder}0") if subfolder else ("", "\U0010ffff")  # "0" comes after "/"
