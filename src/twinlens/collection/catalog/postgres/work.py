"""Files that several indexers read for one run: a table of lots, of which each indexer claims one at a time."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from twinlens.collection.catalog.postgres.database import ServerDatabase

LEASE_S = 60  # a lot of an indexer that is silent for longer is anybody's
_TABLE = "index_work"
# made by the first run that shares work; what is in it is of use to that run alone, so that no log of it is written
_MAKE = f"""
CREATE UNLOGGED TABLE IF NOT EXISTS {_TABLE} (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,  -- never used again
    place BIGINT NOT NULL,
    stamp TEXT NOT NULL,
    files TEXT NOT NULL,
    owner TEXT,
    leased_until TIMESTAMPTZ,
    found BYTEA
)"""
_CLAIM = f"""
UPDATE {_TABLE} SET owner = %(owner)s, leased_until = clock_timestamp() + make_interval(secs => %(lease)s)
WHERE id = (
    SELECT id FROM {_TABLE}
    WHERE stamp = %(stamp)s AND found IS NULL AND (owner IS NULL OR leased_until < clock_timestamp())
    ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING id, place, files"""


class Lot(NamedTuple):
    """Some files, claimed by an indexer.

    Attributes:
        id: of the lot.
        place: among the lots of the run, from 0.
        files: as the run has written them.
    """

    id: int
    place: int
    files: str


class FinishedLot(NamedTuple):
    """What an indexer has found in the files of a lot, as it has written it."""

    id: int
    place: int
    found: bytes


class WorkTable:
    """The lots of the run that is going on; at most one run is, by the lock of those who index.

    Args:
        database: a catalog on a server.
    """

    def __init__(self, database: ServerDatabase) -> None:
        self._database, self._is_there = database, False

    def share(self, stamp: str, lots: Iterable[str]) -> None:
        """Offers lots to all indexers with this stamp; called by the one that holds the lock."""
        with self._database.transaction() as connection:
            connection.raw.execute(_MAKE)
            connection.raw.execute(f"DELETE FROM {_TABLE}")  # of a run that was interrupted
            rows = [(place, stamp, files) for place, files in enumerate(lots)]
            with connection.raw.cursor() as cursor:
                cursor.executemany(f"INSERT INTO {_TABLE} (place, stamp, files) VALUES (%s, %s, %s)", rows)

    def claim(self, stamp: str, owner: str) -> Lot | None:
        """A lot that nobody has, or whose owner was silent for too long; None if there is none now."""
        if not self.is_there():
            return None
        with self._database.writing_connection() as connection:
            asked = {"stamp": stamp, "owner": owner, "lease": LEASE_S}
            row = connection.raw.execute(_CLAIM, asked).fetchone()
        return None if row is None else Lot(*row)

    def is_led(self) -> bool:
        """Whether the process whose run this is still lives."""
        return self._database.is_taken("index")

    def keep(self, ids: Sequence[int], owner: str) -> None:
        """Renews the leases of lots, unless somebody else has them."""
        with self._database.writing_connection() as connection:
            connection.raw.execute(
                f"UPDATE {_TABLE} SET leased_until = clock_timestamp() + make_interval(secs => %s) "
                "WHERE id = ANY(%s) AND owner = %s",
                (LEASE_S, list(ids), owner),
            )

    def hand_in(self, lot_id: int, owner: str, found: bytes) -> bool:
        """Gives what was found to the run; False if the lot is not the owner's any more, and nobody waits for it."""
        with self._database.writing_connection() as connection:
            sql = f"UPDATE {_TABLE} SET found = %s WHERE id = %s AND owner = %s AND found IS NULL"
            return bool(connection.raw.execute(sql, (found, lot_id, owner)).rowcount)

    def give_up(self, owner: str) -> None:
        """Lets others have the lots of an indexer that stops."""
        with self._database.writing_connection() as connection:
            connection.raw.execute(f"UPDATE {_TABLE} SET owner = NULL WHERE owner = %s AND found IS NULL", (owner,))

    def finished(self) -> FinishedLot | None:
        """A lot that was handed in, to the process whose run this is.

        Raises:
            CatalogUnavailableError: it has lost its lock, and the lots may be those of another run.
        """
        self._database.check_locks()
        with self._database.writing_connection() as connection:
            sql = f"SELECT id, place, found FROM {_TABLE} WHERE found IS NOT NULL ORDER BY id LIMIT 1"
            row = connection.raw.execute(sql).fetchone()
        return None if row is None else FinishedLot(*row)

    def remove(self, ids: Iterable[int]) -> None:
        """Takes lots away; in the transaction that stores what was found in them."""
        with self._database.writing_connection() as connection:
            connection.raw.execute(f"DELETE FROM {_TABLE} WHERE id = ANY(%s)", (list(ids),))

    def end(self) -> None:
        """Takes all lots away: the run is over, or one before it was interrupted."""
        if self.is_there():
            with self._database.writing_connection() as connection:
                connection.raw.execute(f"DELETE FROM {_TABLE}")

    def is_there(self) -> bool:
        """Whether a run has shared work in this catalog."""
        if not self._is_there:
            with self._database.writing_connection() as connection:
                row = connection.raw.execute("SELECT to_regclass(%s) IS NOT NULL", (_TABLE,)).fetchone()
            self._is_there = bool(row and row[0])
        return self._is_there
