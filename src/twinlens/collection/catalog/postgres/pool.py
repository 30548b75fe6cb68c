"""The connections of one process to a catalog's server, which its threads share."""

import os
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from twinlens.collection.catalog.postgres.address import Address, password
from twinlens.collection.catalog.postgres.connection import ServerConnection
from twinlens.collection.catalog.postgres.failures import LOCK_S, not_connected, unavailable
from twinlens.collection.catalog.postgres.silence import KEEPALIVE, SERVER_KEEPALIVE, WatchedConnection
from twinlens.errors import CatalogUnavailableError

MOST = 16  # of one process; a server takes 100 at first, of all programs
IDLE_S = 300.0  # then a connection is closed rather than used: a firewall may have forgotten it
CONNECT_S = 5


class Pool:
    """Lends connections, and makes those that it needs.

    Args:
        address: of the catalog.
        prepare: called with each new connection.
    """

    def __init__(self, address: Address, prepare: Callable[[ServerConnection], None]) -> None:
        self.address = address
        self._prepare = prepare
        self._free = threading.BoundedSemaphore(MOST)
        self._guard = threading.Lock()
        self._idle: list[tuple[ServerConnection, float]] = []
        self._process, self._inherited = os.getpid(), list[object]()
        weakref.finalize(self, _close, self._idle)  # of a catalog that nobody closed

    @contextmanager
    def lent(self) -> Iterator[ServerConnection]:
        """A connection for this thread, which comes back, unless it is broken.

        Raises:
            CollectionError: none can be made.
        """
        if not self._free.acquire(timeout=LOCK_S):
            raise CatalogUnavailableError(unavailable(self.address, f"all {MOST} connections are in use"))
        try:
            connection = self._take() or self.connect()
            try:
                yield connection
            finally:
                self._give_back(connection)
        finally:
            self._free.release()

    def connect(self) -> ServerConnection:
        """A new connection, which the caller closes.

        Raises:
            CollectionError: the server cannot be reached, or refuses.
        """
        try:
            raw = WatchedConnection.connect(**self._asked(), autocommit=True)
            self._set(raw)
        except psycopg.Error as error:
            raise not_connected(self.address, error) from error
        raw.is_there = self._asking()
        connection = ServerConnection(raw)
        try:
            self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _asked(self) -> dict[str, Any]:
        return {
            **KEEPALIVE,
            **conninfo_to_dict(self.address.server),
            "password": password(),
            "connect_timeout": CONNECT_S,
            "application_name": "twinlens",
            "client_encoding": "UTF8",
        }

    def _set(self, raw: WatchedConnection) -> None:
        """Sets what this program relies on; a pooler, such as pgbouncer, takes no such options with the connection."""
        kept = {
            "search_path": self.address.schema,
            "lock_timeout": f"{LOCK_S}s",
            "default_transaction_isolation": "read committed",
            **SERVER_KEEPALIVE,
        }
        values = [part for name, value in kept.items() for part in (name, str(value))]
        try:
            raw.execute("SELECT " + ", ".join(["set_config(%s, %s, false)"] * len(kept)), values)
        except psycopg.Error:
            raw.close()
            raise

    def _asking(self) -> Callable[[], None]:
        """``_ask``, for a connection at rest, which must not keep alive a pool that nobody closes."""
        kept = weakref.WeakMethod(self._ask)

        def ask() -> None:
            if (asked := kept()) is not None:
                asked()

        return ask

    def _ask(self) -> None:
        """Raises psycopg.Error if the server does not take another connection; then those at rest are of no use."""
        try:
            psycopg.connect(**self._asked(), autocommit=True).close()
        except psycopg.Error:
            self.drop_idle()
            raise

    def drop_idle(self) -> None:
        """Closes all that are not lent: the server was restarted, or nobody needs them any more."""
        with self._guard:
            _close(self._idle)

    def _take(self) -> ServerConnection | None:
        with self._guard:
            if self._process != os.getpid():  # those of the process that this one is a copy of are not ours
                self._inherited += self._idle  # kept: to let go of them would end them for that one
                self._idle.clear()
                self._process = os.getpid()
            while self._idle:
                connection, since = self._idle.pop()
                if time.monotonic() - since < IDLE_S and not connection.has_ended():
                    return connection
                connection.close()
        return None

    def _give_back(self, connection: ServerConnection) -> None:
        if connection.is_broken or connection.in_transaction:
            connection.close()
            return
        with self._guard:
            self._idle.append((connection, time.monotonic()))


def _close(idle: list[tuple[ServerConnection, float]]) -> None:
    while idle:
        connection, _ = idle.pop()
        connection.close()
