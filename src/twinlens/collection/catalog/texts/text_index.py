"""An SQLite file with the terms of what is written about photos: a full-text index, derived from the catalog."""

import os
import sqlite3
import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from twinlens.collection.catalog.database import Connection, Database
from twinlens.collection.catalog.rows import id_array, rows_by_id
from twinlens.collection.catalog.sqlite.journal import Journal
from twinlens.types import Ids
from twinlens.whole_file import whole_file

# the last if a table is lost
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_SCHEMA, sqlite3.SQLITE_ERROR)


Values: TypeAlias = tuple[int, tuple[str, ...]]
"""The id of a photo, and its value for each field."""


class TextIndexError(Exception):
    """The index cannot be used.

    Attributes:
        is_damaged: the file is no index, or one that was overwritten; otherwise it cannot be read or written now.
    """

    def __init__(self, message: str, *, is_damaged: bool) -> None:
        super().__init__(message)
        self.is_damaged = is_damaged


class Stamp(NamedTuple):
    """What an index was made from, and how; and the generation of the catalog that it mirrors."""

    owner: str
    generation: int


class TextIndex(Database):
    """Which photos have which terms, in which fields; may be shared between threads.

    A value is terms with spaces between them: the index splits it there and nowhere else.

    Args:
        path: the file; None keeps it in memory, where one thread at a time uses it.
        fields: names of the columns.
    """

    def __init__(self, path: Path | None, fields: Sequence[str]) -> None:
        super().__init__(path or Path("texts in memory"), create=True)
        self.in_memory = path is None
        self._fields, self._columns = tuple(fields), ", ".join(fields)
        self._alone = threading.RLock() if self.in_memory else nullcontext()

    # --- writing ------------------------------------------------------------------------------

    def write_anew(self, stamp: Stamp, values: Iterable[Values]) -> None:
        """Replaces the index as a whole; whoever reads it meanwhile reads the old one.

        Args:
            stamp: what it mirrors.
            values: of all photos.

        Raises:
            OSError: it cannot be written.
        """
        if self.in_memory:
            with self.transaction() as connection:
                for name in self._tables():
                    connection.execute(f"DROP TABLE IF EXISTS {name}")
                self._fill(connection, stamp, values)
            return
        with whole_file(self.path) as place:
            with self.errors(), closing(sqlite3.connect(place, isolation_level=None)) as connection:
                connection.execute("PRAGMA journal_mode = OFF")
                connection.execute("PRAGMA synchronous = OFF")
                connection.execute("BEGIN")
                self._fill(connection, stamp, values)
                connection.execute("COMMIT")
            with place.open("rb+") as file:
                os.fsync(file.fileno())
            self._leave()
            # of a killed process, too; it would be applied to the new file
            self.path.with_name(f"{self.path.name}-journal").unlink(missing_ok=True)

    def change(self, stamp: Stamp, *, removed: Iterable[int], values: Iterable[Values]) -> None:
        """Removes photos, adds some or replaces their values, all or nothing; unknown ids are ignored."""
        with self.transaction() as connection:
            connection.executemany("DELETE FROM texts WHERE rowid = ?", ((number,) for number in removed))
            self._put(connection, values)
            connection.execute("UPDATE stamp SET owner = ?, generation = ?", stamp)

    def _fill(self, connection: sqlite3.Connection, stamp: Stamp, values: Iterable[Values]) -> None:
        for sql in self._tables().values():
            connection.execute(sql)
        self._put(connection, values)
        connection.execute("INSERT INTO stamp VALUES (?, ?)", stamp)

    def _put(self, connection: sqlite3.Connection, values: Iterable[Values]) -> None:
        marks, used = ", ".join("?" * (len(self._fields) + 1)), set[int]()

        def rows() -> Iterator[tuple[int | str, ...]]:
            for number, texts in values:
                used.update(column for column, text in enumerate(texts) if text)
                yield number, *texts

        connection.executemany(f"INSERT OR REPLACE INTO texts (rowid, {self._columns}) VALUES ({marks})", rows())
        connection.executemany("INSERT OR IGNORE INTO used VALUES (?)", [(column,) for column in used])

    def _leave(self) -> None:
        """Closes this thread's connection; Windows replaces no open file."""
        if (connection := getattr(self._local, "connection", None)) is not None:
            self._local.connection = None
            self._drop(connection)

    # --- reading ------------------------------------------------------------------------------

    def stamp(self) -> Stamp | None:
        """None if there is no file, or it is of another release or another program's."""
        if not self.in_memory and not self.path.exists():
            return None
        known, ours = dict(self.rows("SELECT name, sql FROM sqlite_master")), self._tables()
        others = [name for name in known if name not in ours and not name.startswith("texts_")]
        if others or any(known.get(name) != sql for name, sql in ours.items()):
            return None
        rows = self.rows("SELECT owner, generation FROM stamp")
        return Stamp(*rows[0]) if len(rows) == 1 else None

    def all_ids(self) -> Ids:
        """Ids of all photos, ascending."""
        return id_array(self.rows("SELECT id FROM texts_docsize ORDER BY id"))

    def known(self, ids: Iterable[int]) -> Ids:
        """Those of some photos that the index has."""
        found = (id_array(rows) for rows in rows_by_id(self, "SELECT id FROM texts_docsize WHERE id", ids))
        return np.concatenate([np.empty(0, np.int64), *found])

    def used_fields(self) -> frozenset[str]:
        """Names of the fields that any photo has, or had, a text in."""
        return frozenset(
            self._fields[column] for (column,) in self.rows("SELECT field FROM used") if column < len(self._fields)
        )

    def count(self) -> int:
        """Number of photos."""
        return int(self.rows("SELECT count(*) FROM texts_docsize")[0][0])

    def tally(self) -> tuple[int, int]:
        """Number of photos, and the sum of their ids."""
        rows = self.rows("SELECT count(*), total(id) FROM texts_docsize")
        return int(rows[0][0]), int(rows[0][1])

    def matching(self, expression: str) -> Ids:
        """Ids of the photos that an FTS5 expression matches, ascending."""
        # one text is read several times as fast as a row for each photo
        sql = "SELECT group_concat(rowid, ' ') FROM (SELECT rowid FROM texts(?) ORDER BY rowid)"
        (found,) = self.rows(sql, (expression,))[0]
        return np.fromstring(found, dtype=np.int64, sep=" ") if found else np.empty(0, np.int64)

    def first_matching(self, expression: str, *, most: int) -> Ids:
        """Ids of some of the photos that an FTS5 expression matches."""
        return id_array(self.rows("SELECT rowid FROM texts(?) LIMIT ?", (expression, most)))

    def count_matching(self, expression: str, *, most: int) -> int:
        """How many photos an FTS5 expression matches, counted up to ``most``."""
        sql = "SELECT count(*) FROM (SELECT 1 FROM texts(?) LIMIT ?)"
        return int(self.rows(sql, (expression, most))[0][0])

    def values(self, ids: Iterable[int], fields: Collection[str]) -> Iterator[Values]:
        """Values of some fields, by id."""
        for rows in rows_by_id(self, f"SELECT rowid, {', '.join(fields)} FROM texts WHERE rowid", ids):
            yield from ((number, tuple(texts)) for number, *texts in rows)

    def faults(self) -> list[str]:
        """Problems that SQLite finds in the file; empty if there are none."""
        try:
            found = [str(fault) for (fault,) in self.rows("PRAGMA quick_check(1)") if fault != "ok"]
            if not found:
                with self.transaction() as connection:
                    connection.execute("INSERT INTO texts (texts) VALUES ('integrity-check')")
        except TextIndexError as error:
            return [str(error)]
        return found

    # --- the file -----------------------------------------------------------------------------

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Translates SQLite's errors to ours; in memory, keeps other threads out."""
        with self._alone:
            try:
                yield
            except sqlite3.Error as error:
                code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # 0 if it was used when it was closed
                raise TextIndexError(str(error), is_damaged=code in _DAMAGE) from error
            except UnicodeDecodeError as error:
                raise TextIndexError("its list of tables was overwritten", is_damaged=True) from error

    def _journal(self) -> Journal:
        # a process that leaves a replaced file with a write-ahead log would delete the log of the new one
        return "DELETE"

    def _connection(self) -> Connection:
        if not self.in_memory:
            return super()._connection()
        if not self._connections:
            options: dict[str, Any] = {"check_same_thread": False, "isolation_level": None, "factory": Connection}
            self._connections.append(sqlite3.connect(":memory:", **options))
        return self._connections[0]

    def _tables(self) -> dict[str, str]:
        # "ascii" splits at spaces: terms contain no other sign of ASCII than letters and digits
        return {
            "stamp": "CREATE TABLE stamp (owner TEXT NOT NULL, generation INTEGER NOT NULL) STRICT",
            "used": "CREATE TABLE used (field INTEGER PRIMARY KEY) STRICT",
            "texts": f"CREATE VIRTUAL TABLE texts USING fts5({self._columns}, tokenize = 'ascii')",
        }
