"""An SQLite file: one connection per thread, transactions, and translation of errors."""

import os
import re
import shutil
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import quote

from twinlens.collection.catalog.postgres.replica_state import ReplicaState
from twinlens.collection.catalog.sqlite.journal import Journal, check_locks, journal_for
from twinlens.collection.catalog.sqlite.sql_functions import add_functions
from twinlens.errors import (
    CatalogDamagedError,
    CatalogLockedError,
    CollectionError,
    CollectionMissingError,
    DiskFullError,
)

BUSY_TIMEOUT_S = 30.0
TABLES = frozenset(
    "meta folders photos vectors removed captions removed_captions next_vectors next_captions favourites kept "
    "reworded tags ratings albums album_photos feedback lessons photo_texts content_details moments "
    "removed_moments read_texts shares".split()
)
FileId: TypeAlias = tuple[int, int]
"""Device and inode."""
NEEDED_TO_OPEN_BYTES = 1_000_000  # SQLite creates the index of its log, 32 KB at first
_ABSENT = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY)  # as a file that was taken away


class Connection(sqlite3.Connection):
    """A connection that knows what it had written before the transaction, or the snapshot, that it is in.

    Attributes:
        changes_before: rows that it had written then.
        file_id: the file that it was opened on.
    """

    changes_before = 0
    file_id: FileId | None = None

    @property
    def has_unsaved(self) -> bool:
        """Whether it sees what it may still take back."""
        return self.in_transaction and self.total_changes > self.changes_before

    def take_back(self) -> None:
        """Ends a transaction or a snapshot, unless an error has done so."""
        if self.in_transaction:
            self.execute("ROLLBACK")

    def one_state(self) -> AbstractContextManager[None]:
        """What makes the questions of an SQL function see one state: here they see that of the statement it is in."""
        return nullcontext()


class Database:
    """An SQLite file, in write-ahead mode where that is safe; may be shared between threads.

    With a write-ahead log readers and a writer do not wait for each other; with a rollback
    journal a commit waits for readers to finish, and they for the commit.

    If the file is missing, every access fails, and works again once a file is back: it is opened anew
    where another one has taken its place.

    Args:
        path: the file.
        create: create the file if it is missing, until ``keep_existing``.
        read_only: for media that cannot be written; creates no files next to it.
    """

    is_served = False  # by a server; then ``path`` is only where what is derived lies

    def __init__(self, path: Path, *, create: bool = False, read_only: bool = False) -> None:
        self.path = path
        self.read_only = read_only
        self._may_create = create
        self._local = threading.local()
        self._connections: list[Connection] = []
        self._guard = threading.Lock()
        self._chosen_journal: Journal | None = None

    def keep_existing(self) -> None:
        """From now on a missing file is an error: an empty one would look like an empty library."""
        self._may_create = False

    @property
    def file_id(self) -> FileId | None:
        """Which file is at the path, the same until another one takes its place; None if there is none."""
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    @property
    def size_bytes(self) -> int:
        """Of the file, or of what a server has in its place."""
        return self.path.stat().st_size

    def replica_state(self) -> ReplicaState | None:
        """How far a replica is behind, from which is read; None without one."""
        return None

    def check_present(self) -> None:
        """Raises CollectionMissingError if the file is missing."""
        if self.file_id is None and not self._may_create:
            raise CollectionMissingError(missing(self.path))

    def close(self) -> None:
        """Closes the connections of all threads."""
        with self._guard:
            for connection in self._connections:
                connection.close()
            self._connections.clear()
        self._local = threading.local()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """BEGIN … COMMIT, or ROLLBACK on an error; a nested one joins the outer transaction."""
        with self.errors():
            connection = self._connection()
            is_part = connection.in_transaction
            if is_part:
                yield connection
                return
            connection.execute("BEGIN IMMEDIATE")
            connection.changes_before = connection.total_changes
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                connection.take_back()
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
            connection.changes_before = connection.total_changes
            try:
                yield
            finally:
                connection.take_back()

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        """A connection for several questions of this thread."""
        with self.errors():
            yield self._connection()

    @contextmanager
    def only_one(self, what: str) -> Iterator[bool]:  # noqa: ARG002
        """Whether no other machine does something; of a file, a lock beside it tells."""
        yield True

    def checkpoint(self) -> None:
        """Moves the write-ahead log, if there is one, into the file, so that a copy of the file is complete."""
        with self.errors():
            self._connection().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def rows(self, sql: str, parameters: Iterable[Any] = ()) -> list[Any]:
        """All rows of a query."""
        with self.errors():
            return self._connection().execute(sql, tuple(parameters)).fetchall()

    def each_row(self, sql: str) -> Iterator[Any]:
        """The rows of a query one by one, for those that are too many for memory."""
        with self.errors():
            yield from self._connection().execute(sql)

    def has_table(self, name: str) -> bool:
        """Whether a table exists; a read-only file of an older release may lack some."""
        return bool(self.rows("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (name,)))

    def has_column(self, table: str, name: str) -> bool:
        """Whether a table has a column; in a read-only file of an older release it may be missing."""
        return bool(self.rows("SELECT 1 FROM pragma_table_info(?) WHERE name = ?", (table, name)))

    def columns(self, table: str) -> list[str]:
        """The columns of a table, in their order; empty if there is no such table."""
        return [name for (name,) in self.rows("SELECT name FROM pragma_table_info(?)", (table,))]

    def _connection(self) -> Connection:
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is not None and connection.in_transaction:
            return connection
        found = self.file_id
        if found is None and not self._may_create:
            raise CollectionMissingError(missing(self.path))
        if connection is not None and found is not None and self._reads_another(found):
            self._drop(connection)
            connection = None
        if connection is None:
            connection = self._connect()
            self._local.connection, self._local.file_id = connection, self.file_id
        return connection

    def _reads_another(self, found: FileId) -> bool:
        """Whether this thread's connection reads what was at the path before, or would not see what was written."""
        return found != self._local.file_id or self._local.still not in (None, self._state())

    def extra_connection(self) -> Connection:
        """Another connection, which threads share that use it one at a time; to be closed by ``close_extra``."""
        self.check_present()
        return self._connect()

    def close_extra(self, connection: Connection) -> None:
        """Closes an extra connection, unless ``close`` has done so."""
        with self._guard:
            if connection not in self._connections:
                return
            self._connections.remove(connection)
        connection.close()

    def _drop(self, connection: Connection) -> None:
        with self._guard:
            self._connections.remove(connection)
        connection.close()

    def _connect(self) -> Connection:
        self._local.still = None
        if self.read_only:
            connection = self._connect_read_only()
        else:
            journal = self._journal()
            connection = self._opened("mode=rwc" if self._may_create else "mode=rw")
            if journal == "WAL":
                _set_journal(connection, "WAL")
                # a power cut may lose the last commits, never the file
                connection.execute("PRAGMA synchronous = NORMAL")
            else:
                _use_rollback_journal(connection)
        connection.execute("PRAGMA trusted_schema = OFF")  # the file may come from somebody else
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA cell_size_check = ON")  # notices more damage when a page is read
        return connection

    def _journal(self) -> Journal:
        with self._guard:
            if self._chosen_journal is None:
                self._chosen_journal = journal_for(self.path.parent)
                if self._chosen_journal == "DELETE" and not self.path.exists():
                    check_locks(self.path.parent)
            return self._chosen_journal

    def _connect_read_only(self) -> Connection:
        # "immutable" needs no other file, but is valid only until somebody writes, who may do so where we cannot: a
        # program that has the file open for writing has a log and shared memory beside it, and another connection is
        # made when they are there. With a rollback journal it is not needed: locks make no other file
        state = self._state()
        if self._has_rollback_journal() or state.log_bytes or (state.log_bytes is not None and state.has_memory):
            return self._opened("mode=ro")
        self._local.still = state
        return self._opened("immutable=1")

    def _state(self) -> "_State":
        """What shows that the file was written, or is about to be."""
        file, log = _stat(self.path), _stat(self._beside("-wal"))
        written = None if file is None else (file.st_size, file.st_mtime_ns)
        return _State(written, None if log is None else log.st_size, _stat(self._beside("-shm")) is not None)

    def _beside(self, ending: str) -> Path:
        return self.path.with_name(self.path.name + ending)

    def _has_rollback_journal(self) -> bool:
        with self._guard:
            if self._chosen_journal is None:  # read once: closing the file drops the locks of this process on it
                self._chosen_journal = _journal_in_header(self.path)
            return self._chosen_journal == "DELETE"

    def _opened(self, mode: str) -> Connection:
        # check_same_thread is off so that close() can close connections of other threads
        connection = sqlite3.connect(
            f"{_uri(self.path)}?{mode}",
            uri=True,
            timeout=BUSY_TIMEOUT_S,
            check_same_thread=False,
            isolation_level=None,
            factory=Connection,
        )
        connection.file_id = self.file_id
        add_functions(connection)
        with self._guard:
            self._connections.append(connection)
        return connection

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Translates SQLite's errors to ours."""
        try:
            yield
        except sqlite3.Error as error:
            if _code(error) == sqlite3.SQLITE_IOERR:  # after a disk came back, only a new connection reads it
                self._local.file_id = None
            raise translated(self.path, error) from error
        except UnicodeDecodeError as error:  # SQLite's message quotes what is left of a name
            raise CatalogDamagedError(damaged(self.path, "its list of tables was overwritten")) from error


def _uri(path: Path) -> str:
    """A URI as SQLite reads it; unlike ``as_uri`` also for a Windows share."""
    place = path.absolute().as_posix()
    return f"file://{'' if place.startswith('/') else '/'}{quote(os.fsencode(place))}"


class _State(NamedTuple):
    """A file as it was when it was opened.

    Attributes:
        written: its size and date.
        log_bytes: of its write-ahead log; None if there is none.
        has_memory: whether the memory is there that programs share which have it open.
    """

    written: tuple[int, int] | None
    log_bytes: int | None
    has_memory: bool


def _stat(file: Path) -> os.stat_result | None:
    try:
        return file.stat()
    except OSError:
        return None


def _journal_in_header(file: Path) -> Journal | None:
    try:
        with file.open("rb") as source:
            versions = source.read(20)[18:]
    except OSError:
        return None
    return "DELETE" if versions == b"\1\1" else "WAL"


def _use_rollback_journal(connection: sqlite3.Connection) -> None:
    # a file from another disk may have a write-ahead log; a lock of its own lets it be read without shared memory
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    _set_journal(connection, "DELETE")
    connection.execute("PRAGMA locking_mode = NORMAL")
    connection.execute("SELECT 1 FROM sqlite_master").fetchall()  # the lock is released at the next read


def _set_journal(connection: sqlite3.Connection, journal: Journal) -> None:
    deadline = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute(f"PRAGMA journal_mode = {journal}")
            return
        except sqlite3.OperationalError as error:
            # if two connections open a new file at once, SQLite fails without waiting
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def missing(path: Path) -> str:
    """The message for a catalog that is gone while its collection is open."""
    return (
        f"the collection {path.parent} is no longer there; if its disk is not mounted or the folder was moved, "
        "bring it back: it is used again at once"
    )


def no_space(path: Path) -> str:
    """The message for a disk that is full."""
    return (
        f"no space left on the disk of {path}; what was indexed before is safe: "
        "free some space and run the same command again"
    )


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


def _code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _is_no_text(error: sqlite3.Error) -> bool:
    return str(error).startswith("Could not decode to UTF-8")


def translated(path: Path, error: sqlite3.Error) -> CollectionError:
    """Our error for one of SQLite's."""
    code = _code(error)
    if code in _ABSENT and not path.exists():
        return CollectionMissingError(missing(path))
    if (
        code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_SCHEMA)
        or _lacks_a_table(error)
        or _is_no_text(error)
    ):
        return CatalogDamagedError(damaged(path, str(error)))
    disk_is_full = code == sqlite3.SQLITE_IOERR and shutil.disk_usage(path.parent).free < NEEDED_TO_OPEN_BYTES
    if code == sqlite3.SQLITE_FULL or disk_is_full:
        return DiskFullError(no_space(path))
    if code == sqlite3.SQLITE_BUSY:
        return CatalogLockedError(
            f"the catalog {path} has been locked by another process for {BUSY_TIMEOUT_S:g} s; "
            "try again when that is done, or end the program that holds it"
        )
    if code == sqlite3.SQLITE_READONLY:
        return CollectionError(
            f"the catalog {path} cannot be written; check the folder's permissions or use --collection DIR"
        )
    return CollectionError(f"the catalog {path} cannot be used: {error}")
