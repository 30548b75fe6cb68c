"""A catalog's database on a server: transactions, questions and locks, as an SQLite file has them."""

import hashlib
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, cast

import psycopg

from twinlens.collection.catalog.database import Database, FileId
from twinlens.collection.catalog.postgres.address import Address
from twinlens.collection.catalog.postgres.connection import ServerConnection
from twinlens.collection.catalog.postgres.failures import translated
from twinlens.collection.catalog.postgres.pool import Pool
from twinlens.collection.catalog.postgres.replica import WRITTEN, Replica
from twinlens.collection.catalog.postgres.replica_state import ReplicaState
from twinlens.errors import CatalogUnavailableError, CollectionError

AT_ONCE = 2000  # rows of a long answer


class ServerDatabase(Database):
    """The members of ``Database``, for the schema of a database.

    One transaction writes at a time, as in an SQLite file: it holds a lock of the server. Others read meanwhile.
    What one process writes, all others read at once.

    Attributes:
        address: of the catalog.
    """

    is_served = True
    address: Address
    _pool: Pool
    _replica: Replica | None
    _pinned: threading.local

    def __str__(self) -> str:
        return str(self.address)

    @property
    def file_id(self) -> FileId | None:
        """Changes when another catalog takes the place of this one."""
        rows = self.rows("SELECT value FROM meta WHERE key = 'identity'")
        return (0, int(rows[0][0][:15], 16)) if rows else None

    @property
    def size_bytes(self) -> int:
        """Of the tables with their indexes."""
        with self.connected() as connection:
            sql = "SELECT sum(pg_total_relation_size(oid))::bigint FROM pg_class WHERE relnamespace = %s::regnamespace"
            return int(connection.raw.execute(sql, (self.address.schema,)).fetchone()[0] or 0)

    def check_present(self) -> None:
        """Raises CatalogUnavailableError if the server does not answer."""
        self.rows("SELECT 1")

    def close(self) -> None:
        """Closes the connections."""
        self._pool.drop_idle()
        if self._replica is not None:
            self._replica.pool.drop_idle()

    def replica_state(self) -> ReplicaState | None:
        """How far a replica is behind, from which is read; None without one."""
        return None if self._replica is None else self._replica.state()

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        """BEGIN … COMMIT, or ROLLBACK on an error; a nested one joins the outer transaction."""
        with self.writing_connection() as connection:
            if connection.in_transaction:
                yield connection
                return
            connection.command("BEGIN")
            # from now on nobody else writes: what is read now is true until the end
            connection.raw.execute("SELECT pg_advisory_xact_lock(%s, %s)", self._lock_of("write"))
            try:
                self.check_locks()
                yield connection
                connection.command("COMMIT")
            except BaseException:
                if not connection.is_broken:
                    connection.command("ROLLBACK")
                raise

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Makes all reads of this thread see the same state; inside a transaction, the transaction's."""
        with self._held() as connection, connection.one_state():
            yield

    @contextmanager
    def connected(self) -> Iterator[Any]:
        """A connection for several questions of this thread."""
        with self._held() as connection:
            yield connection

    @contextmanager
    def writing_connection(self) -> Iterator[ServerConnection]:
        """A connection to the server that is written, also where this thread reads from a replica."""
        with self._held(writes=True) as connection:
            yield connection

    def checkpoint(self) -> None:
        """Nothing is to be done: the server writes its own log."""

    def rows(self, sql: str, parameters: Iterable[Any] = ()) -> list[Any]:
        """All rows of a query."""
        values = tuple(parameters)
        try:
            return self._rows(sql, values)
        except CatalogUnavailableError:
            if self._replica is None or getattr(self._pinned, "connection", None) is not None:
                raise
            return self._rows(sql, values, on_main=True)  # the replica may just have gone

    def each_row(self, sql: str) -> Iterator[Any]:
        """The rows of a query one by one, for those that are too many for memory."""
        with self.errors(), ExitStack() as lent:
            connection, _ = self._lent(lent)
            with connection.one_state():
                yield from connection.each(sql, at_once=AT_ONCE)

    def has_table(self, name: str) -> bool:
        """Whether a table exists."""
        return bool(self.columns(name))

    def has_column(self, table: str, name: str) -> bool:
        """Whether a table has a column."""
        return name in self.columns(table)

    def columns(self, table: str) -> list[str]:
        """The columns of a table, in their order; empty if there is no such table."""
        from twinlens.collection.catalog.postgres.tables import table_columns

        try:
            return list(table_columns(table))  # a catalog has the tables of this release, or is not opened
        except KeyError:
            return []

    @contextmanager
    def only_one(self, what: str) -> Iterator[bool]:
        """Holds a lock that one process at a time can have, on whichever machine; gives False if another one does.

        The lock ends with its connection, as when this machine sleeps; then this thread writes no more.
        """
        with self.errors():
            connection = self._pool.connect()
        try:
            with self.errors():
                row = connection.raw.execute("SELECT pg_try_advisory_lock(%s, %s)", self._lock_of(what)).fetchone()
                self._note_seen(connection)  # what the one before it has written
            held: list[ServerConnection] = self._pinned.__dict__.setdefault("locks", [])
            held.append(connection)
            try:
                yield bool(row and row[0])
            finally:
                held.remove(connection)
            # before anything else happens here: the server notices a closed connection a little later
            with suppress(psycopg.Error):  # then it is lost, and the lock with it
                connection.raw.execute("SELECT pg_advisory_unlock_all()")
        finally:
            connection.close()

    def check_locks(self) -> None:
        """Raises CatalogUnavailableError if a lock of this thread is lost: another process may have it now."""
        with self.errors():
            for connection in getattr(self._pinned, "locks", ()):
                connection.raw.execute("SELECT 1")

    def is_taken(self, what: str) -> bool:
        """Whether some process holds the lock of ``only_one``."""
        sql = (
            "SELECT EXISTS (SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = database "
            "WHERE datname = current_database() AND locktype = 'advisory' AND objsubid = 2 "
            "AND classid::bigint = %s AND objid::bigint = %s AND granted)"
        )
        unsigned = tuple(number % 2**32 for number in self._lock_of(what))
        with self.writing_connection() as connection:
            return bool(connection.raw.execute(sql, unsigned).fetchone()[0])

    def extra_connection(self) -> Any:
        """Another connection, which threads share that use it one at a time; to be closed by ``close_extra``."""
        return self._pool.connect()

    def close_extra(self, connection: Any) -> None:
        """Closes it."""
        connection.close()

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Translates the server's errors to ours."""
        try:
            yield
        except psycopg.Error as error:
            raise translated(self.address, error) from error

    def _open_server(self, address: Address) -> None:
        self.address = address
        self._pinned = threading.local()
        self._pool = Pool(address, self._prepare_connection)
        self._replica = Replica(address, self._pool, self._prepare_connection) if address.replica else None

    def _prepare_connection(self, connection: ServerConnection) -> None:
        """Called with each new connection."""

    @contextmanager
    def _held(self, *, writes: bool = False) -> Iterator[ServerConnection]:
        """The connection of this thread's transaction, or another one."""
        with self.errors():
            pinned, is_main = getattr(self._pinned, "connection", None), getattr(self._pinned, "is_main", True)
            if pinned is not None and (is_main or not writes or pinned.in_transaction):
                yield cast(ServerConnection, pinned)
                return
            with ExitStack() as lent:
                connection, on_main = self._lent(lent, writes=writes)
                self._pinned.connection, self._pinned.is_main = connection, on_main
                try:
                    yield connection
                except psycopg.OperationalError as error:
                    if on_main or self._replica is None:
                        raise
                    # it is away, or has ended the question because the answer would be too old
                    failure = translated(self._replica.pool.address, error)
                    self._replica.failed(str(failure))
                    raise CatalogUnavailableError(str(failure)) from error
                finally:
                    self._pinned.connection, self._pinned.is_main = pinned, is_main
                    if on_main:
                        self._note_seen(connection)

    def _lent(self, lent: ExitStack, *, writes: bool = False) -> tuple[ServerConnection, bool]:
        """A connection, and whether it is one to the server that is written."""
        if not writes and self._replica is not None and self._replica.may_answer():
            try:
                return lent.enter_context(self._replica.pool.lent()), False
            except CollectionError as error:  # it has just gone
                self._replica.failed(str(error))
        return lent.enter_context(self._pool.lent()), True

    def _rows(self, sql: str, values: tuple[Any, ...], *, on_main: bool = False) -> list[Any]:
        with self._held(writes=on_main) as connection:
            found: list[Any] = connection.execute(sql, values).fetchall()
            return found

    def _note_seen(self, connection: ServerConnection) -> None:
        """What was read or written now must be there wherever this process reads from next."""
        if self._replica is not None and not connection.is_broken and not connection.in_transaction:
            self._replica.note_seen(int(connection.raw.execute(WRITTEN).fetchone()[0]))

    def _lock_of(self, what: str) -> tuple[int, int]:
        """Two numbers of 32 bits for a lock of this schema."""
        return _number(f"twinlens {self.address.schema}"), _number(what)


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big", signed=True)
