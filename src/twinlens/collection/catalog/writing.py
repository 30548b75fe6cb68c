"""Write operations on the catalog, inside a transaction."""

import sqlite3
from collections.abc import Iterable
from typing import Any

from twinlens.collection.catalog.embeddings.moments import WaitingVideo
from twinlens.collection.catalog.embeddings.next_vectors import MISSING_NEXT, forget_next_model, model_meta
from twinlens.collection.catalog.kept import GIVEN, Returned, keep_given
from twinlens.collection.catalog.rows import FileState, ModelRecord, blob, halves_blob
from twinlens.collection.catalog.texts.read_texts import note_seen, put_read_texts
from twinlens.collection.catalog.texts.said import DETAILS, content_details, keep_content_details, put_texts
from twinlens.collection.catalog.texts.written import note_reworded
from twinlens.data.dating.file_date import OUTSIDE, dated, moved_moment, with_moment
from twinlens.data.dating.moment import Moment
from twinlens.data.exif import PhotoDetails
from twinlens.data.metadata.beside import Beside, with_beside
from twinlens.embedding.local import PhotoVector
from twinlens.types import Embeddings

_PHOTO_COLUMNS = (
    "folder_id path size_bytes mtime_ns content_hash width height taken_at utc_offset_minutes "
    "camera latitude longitude date_source duration_ms file_rating beside skip_reason reader_version generation"
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

    def put_photo(
        self,
        file: FileState,
        details: PhotoDetails,
        vector: PhotoVector,
        *,
        reader_version: int,
        has_texts: bool = True,
    ) -> None:
        """Adds a photo with its vector, or replaces the one at its path.

        Args:
            file: its path, and what shows whether it has changed.
            details: what its content says.
            vector: of its content.
            reader_version: of the reader of the content.
            has_texts: False if it was not read for texts and stars, as by an earlier release.
        """
        photo_id = self._put(file, details, None, reader_version, has_texts=has_texts)
        self._connection.execute(
            "INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)",
            (photo_id, blob(vector.embedding), halves_blob(vector.features)),
        )
        self._connection.execute("DELETE FROM removed WHERE photo_id = ?", (photo_id,))
        self._connection.execute("DELETE FROM next_vectors WHERE photo_id = ?", (photo_id,))  # of the old content
        self._drop_moments(photo_id)
        self._show_captions(photo_id)

    def put_skipped(self, file: FileState, reason: str, *, reader_version: int) -> None:
        """Records a file that cannot be read, so that it is not tried in every run."""
        photo_id = self._put(file, None, reason, reader_version)
        self._drop_moments(photo_id)
        self._connection.execute("DELETE FROM next_vectors WHERE photo_id = ?", (photo_id,))
        if self._connection.execute("DELETE FROM vectors WHERE photo_id = ?", (photo_id,)).rowcount:
            self._mark_removed(photo_id)
            self._hide_captions(photo_id)

    def refresh(self, photo_id: int, file: FileState, details: PhotoDetails, *, reader_version: int) -> bool:
        """Updates what is known of a photo whose content has not changed; returns whether that is something new."""
        before = content_details(self._connection, photo_id)
        now = dated(details, file.path, file.mtime_ns)
        if is_new := before != now:
            sql = "SELECT generation FROM photos WHERE id = ?"
            (generation,) = self._connection.execute(sql, (photo_id,)).fetchone()
            self._put(file, details, None, reader_version)
            self._connection.execute("UPDATE photos SET generation = ? WHERE id = ?", (generation, photo_id))
            note_reworded(self._connection, photo_id, self._generation)
        else:
            self._connection.execute(
                "UPDATE photos SET size_bytes = ?, mtime_ns = ?, reader_version = ?, skip_reason = NULL WHERE id = ?",
                (file.size_bytes, file.mtime_ns, reader_version, photo_id),
            )
        return is_new

    def put_beside(self, photo_id: int, mark: str, beside: Beside, content: PhotoDetails | None = None) -> None:
        """Stores what the files beside a photo say, in place of what others have said before.

        Args:
            photo_id: of a searchable photo.
            mark: shows whether the files have changed; "" = there are none.
            beside: what they say.
            content: what the photo's content says; None = as it is on record.
        """
        sql = "SELECT path, mtime_ns, taken_at, utc_offset_minutes, date_source FROM photos WHERE id = ?"
        path, mtime_ns, *date = self._connection.execute(sql, (photo_id,)).fetchone()
        content = content or content_details(self._connection, photo_id)
        known = with_beside(content, beside)
        if known.date_source is None or known.date_source in OUTSIDE:
            told = Moment(*date) if date[2] in OUTSIDE else None
            known = with_moment(known, moved_moment(told, path, mtime_ns))
        self._connection.execute(
            f"UPDATE photos SET ({DETAILS}, file_rating, beside) = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) WHERE id = ?",
            (*_columns_of(known), mark, photo_id),
        )
        keep_content_details(self._connection, photo_id, content if mark else None)
        put_texts(self._connection, photo_id, known)
        note_reworded(self._connection, photo_id, self._generation)  # its date or position may have changed alone

    def read_again(self, photo_id: int, reason: str) -> None:
        """Drops a photo's vector: the next index run reads its file again. Captions and marks are kept."""
        self._connection.execute(
            "UPDATE photos SET skip_reason = ?, reader_version = 0, generation = ? WHERE id = ?",
            (reason, self._generation, photo_id),
        )
        self._connection.execute("DELETE FROM vectors WHERE photo_id = ?", (photo_id,))
        self._connection.execute("DELETE FROM next_vectors WHERE photo_id = ?", (photo_id,))
        self._drop_moments(photo_id)
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
        note_reworded(self._connection, photo_id, self._generation)

    def remove(self, photo_id: int) -> None:
        """Removes a photo; what was given to it is kept by its content."""
        self.set_aside(photo_id)
        if self._connection.execute("DELETE FROM vectors WHERE photo_id = ?", (photo_id,)).rowcount:
            self._mark_removed(photo_id)
        self._drop_moments(photo_id)
        self._connection.execute("DELETE FROM photos WHERE id = ?", (photo_id,))

    def set_aside(self, photo_id: int) -> None:
        """Takes away what was given to a photo, and keeps it by content."""
        keep_given(self._connection, photo_id)
        note_seen(self._connection, photo_id)
        self._hide_captions(photo_id)
        for given in GIVEN.values():
            self._connection.execute(f"DELETE FROM {given.table} WHERE photo_id = ?", (photo_id,))
        note_reworded(self._connection, photo_id, self._generation)

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
        self.reword(gained)
        self._connection.execute("DELETE FROM kept WHERE content_hash = ? AND kind = ? AND value = ?", kept[:3])
        return gained

    def put_moments(self, photo_id: int, moments: Iterable[tuple[int, PhotoVector]]) -> None:
        """Stores frames of a video, by their times in milliseconds, in place of those that it had."""
        self._drop_moments(photo_id)
        self._connection.executemany(
            "INSERT OR IGNORE INTO moments (photo_id, at_ms, embedding, features, generation) VALUES (?, ?, ?, ?, ?)",
            [
                (photo_id, at_ms, blob(vector.embedding), halves_blob(vector.features), self._generation)
                for at_ms, vector in moments
            ],
        )

    def copy_moments(self, video: WaitingVideo) -> bool:
        """Gives a video the moments of another one with the same content; whether there is one."""
        known = "SELECT photo_id FROM moments JOIN photos ON photos.id = photo_id WHERE content_hash = ? LIMIT 1"
        copied = self._connection.execute(
            "INSERT OR IGNORE INTO moments (photo_id, at_ms, embedding, features, generation) "
            f"SELECT ?, at_ms, embedding, features, ? FROM moments WHERE photo_id = ({known}) ORDER BY at_ms",
            (video.id, self._generation, video.content_hash),
        )
        return copied.rowcount > 0

    def put_caption(self, photo_id: int, text: str, embedding: Embeddings) -> None:
        """Adds a caption with its embedding [D], or replaces it if the photo already has it."""
        self._connection.execute(
            "INSERT INTO captions (photo_id, text, embedding, generation) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (photo_id, text) "
            "DO UPDATE SET embedding = excluded.embedding, generation = excluded.generation",
            (photo_id, text, blob(embedding), self._generation),
        )
        note_reworded(self._connection, photo_id, self._generation)

    def remove_caption(self, caption_id: int) -> None:
        """Removes a caption."""
        self._connection.execute(
            "INSERT OR REPLACE INTO removed_captions VALUES (?, ?)", (caption_id, self._generation)
        )
        sql = "DELETE FROM captions WHERE id = ? RETURNING photo_id"
        for (photo_id,) in self._connection.execute(sql, (caption_id,)).fetchall():
            note_reworded(self._connection, photo_id, self._generation)

    def put_read_texts(self, texts: Iterable[tuple[bytes, str | None]]) -> None:
        """Stores what was read in pictures, by content; None = it is unlikely to hold text, and was not read."""
        self.reword(put_read_texts(self._connection, texts))

    def reword(self, photo_ids: Iterable[int]) -> None:
        """Notes that texts of photos have changed, such as their tags."""
        for photo_id in photo_ids:
            note_reworded(self._connection, photo_id, self._generation)

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
        self._drop_moments()  # the next index run embeds them with the new model
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

    def _put(
        self,
        file: FileState,
        details: PhotoDetails | None,
        reason: str | None,
        reader_version: int,
        *,
        has_texts: bool = True,
    ) -> int:
        known = dated(details, file.path, file.mtime_ns) if details else PhotoDetails(0, 0)
        self._keep_of_earlier_content(file)
        row = self._connection.execute(
            _PUT_PHOTO,
            (
                *file,
                *_columns_of(known),
                "" if has_texts else None,
                reason,
                reader_version,
                self._generation,
            ),
        ).fetchone()
        photo_id = int(row[0])
        keep_content_details(self._connection, photo_id, None)
        if put_texts(self._connection, photo_id, known):
            note_reworded(self._connection, photo_id, self._generation)
        return photo_id

    def _keep_of_earlier_content(self, file: FileState) -> None:
        """Keeps a copy of what was given to the content that a path had until now; the path has it, too."""
        earlier = self._connection.execute(
            "SELECT id FROM photos WHERE folder_id = ? AND path = ? AND content_hash IS NOT ?",
            (file.folder_id, file.path, file.content_hash),
        ).fetchone()
        if earlier is not None:
            keep_given(self._connection, earlier[0])
            note_seen(self._connection, earlier[0])
            note_reworded(self._connection, earlier[0], self._generation)  # what is written in it is another text

    def _date_again(self, photo_id: int, file: FileState) -> None:
        """A date that is not from the photo's content may depend on the file's name and date."""
        columns = "taken_at, utc_offset_minutes, date_source"
        row = self._connection.execute(f"SELECT {columns} FROM photos WHERE id = ?", (photo_id,)).fetchone()
        known = None if row is None or row[0] is None else Moment(*row)
        found = moved_moment(known, file.path, file.mtime_ns)
        if found is not None and found != known:
            self._connection.execute(f"UPDATE photos SET ({columns}) = (?, ?, ?) WHERE id = ?", (*found, photo_id))
            note_reworded(self._connection, photo_id, self._generation)

    def _drop_moments(self, photo_id: int | None = None) -> None:
        """Of a video, or of all."""
        where, of = ("", ()) if photo_id is None else (" WHERE photo_id = ?", (photo_id,))
        noted = "INSERT OR REPLACE INTO removed_moments SELECT id, ? FROM moments"
        self._connection.execute(noted + where, (self._generation, *of))
        self._connection.execute(f"DELETE FROM moments{where}", of)

    def _mark_removed(self, photo_id: int) -> None:
        self._connection.execute("INSERT OR REPLACE INTO removed VALUES (?, ?)", (photo_id, self._generation))


def _columns_of(details: PhotoDetails) -> tuple[Any, ...]:
    """The values of ``DETAILS`` and of the stars."""
    return (
        details.width or None,
        details.height or None,
        details.taken_at,
        details.utc_offset_minutes,
        details.camera,
        details.latitude,
        details.longitude,
        details.date_source,
        details.duration_ms,
        details.rating,
    )
