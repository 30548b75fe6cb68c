"""Write operations on the catalog, inside a transaction."""

import sqlite3

from twinlens.collection.catalog.kept import GIVEN, Returned, keep_given
from twinlens.collection.catalog.next_vectors import MISSING_NEXT, forget_next_model, model_meta
from twinlens.collection.catalog.rows import FileState, ModelRecord, blob, halves_blob
from twinlens.data.dating.file_date import dated, moved_moment
from twinlens.data.dating.moment import Moment
from twinlens.data.exif import PhotoDetails
from twinlens.embedding.local import PhotoVector
from twinlens.types import Embeddings

_PHOTO_COLUMNS = (
    "folder_id path size_bytes mtime_ns content_hash width height taken_at utc_offset_minutes "
    "camera latitude longitude date_source skip_reason reader_version generation"
).split()
_DETAILS = ", ".join(_PHOTO_COLUMNS[2:-3])
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

    def refresh(self, photo_id: int, file: FileState, details: PhotoDetails, *, reader_version: int) -> bool:
        """Updates what is known of a photo whose content has not changed; returns whether that is something new."""
        select = f"SELECT generation, {_DETAILS} FROM photos WHERE id = ?"
        generation, *before = self._connection.execute(select, (photo_id,)).fetchone()
        self._put(file, details, None, reader_version)
        self._connection.execute("UPDATE photos SET generation = ? WHERE id = ?", (generation, photo_id))
        _, *after = self._connection.execute(select, (photo_id,)).fetchone()
        return bool(before != after)

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
        self._date_again(photo_id, file)

    def rename(self, photo_id: int, file: FileState) -> None:
        """Moves a photo to another path; it keeps its vector and captions."""
        self._connection.execute(
            "UPDATE photos SET folder_id = ?, path = ?, size_bytes = ?, mtime_ns = ? WHERE id = ?",
            (file.folder_id, file.path, file.size_bytes, file.mtime_ns, photo_id),
        )
        self._date_again(photo_id, file)

    def remove(self, photo_id: int) -> None:
        """Removes a photo; what was given to it is kept by its content."""
        self.set_aside(photo_id)
        if self._connection.execute("DELETE FROM vectors WHERE photo_id = ?", (photo_id,)).rowcount:
            self._mark_removed(photo_id)
        self._connection.execute("DELETE FROM photos WHERE id = ?", (photo_id,))

    def set_aside(self, photo_id: int) -> None:
        """Takes away what was given to a photo, and keeps it by content."""
        keep_given(self._connection, photo_id)
        self._hide_captions(photo_id)
        for given in GIVEN.values():
            self._connection.execute(f"DELETE FROM {given.table} WHERE photo_id = ?", (photo_id,))

    def give_back(self, kept: Returned, embedding: Embeddings | None) -> list[int]:
        """Gives what is kept to all photos of its content; returns the ids of those that did not have it.

        Args:
            kept: see ``Kept.returned``; it is kept no longer.
            embedding: of its value, [D]; None for what is not embedded.
        """
        values = {
            "value": kept.value,
            "embedding": None if embedding is None else blob(embedding),
            "generation": self._generation,
        }
        give = GIVEN[kept.kind].give
        gained = [
            photo_id
            for photo_id in kept.photo_ids
            if self._connection.execute(give, {**values, "photo_id": photo_id}).rowcount
        ]
        self._connection.execute("DELETE FROM kept WHERE content_hash = ? AND kind = ? AND value = ?", kept[:3])
        return gained

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
        known = dated(details, file.path, file.mtime_ns) if details else PhotoDetails(0, 0)
        self._keep_of_earlier_content(file)
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
                known.date_source,
                reason,
                reader_version,
                self._generation,
            ),
        ).fetchone()
        return int(row[0])

    def _keep_of_earlier_content(self, file: FileState) -> None:
        """Keeps a copy of what was given to the content that a path had until now; the path has it, too."""
        earlier = self._connection.execute(
            "SELECT id FROM photos WHERE folder_id = ? AND path = ? AND content_hash IS NOT ?",
            (file.folder_id, file.path, file.content_hash),
        ).fetchone()
        if earlier is not None:
            keep_given(self._connection, earlier[0])

    def _date_again(self, photo_id: int, file: FileState) -> None:
        """A date that is not from the photo's content may depend on the file's name and date."""
        columns = "taken_at, utc_offset_minutes, date_source"
        row = self._connection.execute(f"SELECT {columns} FROM photos WHERE id = ?", (photo_id,)).fetchone()
        known = None if row is None or row[0] is None else Moment(*row)
        found = moved_moment(known, file.path, file.mtime_ns)
        if found is not None and found != known:
            self._connection.execute(f"UPDATE photos SET ({columns}) = (?, ?, ?) WHERE id = ?", (*found, photo_id))

    def _mark_removed(self, photo_id: int) -> None:
        self._connection.execute("INSERT OR REPLACE INTO removed VALUES (?, ?)", (photo_id, self._generation))
