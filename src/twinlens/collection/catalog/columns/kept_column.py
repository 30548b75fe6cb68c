"""What is read from a catalog once, and kept until the catalog changes."""

import sqlite3
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class KeptColumn(Generic[Value]):
    """What is read from a catalog, and kept until that has changed; may be shared between threads."""

    def __init__(self, read: Callable[[sqlite3.Connection], Value]) -> None:
        self._read = read
        self._kept: tuple[list[str], Value] | None = None
        self._guard = threading.Lock()
        self._asked: list[str] | None = None  # the state that somebody asked for

    def of(self, connection: sqlite3.Connection) -> Value:
        """Of the state that a connection sees."""
        state = _state(connection)
        if connection.in_transaction and connection.total_changes:  # what it has written may be taken back
            return self._read(connection)
        with self._guard:
            if self._kept is None or self._kept[0] != state:
                self._kept = None  # before the next one takes as much memory
                self._kept = state, self._read(connection)
            return self._kept[1]

    def if_worthwhile(self, connection: sqlite3.Connection) -> Value | None:
        """The same from the second time on that a state is asked for; None the first time, or while it is written.

        A program that answers one question, or while photos are indexed, would read everything for it.
        """
        state = _state(connection)
        with self._guard:
            is_first, self._asked = self._asked != state, state
        is_written = connection.in_transaction and connection.total_changes > 0
        return None if is_first or is_written else self.of(connection)


def _state(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute("SELECT value FROM meta WHERE key IN ('identity', 'generation') ORDER BY key")
    return [value for (value,) in rows]
