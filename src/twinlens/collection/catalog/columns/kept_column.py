"""What is read from a catalog once, and kept in step with it."""

import json
import threading
from collections.abc import Callable
from typing import Generic, NamedTuple, Protocol, TypeAlias, TypeVar

from twinlens.collection.catalog.columns.changed import changed_photos
from twinlens.collection.catalog.database import Connection, FileId
from twinlens.types import Ids

Value = TypeVar("Value")
Renew: TypeAlias = Callable[[Connection, Value, Ids], Value | None]
"""Brings a value up to date, by the photos that have changed since; None if reading it anew is as fast."""
MOST_RENEWED = 2000  # changed photos


class _State(NamedTuple):
    """Of a catalog: another one whenever it has changed."""

    generation: int
    identity: str
    file_id: FileId | None  # a copy of another age has the same identity, and may have come to the same generation


class KeptFile(Protocol[Value]):
    """Where a value is kept when the program has ended."""

    def read(self, identity: str) -> tuple[int, Value] | None:
        """The value at a generation of a catalog; None if none is kept."""

    def fits(self, connection: Connection, value: Value) -> bool:
        """Whether a value that was kept, and brought up to date, can be that of a catalog."""

    def keep(self, identity: str, generation: int, value: Value) -> None:
        """Told whenever there is another value."""


class KeptColumn(Generic[Value]):
    """What is read from a catalog, and kept until that has changed; may be shared between threads.

    Args:
        read: reads it.
        renew: reads what has changed and gives a new value: other threads may still use the old one.
        most: photos that may have changed for that; for more, everything is read anew. Without it ``MOST_RENEWED``.
        file: keeps the value from one program to the next.
    """

    def __init__(
        self,
        read: Callable[[Connection], Value],
        renew: Renew[Value] | None = None,
        *,
        most: int | None = None,
        file: KeptFile[Value] | None = None,
    ) -> None:
        self._read, self._renew, self._most, self._file = read, renew, most, file
        self._kept: tuple[_State, Value] | None = None
        self._guard = threading.Lock()
        self._asked: _State | None = None  # the state that somebody asked for

    def of(self, connection: Connection) -> Value:
        """Of the state that a connection sees: in a snapshot, or for a statement, which sees one state throughout."""
        with connection.one_state():
            return self._of(connection)

    def _of(self, connection: Connection) -> Value:
        state = _state(connection)
        if connection.has_unsaved:  # what it has written may be taken back
            return self._read(connection)
        with self._guard:
            if self._kept is None or self._kept[0] != state:
                renewed = self._from_file(connection, state) if self._kept is None else self._renewed(connection, state)
                if renewed is None:
                    self._kept = None  # before the next one takes as much memory
                    renewed = self._read(connection)
                self._kept = state, renewed
                if self._file is not None:
                    self._file.keep(state.identity, state.generation, renewed)
            return self._kept[1]

    def _from_file(self, connection: Connection, state: _State) -> Value | None:
        found = None if self._file is None else self._file.read(state.identity)
        if self._file is None or found is None:
            return None
        self._kept = state._replace(generation=found[0]), found[1]
        value = found[1] if found[0] == state.generation else self._renewed(connection, state)
        return value if value is not None and self._file.fits(connection, value) else None

    def if_worthwhile(self, connection: Connection) -> Value | None:
        """The same from the second time on that a state is asked for; None the first time, or while it is written.

        A program that answers one question, or while photos are indexed, would read everything for it. What can be
        renewed is worthwhile.
        """
        state = _state(connection)
        with self._guard:
            is_first, self._asked = self._asked != state, state
            is_first &= self._renew is None or self._kept is None
        return None if is_first or connection.has_unsaved else self.of(connection)

    def _renewed(self, connection: Connection, state: _State) -> Value | None:
        if self._renew is None or self._kept is None:
            return None
        known, value = self._kept
        if (known.identity, known.file_id) != (state.identity, state.file_id) or known.generation > state.generation:
            return None
        changed = changed_photos(connection, known.generation, most=self._most or MOST_RENEWED)
        return None if changed is None else self._renew(connection, value, changed)


def among(column: str, ids: Ids | None) -> tuple[str, tuple[str, ...]]:
    """SQL that is true for some ids, looked up one by one, and its parameters; for all without any."""
    if ids is None:
        return "TRUE", ()
    return f"{column} IN (SELECT value FROM json_each(?))", (json.dumps(ids.tolist()),)


def _state(connection: Connection) -> _State:
    found = dict(connection.execute("SELECT key, value FROM meta WHERE key IN ('identity', 'generation')"))
    return _State(int(found.get("generation", 0)), found.get("identity", ""), connection.file_id)
