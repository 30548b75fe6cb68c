"""A catalog in PostgreSQL: all that ``Catalog`` does, on a server."""

import uuid
from pathlib import Path
from typing import Any

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.postgres.address import Address
from twinlens.collection.catalog.postgres.calls import FUNCTIONS
from twinlens.collection.catalog.postgres.connection import ServerConnection
from twinlens.collection.catalog.postgres.database import ServerDatabase
from twinlens.collection.catalog.postgres.failures import damaged
from twinlens.collection.catalog.postgres.tables import changing_statements, making_statements
from twinlens.collection.catalog.postgres.work import WorkTable
from twinlens.collection.catalog.schema import PLAUSIBLE_VERSION, SCHEMA_VERSION
from twinlens.collection.catalog.sqlite.sql_functions import EARTH_RADIUS_KM, add_functions
from twinlens.errors import CatalogDamagedError, CollectionError

LEAST_VERSION = 13  # ``normalize`` is of that release
_MARK = "twinlens_catalog"  # a table with the version of the schema; no other program has one


class ServedCatalog(ServerDatabase, Catalog):
    """A catalog in a schema of a PostgreSQL database.

    Args:
        path: of its address; what is derived from it lies beside that.
        address: where it is.
        create: make the tables if the schema has none.

    Raises:
        CatalogUnavailableError: the server does not answer.
        CollectionError: it refuses, is too old, has no such database, or the schema belongs to another program.
    """

    def __init__(self, path: Path, address: Address, *, create: bool = False) -> None:
        self._open_server(address)
        self.work = WorkTable(self)
        Catalog.__init__(self, path, create=create)

    def _check_place(self, path: Path, *, create: bool) -> None:
        """The server tells."""

    def _check_contents(self) -> bool:
        return True

    def _strays(self) -> list[tuple[str, int]]:
        return []  # the server lets none be

    def _prepare_connection(self, connection: ServerConnection) -> None:
        known: Any = connection  # has what they use
        add_functions(known)
        self._columns.add_functions(known)

    def _prepare(self) -> None:
        with self.writing_connection() as connection:
            _check_server(connection, self.address)
            version = _version(connection, self.address)
        if self._may_create if version is None else version < SCHEMA_VERSION:
            with self.transaction() as connection:  # one process at a time
                self._make(connection)
                version = _version(connection, self.address)
        if version is None:
            raise CollectionError(
                f"there is no catalog at {self.address}; make one: twinlens index PHOTOS --catalog '{self.address}'"
            )
        if version >= PLAUSIBLE_VERSION or version < 1:
            raise CatalogDamagedError(damaged(self.address, f"schema version {version}"))
        if version > SCHEMA_VERSION:
            raise CollectionError(
                f"the catalog at {self.address} was written by a newer twinlens: schema {version}, "
                f"this release has {SCHEMA_VERSION}; update twinlens"
            )

    def _make(self, connection: ServerConnection) -> None:
        version = _version(connection, self.address)
        if version is None:
            if not connection.raw.execute("SELECT to_regnamespace(%s)", (self.address.schema,)).fetchone()[0]:
                connection.command(f"CREATE SCHEMA {self.address.schema}")
            functions = (one.format(km=2 * EARTH_RADIUS_KM) for one in FUNCTIONS)
            mark = f"CREATE TABLE {_MARK} (version BIGINT NOT NULL)"
            for statement in (mark, *making_statements(), *functions):
                connection.command(statement)
            connection.command(f"INSERT INTO {_MARK} VALUES ({SCHEMA_VERSION})")
            start = [("identity", uuid.uuid4().hex), ("generation", "0")]
            connection.executemany("INSERT INTO meta VALUES (?, ?)", start)
        elif version < SCHEMA_VERSION:
            for statement in changing_statements(version):
                connection.command(statement)
            connection.command(f"UPDATE {_MARK} SET version = {SCHEMA_VERSION}")


def _check_server(connection: ServerConnection, address: Address) -> None:
    version = connection.raw.info.server_version // 10_000
    if version < LEAST_VERSION:
        raise CollectionError(
            f"the server of {address} is PostgreSQL {version}; a catalog needs {LEAST_VERSION} or later"
        )
    encoding = connection.raw.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise CollectionError(
            f"the database of {address} has the encoding {encoding}; make one with UTF8: createdb -E UTF8 -T template0"
        )


def _version(connection: ServerConnection, address: Address) -> int | None:
    """None if the schema is not there, or is empty.

    Raises:
        CollectionError: another program's tables are in it.
    """
    names = [
        name
        for (name,) in connection.raw.execute(
            "SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace "
            "WHERE nspname = %s AND relkind IN ('r', 'v', 'm', 'p', 'f')",
            (address.schema,),
        )
    ]
    if not names:
        return None
    if _MARK not in names:
        raise CollectionError(
            f"the schema {address.schema} of the database at {address} has tables of another program; "
            "name another one in the address: ?schema=NAME"
        )
    rows = connection.raw.execute(f"SELECT version FROM {_MARK}").fetchall()
    if len(rows) != 1:
        raise CatalogDamagedError(damaged(address, f"{_MARK} has {len(rows)} rows"))
    return int(rows[0][0])
