"""A connection to PostgreSQL that is used as one to SQLite."""

import selectors
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

import psycopg

from twinlens.collection.catalog.database import FileId
from twinlens.collection.catalog.postgres.dialect import Computed, Statement, translated_sql

SNAPSHOT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
Parameters: TypeAlias = Sequence[Any] | Mapping[str, Any]
_NO_TEXT = str.maketrans("\0", "\x01")  # PostgreSQL has no texts with zeros; what follows it sorts the same


class ServerConnection:
    """Takes the catalog's SQL, has the members of ``sqlite3.Connection`` that the catalog uses, and no others.

    Attributes:
        total_changes: rows that the present transaction has written.
        file_id: none, as there is no file.
    """

    file_id: FileId | None = None

    def __init__(self, raw: "psycopg.Connection[tuple[Any, ...]]") -> None:
        self.raw = raw
        self.total_changes = 0
        self._functions: dict[str, Callable[..., Any]] = {}
        self._names = frozenset[str]()

    @property
    def in_transaction(self) -> bool:
        """Whether one has begun and not ended."""
        return bool(self.raw.info.transaction_status != psycopg.pq.TransactionStatus.IDLE)

    @property
    def has_unsaved(self) -> bool:
        """Whether it sees what it may still take back."""
        return self.in_transaction and self.total_changes > 0

    @contextmanager
    def one_state(self) -> Iterator[None]:
        """Makes all reads see the same state; inside a transaction, the transaction's.

        An SQL function is called before its statement is sent, so that it has no snapshot yet.
        """
        if self.in_transaction:
            yield
            return
        self.command(SNAPSHOT)
        try:
            yield
        finally:
            if not self.is_broken:
                self.command("ROLLBACK")

    @property
    def is_broken(self) -> bool:
        """Whether it was found to be of no use."""
        return bool(self.raw.closed or self.raw.broken)

    def has_ended(self) -> bool:
        """Whether the server has ended it while nothing was asked: it has sent something, if only that it goes."""
        if self.is_broken:
            return True
        with selectors.DefaultSelector() as selector:
            selector.register(self.raw.fileno(), selectors.EVENT_READ)
            return bool(selector.select(timeout=0))

    def create_function(
        self, name: str, narg: int, function: Callable[..., Any], *, deterministic: bool = False
    ) -> None:
        """Makes a function known, which is called here, before a statement."""
        del narg, deterministic  # as SQLite takes them
        self._functions[name] = function
        self._names |= {name}

    def execute(self, sql: str, parameters: Parameters = ()) -> "psycopg.Cursor[tuple[Any, ...]]":
        """Runs a statement."""
        statement = translated_sql(sql, self._names)
        cursor = self.raw.cursor(binary=True)
        cursor.execute(statement.sql, self._values(statement, parameters))
        self._count(cursor)
        return cursor

    def executemany(self, sql: str, parameters: Iterable[Parameters]) -> "psycopg.Cursor[tuple[Any, ...]]":
        """Runs a statement for each of some parameters."""
        statement = translated_sql(sql, self._names)
        cursor = self.raw.cursor(binary=True)
        cursor.executemany(statement.sql, [self._values(statement, one) for one in parameters])
        self._count(cursor)
        return cursor

    def each(self, sql: str, *, at_once: int) -> Iterator[tuple[Any, ...]]:
        """The rows of a query, some at once; in a transaction."""
        with self.raw.cursor("each_row", binary=True) as cursor:
            cursor.itersize = at_once
            cursor.execute(translated_sql(sql, self._names).sql, ())
            yield from cursor

    def command(self, sql: str) -> None:
        """Runs a statement that is PostgreSQL's own, such as BEGIN."""
        self.raw.execute(sql)
        self.total_changes = 0

    def close(self) -> None:
        """Ends it; a transaction is taken back."""
        self.raw.close()

    def _values(self, statement: Statement, parameters: Parameters) -> list[Any]:
        return [self._value(one, parameters) for one in statement.values]

    def _value(self, name: str | Computed, parameters: Parameters) -> Any:
        if isinstance(name, Computed):
            return self._functions[name.function](*(_given(one, parameters) for one in name.arguments))
        found = _given(name, parameters)
        return found.translate(_NO_TEXT) if isinstance(found, str) and "\0" in found else found

    def _count(self, cursor: "psycopg.Cursor[tuple[Any, ...]]") -> None:
        if cursor.description is None or not (cursor.statusmessage or "").startswith("SELECT"):
            self.total_changes += max(cursor.rowcount, 0)


def _given(name: str, parameters: Parameters) -> Any:
    return parameters[name] if isinstance(parameters, Mapping) else parameters[int(name)]
