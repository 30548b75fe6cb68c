"""What is written about photos in the catalog: paths and captions, and which photos' texts have changed."""

import sqlite3
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from twinlens.collection.catalog.condition import READ_TEXTS, TEXTS
from twinlens.collection.catalog.database import Database
from twinlens.collection.catalog.rows import id_array, rows_by_id
from twinlens.types import Ids

REWORDED = "reworded"  # the table; missing in a read-only catalog of an older release
# of each table with texts: what gives photo id, kind and text; another table is a line here, and whatever writes to it
# calls ``note_reworded``
_TEXTS = {
    "captions": "SELECT photo_id, 'caption', text FROM captions WHERE photo_id",
    "tags": "SELECT photo_id, 'tag', tag FROM tags WHERE photo_id",
    "albums": "SELECT photo_id, 'album', name FROM album_photos JOIN albums ON albums.id = album_id WHERE photo_id",
    TEXTS: f"SELECT photo_id, kind, text FROM {TEXTS} WHERE photo_id",
    READ_TEXTS: f"SELECT id, 'text', text FROM photos JOIN {READ_TEXTS} USING (content_hash) WHERE text != '' AND id",
}


class WrittenPhoto(NamedTuple):
    """What is written about a photo: its path, and its texts by kind, such as "caption"."""

    id: int
    path: str  # below its photo folder; after the folder's name in a collection of several
    texts: dict[str, list[str]]


class TextDelta(NamedTuple):
    """Photos added (again), those with other texts, and those removed, between two generations."""

    added: Ids
    reworded: Ids
    removed: Ids


class WrittenTexts:
    """Reads the texts of the searchable photos of a catalog."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def has_prefixes(self) -> bool:
        """Whether paths start with the name of their photo folder: the collection has several."""
        return len(self._database.rows("SELECT 1 FROM folders LIMIT 2")) > 1

    def are_logged(self) -> bool:
        """False for a read-only catalog of an older release, which does not know whose texts have changed."""
        return self._database.has_table(REWORDED)

    def changes_since(self, generation: int) -> TextDelta:
        """Photos whose texts may have changed since a generation."""
        queries = (
            "SELECT id FROM photos WHERE generation > ? AND skip_reason IS NULL",
            f"SELECT photo_id FROM {REWORDED} AS changed JOIN photos ON photos.id = photo_id "
            "WHERE changed.generation > ? AND skip_reason IS NULL",
            "SELECT photo_id FROM removed WHERE generation > ?",
        )
        return TextDelta(*(id_array(self._database.rows(sql, (generation,))) for sql in queries))

    def all_ids(self) -> Ids:
        """Ids of all searchable photos, ascending."""
        return id_array(self._database.rows("SELECT id FROM photos WHERE skip_reason IS NULL ORDER BY id"))

    def read(self, ids: Iterable[int]) -> Iterator[WrittenPhoto]:
        """What is written about photos; unknown ids are left out."""
        prefix = "folders.name || '/' || " if self.has_prefixes() else ""
        known = [texts for table, texts in _TEXTS.items() if self._database.has_table(table)]
        select = f"SELECT photos.id, {prefix}photos.path FROM photos JOIN folders ON folders.id = folder_id"
        for rows in rows_by_id(self._database, f"{select} WHERE photos.id", ids):
            photos = {number: WrittenPhoto(number, path, {}) for number, path in rows}
            for texts in known:
                for some in rows_by_id(self._database, texts, photos):
                    for number, kind, text in some:
                        photos[number].texts.setdefault(kind, []).append(text)
            yield from photos.values()


def note_reworded(connection: sqlite3.Connection, photo_id: int, generation: int) -> None:
    """Notes that a photo's path or one of its texts has changed; runs in the caller's transaction."""
    connection.execute(f"INSERT OR REPLACE INTO {REWORDED} VALUES (?, ?)", (photo_id, generation))
