"""The SQL that is executed on a catalog, and how SQLite looks its rows up."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from twinlens.collection.catalog.database import Connection, Database

# what looks at every row of a table or of an index; "SCAN 2 CONSTANT ROWS" and scans of SQLite's own steps do not
_SCAN = re.compile(r"SCAN (\w+)")


class Statements:
    """What was executed on a catalog, without what is done by functions of Python inside SQL.

    Attributes:
        told: every statement, with its parameters.
    """

    def __init__(self, name: str) -> None:
        self.told: list[str] = []
        self._name = name

    def note(self, connection: Connection, database: Database) -> None:
        """Notes what a connection executes from now on."""
        if database.path.name == self._name:
            connection.set_trace_callback(self.told.append)

    def looking_at_all(self, connection: Connection, tables: frozenset[str]) -> dict[str, str]:
        """Statements that look at every row of one of some tables, each with the step of its plan that does so."""
        found: dict[str, str] = {}
        for sql in dict.fromkeys(self.told):
            if not re.match(r"\s*(SELECT|WITH|INSERT|UPDATE|DELETE)", sql, re.IGNORECASE):
                continue
            names = {alias: table for table, alias in re.findall(r"\b(\w+) AS (\w+)", sql)}
            for *_, step in connection.execute(f"EXPLAIN QUERY PLAN {sql}"):
                scanned = _SCAN.match(step)
                if scanned and names.get(scanned[1], scanned[1]) in tables:
                    found[sql] = step
        return found


@contextmanager
def noted(monkeypatch: pytest.MonkeyPatch, *, name: str = "catalog.sqlite") -> Iterator[Statements]:
    """Notes what is executed on the connections that are opened meanwhile."""
    statements, opened = Statements(name), Database._opened

    def noting(database: Database, mode: str) -> Connection:
        connection = opened(database, mode)
        statements.note(connection, database)
        return connection

    with monkeypatch.context() as patch:
        patch.setattr(Database, "_opened", noting)
        yield statements
