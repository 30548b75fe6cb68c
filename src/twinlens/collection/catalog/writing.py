"""Write operations on the catalog, inside a transaction."""

import sqlite3

from twinlens.collection.catalog.next_vectors import MISSING_NEXT, forget_next_model, model_meta
from twinlens.collection.catalog.rows import FileState, ModelRecord, blob, halves_blob
from twinlens.data.exif import PhotoDetails
from twinlens.embedding.local import PhotoVector
from twinlens.types import Embeddings

_PHOTO_COLUMNS = (
    "folder_id path size_bytes mtime_ns content_hash width height taken_at utc_offset_minutes "
    "camera latitude longitude skip_reason reader_version generation"
).split()
_PUT_PHOTO = (
    f"INSERT INTO photos ({', '.join(_PHOTO_COLUMNS)}) VALUES ({', '.join('?' * len(_PHOTO_COLUMNS))}) "
    "ON CONFLICT (folder_id, path) DO UPDATE SET "
    + ", ".join(f"{column} = excluded.{column}" for column in _PHOTO_COLUMNS[2:])
    + " RETURNING id"
)


class CatalogWriter:
    """Writes in one transaction; each changed photo gets the transaction's generation."""

    def __init__(self, connection: sqlite3.Connection, generation: int) -> None:
        self._connection = connection
        self._generation = generation

    def put_photo(self, file: FileState, details: PhotoDetails, vector: PhotoVector, *, reader_version: int) -> None:
        """Adds a photo with its vector, or replaces the one at its path."""
        photo_id = self._put(file, details, None, reader_version)
        self._connection.execute(
            "INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)",
            (photo_id, blob(vector.embedding), halves_blob(vector.features)),
        )
        self._connection.execute("DELETE FROM removed WHERE photo_id = ?", (photo_id,))
        self._connection.execute("DELETE FROM next_vectors WHERE photo_id = ?", (photo_id,))  # of the old content
        self._show_captions(photo_id)

    def put_skipped(self, file: FileState, reason: str, *, reader_version: int) -> None:
        """Records a file that cannot be read, so that it is not tried in every run."""
        photo_id = self._put(file, None, reason, reader_version)
        self._connection.execute("DELETE FROM next_vectors WHERE photo_id = ?", (photo_id,))
        if self._connection.execute("DELETE FROM vectors WHERE photo_id = ?", (photo_id,)).rowcount:
            self._mark_removed(photo_id)
            self._hide_captions(photo_id)

    def read_again(self, photo_id: int, reason: str) -> None:
        """Drops a photo's vector: the next index run reads its file again. Captions and marks are kept."""
        self._connection.execute(
            "UPDATE photos SET skip_reason = ?, reader_version = 0, generation = ? WHERE id = ?",
            (reason, self._generation, photo_id),
        )
        self._connection.execute("DELETE FROM vectors WHERE photo_id = ?", (photo_id,))
        self._connection.execute("DELETE FROM next_vectors WHERE photo_id = ?", (photo_id,))
        self._mark_removed(photo_id)
        self._hide_captions(photo_id)

    def touch(self, photo_id: int, file: FileState) -> None:
        """Updates size and date of a file whose content has not changed."""
        self._connection.execute(
            "UPDATE photos SET size_bytes = ?, mtime_ns = ? WHERE id = ?", (file.size_bytes, file.mtime_ns, photo_id)
        )

    def rename(self, photo_id: int, file: FileState) -> None:
        """Moves a photo to another path; it keeps its vector and captions."""
        self._connection.execute(
            "UPDATE photos SET folder_id = ?, path = ?, size_bytes = ?, mtime_ns = ? WHERE id = ?",
            (file.folder_id, file.path, file.size_bytes, file.mtime_ns, photo_id),
        )

    def remove(self, photo_id: int) -> None:
        """Removes a photo and its captions."""
        self._hide_captions(photo_id)
        if self._connection.execute("DELETE FROM vectors WHERE photo_id = ?", (photo_id,)).rowcount:
            self._mark_removed(photo_id)
        self._connection.execute("DELETE FROM photos WHERE id = ?", (photo_id,))

    def put_caption(self, photo_id: int, text: str, embedding: Embeddings) -> None:
        """Adds a caption with its embedding [D], or replaces it if the photo already has it."""
        self._connection.execute(
            "INSERT INTO captions (photo_id, text, embedding, generation) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (photo_id, text) "
            "DO UPDATE SET embedding = excluded.embedding, generation = excluded.generation",
            (photo_id, text, blob(embedding), self._generation),
        )

    def remove_caption(self, caption_id: int) -> None:
        """Removes a caption."""
        self._connection.execute(
            "INSERT OR REPLACE INTO removed_captions VALUES (?, ?)", (caption_id, self._generation)
        )
        self._connection.execute("DELETE FROM captions WHERE id = ?", (caption_id,))

    def remove_all_captions(self) -> None:
        """Removes all captions."""
        self._connection.execute(
            "INSERT OR REPLACE INTO removed_captions SELECT id, ? FROM captions", (self._generation,)
        )
        self._connection.execute("DELETE FROM captions")

    def take_next_vectors(self, model: ModelRecord) -> None:
        """Makes the new model's embeddings those of record, all at once; the old ones are cleared later."""
        incomplete = self._connection.execute(MISSING_NEXT).fetchone()
        assert incomplete is None, "a photo or a caption would keep its vector of another model"
        # tables are swapped by renaming: copying or dropping them would hold the lock for seconds
        for old, new in (("vectors", "exchanged"), ("next_vectors", "vectors"), ("exchanged", "next_vectors")):
            self._connection.execute(f"ALTER TABLE {old} RENAME TO {new}")
        self._connection.execute("UPDATE photos SET generation = ?", (self._generation,))
        self._connection.execute(
            "UPDATE captions SET generation = ?, embedding = next_captions.embedding "
            "FROM next_captions WHERE caption_id = id",
            (self._generation,),
        )
        self._connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", list(model_meta(model).items()))
        forget_next_model(self._connection)

    def _hide_captions(self, photo_id: int) -> None:
        """Removes captions from the vectors; their rows stay as long as the photo's row."""
        self._connection.execute(
            "INSERT OR REPLACE INTO removed_captions SELECT id, ? FROM captions WHERE photo_id = ?",
            (self._generation, photo_id),
        )

    def _show_captions(self, photo_id: int) -> None:
        """Restores captions that were hidden while the photo could not be read."""
        hidden = "(SELECT caption_id FROM removed_captions)"
        self._connection.execute(
            f"UPDATE captions SET generation = ? WHERE photo_id = ? AND id IN {hidden}", (self._generation, photo_id)
        )
        self._connection.execute(
            "DELETE FROM removed_captions WHERE caption_id IN (SELECT id FROM captions WHERE photo_id = ?)", (photo_id,)
        )

    def _put(self, file: FileState, details: PhotoDetails | None, reason: str | None, reader_version: int) -> int:
        known = details or PhotoDetails(0, 0)
        row = self._connection.execute(
            _PUT_PHOTO,
            (
                *file,
                known.width or None,
                known.height or None,
                known.taken_at,
                known.utc_offset_minutes,
                known.camera,
                known.latitude,
                known.longitude,
                reason,
                reader_version,
                self._generation,
            ),
        ).fetchone()
        return int(row[0])

    def _mark_removed(self, photo_id: int) -> None:
        self._connection.execute("INSERT OR REPLACE INTO removed VALUES (?, ?)", (photo_id, self._generation))
