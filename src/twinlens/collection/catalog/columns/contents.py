"""Which contents the photos of a catalog had at a moment, asked by the threads that read files."""

import threading

from twinlens.collection.catalog.database import Connection, Database


class KnownContents:
    """The contents of the searchable photos of a generation; looked up one by one, where few are asked for.

    Args:
        database: the catalog.
        generation: photos that were written later do not count.
    """

    def __init__(self, database: Database, generation: int) -> None:
        self._database, self._generation = database, generation
        self._connection: Connection | None = None
        self._is_closed = False
        self._guard = threading.Lock()

    def __contains__(self, content_hash: object) -> bool:
        sql = "SELECT 1 FROM photos WHERE content_hash = ? AND generation <= ? AND skip_reason IS NULL LIMIT 1"
        asked = (content_hash, self._generation)
        with self._guard, self._database.errors():
            if self._is_closed:  # by a thread that was still reading when the run ended
                return bool(self._database.rows(sql, asked))
            if self._connection is None:  # one for all threads, which live no longer than a run
                self._connection = self._database.extra_connection()
            return self._connection.execute(sql, asked).fetchone() is not None

    def hashes(self) -> set[bytes]:
        """All of them, for machines that cannot ask."""
        sql = "SELECT content_hash FROM photos WHERE generation <= ? AND skip_reason IS NULL"
        return {bytes(content) for (content,) in self._database.rows(sql, (self._generation,)) if content}

    def close(self) -> None:
        """Closes the connection of its own, and opens none any more: nobody would close that."""
        with self._guard:
            self._is_closed = True
            if self._connection is not None:
                self._database.close_extra(self._connection)
                self._connection = None
