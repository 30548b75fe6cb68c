"""An SQLite file: one connection per thread, transactions, and translation of errors."""

import re
import shutil
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from twinlens.errors import CatalogDamagedError, CollectionBusyError, CollectionError, DiskFullError

BUSY_TIMEOUT_S = 30.0
TABLES = frozenset(
    "meta folders photos vectors removed captions removed_captions next_vectors next_captions favourites".split()
)
NEEDED_TO_OPEN_BYTES = 1_000_000  # SQLite creates the index of its log, 32 KB at first


class Database:
    """An SQLite file in write-ahead mode; may be shared between threads.

    Args:
        path: the file; created at the first write if missing.
        read_only: for media that cannot be written; creates no files next to it.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        self.read_only = read_only
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._guard = threading.Lock()

    def close(self) -> None:
        """Closes the connections of all threads."""
        with self._guard:
            for connection in self._connections:
                connection.close()
            self._connections.clear()
        self._local = threading.local()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """BEGIN … COMMIT, or ROLLBACK on an error; a nested one joins the outer transaction."""
        with self.errors():
            connection = self._connection()
            is_part = connection.in_transaction
            if is_part:
                yield connection
                return
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Makes all reads of this thread see the same state; inside a transaction, the transaction's."""
        with self.errors():
            connection = self._connection()
            if connection.in_transaction:
                yield
                return
            connection.execute("BEGIN")
            try:
                yield
            finally:
                connection.execute("ROLLBACK")

    def checkpoint(self) -> None:
        """Moves the write-ahead log into the file, so that a copy of the file is complete."""
        with self.errors():
            self._connection().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def rows(self, sql: str, parameters: Iterable[Any] = ()) -> list[Any]:
        """All rows of a query."""
        with self.errors():
            return self._connection().execute(sql, tuple(parameters)).fetchall()

    def has_table(self, name: str) -> bool:
        """Whether a table exists; a read-only file of an older release may lack some."""
        return bool(self.rows("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (name,)))

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._connect()
            self._local.connection = connection
        return connection

    def _connect(self) -> sqlite3.Connection:
        if self.read_only:
            connection = self._connect_read_only()
        else:
            connection = self._opened(self.path)
            _use_write_ahead_log(connection)
            connection.execute("PRAGMA synchronous = NORMAL")  # a power cut may lose the last commits, never the file
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA cell_size_check = ON")  # notices more damage when a page is read
        return connection

    def _connect_read_only(self) -> sqlite3.Connection:
        # "immutable" needs no other file, but is valid only if the log is empty
        has_log = _has_content(self.path.with_name(self.path.name + "-wal"))
        return self._opened(f"{self.path.resolve().as_uri()}?{'mode=ro' if has_log else 'immutable=1'}")

    def _opened(self, database: Path | str) -> sqlite3.Connection:
        # check_same_thread is off so that close() can close connections of other threads
        connection = sqlite3.connect(
            database,
            uri=isinstance(database, str),
            timeout=BUSY_TIMEOUT_S,
            check_same_thread=False,
            isolation_level=None,
        )
        with self._guard:
            self._connections.append(connection)
        return connection

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Translates SQLite's errors to ours."""
        try:
            yield
        except sqlite3.Error as error:
            raise translated(self.path, error) from error


def _has_content(file: Path) -> bool:
    try:
        return file.stat().st_size > 0
    except OSError:
        return False


def _use_write_ahead_log(connection: sqlite3.Connection) -> None:
    deadline = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            # if two connections open a new file at once, SQLite fails without waiting
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def damaged(path: Path, why: str) -> str:
    """The message for a catalog that cannot be read."""
    return (
        f"the catalog {path} is damaged ({why}); your photos are untouched, and nothing was changed: "
        f"run 'twinlens repair --in {path.parent}', which saves what can be read and keeps the damaged file"
    )


def _lacks_a_table(error: sqlite3.Error) -> bool:
    """Whether a table of the catalog's schema is missing, not one that another package's filter names."""
    missing = re.match(r"no such table: (?:main\.)?(\w+)", str(error))
    return missing is not None and missing[1] in TABLES


def _is_no_text(error: sqlite3.Error) -> bool:
    return str(error).startswith("Could not decode to UTF-8")


def translated(path: Path, error: sqlite3.Error) -> CollectionError:
    """Our error for one of SQLite's."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if (
        code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_SCHEMA)
        or _lacks_a_table(error)
        or _is_no_text(error)
    ):
        return CatalogDamagedError(damaged(path, str(error)))
    disk_is_full = code == sqlite3.SQLITE_IOERR and shutil.disk_usage(path.parent).free < NEEDED_TO_OPEN_BYTES
    if code == sqlite3.SQLITE_FULL or disk_is_full:
        return DiskFullError(
            f"no space left on the disk of {path}; what was indexed before is safe: "
            "free some space and run the same command again"
        )
    if code == sqlite3.SQLITE_BUSY:
        return CollectionBusyError(f"the catalog {path} is locked by another process; try again when it is done")
    if code == sqlite3.SQLITE_READONLY:
        return CollectionError(
            f"the catalog {path} cannot be written; check the folder's permissions or use --collection DIR"
        )
    return CollectionError(f"the catalog {path} cannot be used: {error}")
