"""What is written in pictures, by their content, and which photos have been looked at for it."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from twinlens.collection.catalog.condition import ANY, READ_TEXTS, Condition
from twinlens.collection.catalog.database import Database
from twinlens.collection.catalog.kept import KEPT_DAYS

_IS_PHOTO = "skip_reason IS NULL AND duration_ms IS NULL"  # a video is not read
_IS_HERE = f"EXISTS (SELECT 1 FROM photos WHERE photos.content_hash = {READ_TEXTS}.content_hash)"


@dataclass(frozen=True, slots=True)
class ReadCounts:
    """How many photos have been looked at for text.

    Attributes:
        read: photos that were read.
        with_text: those among them in which something is written.
        unlikely: photos that were not read, because nothing in them looks like writing.
        waiting: photos that have not been looked at yet.
    """

    read: int
    with_text: int
    unlikely: int
    waiting: int


class UnreadPhoto(NamedTuple):
    """A photo to be read; others may have the same content."""

    id: int
    folder_id: int
    path: str
    content_hash: bytes


class ReadTexts:
    """Reads and drops what was read in pictures; a ``CatalogWriter`` stores it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def are_known(self) -> bool:
        """False for a read-only catalog of an older release, which has no table for them."""
        return self._database.has_table(READ_TEXTS)

    def of_content(self, content_hash: bytes) -> str | None:
        """What is written in pictures of a content, one line a piece; None if nothing was read."""
        if not self.are_known():
            return None
        rows = self._database.rows(f"SELECT text FROM {READ_TEXTS} WHERE content_hash = ?", (content_hash,))
        return rows[0][0] or None if rows else None

    def counts(self) -> ReadCounts:
        """Over all searchable photos."""
        join = f"LEFT JOIN {READ_TEXTS} USING (content_hash) " if self.are_known() else ""
        told = "count(text), count(nullif(text, '')), count(seen_on)" if self.are_known() else "0, 0, 0"
        sql = f"SELECT count(*), {told} FROM photos {join}WHERE {self._is_photo()}"
        photos, read, with_text, seen = self._database.rows(sql)[0]
        return ReadCounts(read, with_text, seen - read, photos - seen)

    def unread(self, condition: Condition = ANY, *, also_unlikely: bool = False) -> list[UnreadPhoto]:
        """The searchable photos that are to be read, one of each content, by folder and path.

        Args:
            condition: only these photos.
            also_unlikely: whether to list those, too, in which nothing looked like writing.
        """
        looked_at = f"SELECT content_hash FROM {READ_TEXTS}" + (" WHERE text IS NOT NULL" if also_unlikely else "")
        rows = self._database.rows(
            "SELECT id, folder_id, path, content_hash FROM photos WHERE id IN (SELECT min(id) FROM photos "
            f"WHERE {self._is_photo()} AND content_hash NOT IN ({looked_at}) AND ({condition.sql}) "
            "GROUP BY content_hash) ORDER BY folder_id, path",
            condition.parameters,
        )
        return [UnreadPhoto(*row) for row in rows]

    def _is_photo(self) -> str:
        """SQL for what may be read: a read-only catalog of an older release has no videos."""
        return _IS_PHOTO if self._database.has_table("moments") else "skip_reason IS NULL"

    def drop_old(self) -> int:
        """Drops the texts of contents that no photo has had for ``KEPT_DAYS``; returns how many."""
        with self._database.transaction() as connection:
            return connection.execute(
                f"DELETE FROM {READ_TEXTS} WHERE date(seen_on, '+{KEPT_DAYS} days') < date('now') AND NOT {_IS_HERE}"
            ).rowcount


def put_read_texts(connection: sqlite3.Connection, texts: Iterable[tuple[bytes, str | None]]) -> list[int]:
    """Stores what was read, by content; runs in the caller's transaction.

    Args:
        connection: in a transaction.
        texts: content hash, and what is written there; None = it was not read, as it is unlikely to hold text.

    Returns:
        The photos whose texts have changed.
    """
    changed: list[int] = []
    for content_hash, text in texts:
        known = connection.execute(f"SELECT text FROM {READ_TEXTS} WHERE content_hash = ?", (content_hash,)).fetchone()
        connection.execute(
            f"INSERT INTO {READ_TEXTS} (content_hash, text) VALUES (?, ?) "
            "ON CONFLICT (content_hash) DO UPDATE SET text = excluded.text",
            (content_hash, text),
        )
        if (text or "") != ((known and known[0]) or ""):
            rows = connection.execute("SELECT id FROM photos WHERE content_hash = ?", (content_hash,))
            changed += [photo_id for (photo_id,) in rows]
    return changed


def note_seen(connection: sqlite3.Connection, photo_id: int) -> None:
    """Notes that a photo's content was here until now; runs in the caller's transaction."""
    connection.execute(
        f"UPDATE {READ_TEXTS} SET seen_on = date('now') "
        "WHERE content_hash = (SELECT content_hash FROM photos WHERE id = ?)",
        (photo_id,),
    )
