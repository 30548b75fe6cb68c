"""Embeddings of a new model while a collection is switching to it; searches use the old ones until then."""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np

from twinlens.collection.catalog.database import Database
from twinlens.collection.catalog.rows import FileState, ModelRecord, blob, halves, halves_blob
from twinlens.embedding.local import PhotoVector
from twinlens.types import Embeddings, Features

_PHOTOS_LEFT = "photos WHERE skip_reason IS NULL AND id NOT IN (SELECT photo_id FROM next_vectors)"
# includes captions of unreadable photos, which may become readable again
_CAPTIONS_LEFT = "captions WHERE id NOT IN (SELECT caption_id FROM next_captions)"
MISSING_NEXT = f"SELECT id FROM {_PHOTOS_LEFT} UNION ALL SELECT id FROM {_CAPTIONS_LEFT} LIMIT 1"
AT_ONCE = 2000  # rows per transaction, so that other writers wait less than a second


class WaitingPhoto(NamedTuple):
    """A photo that the new model has not embedded yet, with its file as recorded in the catalog."""

    id: int
    file: FileState


class NextVectors:
    """Embeddings of the new model; not used by searches until ``CatalogWriter.take_next_vectors``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, model: ModelRecord) -> None:
        """Starts a change to a model, or continues an interrupted one."""
        with self._database.transaction() as connection:
            known = connection.execute("SELECT value FROM meta WHERE key = 'next_fingerprint'").fetchone()
            if known is None or known[0] != model.fingerprint:
                connection.execute("DELETE FROM next_vectors")
                connection.execute("DELETE FROM next_captions")
            meta = model_meta(model, prefix="next_")
            connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", list(meta.items()))

    def embed_features(self, embed: Callable[[Features], Embeddings]) -> int:
        """Stores the new vectors of all photos whose features of record are known; returns how many there were.

        Args:
            embed: features [B, F] → embeddings [B, D] of the new model, whose features are the same.
        """
        left = f"features IS NOT NULL AND photo_id IN (SELECT id FROM {_PHOTOS_LEFT})"
        some = f"SELECT photo_id, features FROM vectors WHERE {left} LIMIT {AT_ONCE}"
        stored = 0
        while rows := self._database.rows(some):
            embeddings = embed(np.stack([halves(features) for _, features in rows]))
            values = [(row[0], blob(embedding), row[1]) for row, embedding in zip(rows, embeddings, strict=True)]
            with self._database.transaction() as connection:
                connection.executemany("INSERT INTO next_vectors VALUES (?, ?, ?)", values)
            stored += len(rows)
        return stored

    def cancel(self) -> None:
        """Cancels the change; the vectors of record stay."""
        with self._database.transaction() as connection:
            forget_next_model(connection)
        self.clear()

    def clear(self) -> None:
        """Deletes embeddings that are no longer needed, in small transactions so that others can write."""
        for table, key in (("next_vectors", "photo_id"), ("next_captions", "caption_id")):
            some = f"SELECT {key} FROM {table} LIMIT {AT_ONCE}"
            removed = AT_ONCE
            while removed == AT_ONCE:
                with self._database.transaction() as connection:
                    removed = connection.execute(f"DELETE FROM {table} WHERE {key} IN ({some})").rowcount

    def photos_left(self) -> list[WaitingPhoto]:
        """Searchable photos that are still to be embedded, by folder and path."""
        columns = ", ".join(FileState._fields)
        rows = self._database.rows(f"SELECT id, {columns} FROM {_PHOTOS_LEFT} ORDER BY folder_id, path")
        return [WaitingPhoto(row[0], FileState(*row[1:])) for row in rows]

    def captions_left(self) -> list[tuple[int, str]]:
        """Id and text of each caption that is still to be embedded."""
        return self._database.rows(f"SELECT id, text FROM {_CAPTIONS_LEFT} ORDER BY id")

    def count_left(self) -> tuple[int, int]:
        """How many photos and captions are still to be embedded."""
        photos = self._database.rows(f"SELECT count(*) FROM {_PHOTOS_LEFT}")[0][0]
        return int(photos), int(self._database.rows(f"SELECT count(*) FROM {_CAPTIONS_LEFT}")[0][0])

    def put_photo(self, photo: WaitingPhoto, content_hash: bytes, vector: PhotoVector) -> int:
        """Stores the vector of a photo and of all photos with the same content; returns how many.

        Args:
            photo: from ``photos_left``.
            content_hash: of the embedded file; differs from the recorded one if the file has changed.
            vector: of the new model.
        """
        with self._database.transaction() as connection:
            values = blob(vector.embedding), halves_blob(vector.features)
            connection.execute("INSERT OR REPLACE INTO next_vectors VALUES (?, ?, ?)", (photo.id, *values))
            if content_hash != photo.file.content_hash:
                return 1
            copies = connection.execute(
                "INSERT OR IGNORE INTO next_vectors SELECT id, ?, CAST(? AS BLOB) FROM photos "
                "WHERE content_hash = ? AND skip_reason IS NULL",
                (*values, content_hash),
            )
            return 1 + copies.rowcount

    def put_captions(self, ids: Sequence[int], embeddings: Embeddings) -> None:
        """Stores the embeddings [B, D] of captions."""
        rows: Iterable[tuple[int, bytes]] = [
            (number, blob(embedding)) for number, embedding in zip(ids, embeddings, strict=True)
        ]
        with self._database.transaction() as connection:
            connection.executemany("INSERT OR REPLACE INTO next_captions VALUES (?, ?)", rows)


def model_meta(model: ModelRecord, *, prefix: str = "") -> dict[str, str]:
    """A model as key-value pairs of the catalog's ``meta`` table."""
    return {prefix + key: str(value) for key, value in model._asdict().items()}


def forget_next_model(connection: sqlite3.Connection) -> None:
    """Records that no change is in progress; runs in the caller's transaction."""
    keys = list(model_meta(ModelRecord("", "", 0), prefix="next_"))
    connection.execute(f"DELETE FROM meta WHERE key IN ({', '.join('?' * len(keys))})", keys)
