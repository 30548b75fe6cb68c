"""What people gave to photos that are gone, kept by content until it comes back."""

import sqlite3
from itertools import groupby
from typing import NamedTuple

from twinlens.collection.catalog.database import Database
from twinlens.collection.catalog.repair.mending import TO_READ

KEPT = "kept"  # the table; missing in a read-only catalog of an older release
KEPT_DAYS = 365  # long enough for a disk that is connected once a year
_UNTIL = f"date(gone_on, '+{KEPT_DAYS} days')"
_IS_HERE = "EXISTS (SELECT 1 FROM photos WHERE photos.content_hash = kept.content_hash AND skip_reason IS NULL)"


class Given(NamedTuple):
    """One kind of what people give to photos; its name is in the column ``kind`` of what is kept."""

    table: str  # has one row per photo and value
    value: str  # what was given, in SQL
    give: str  # parameters: photo_id, value, and embedding and generation for a text that is searched
    is_embedded: bool = False


_TAG = "coalesce((SELECT tag FROM tags WHERE key = name_key(:value) LIMIT 1), :value)"  # as other photos have it
# a photo returns to the place in an album that it had, unless somebody has deleted the album meanwhile
_ALBUM = (
    "SELECT id, :photo_id, CAST(json_extract(:value, '$[1]') AS INTEGER) FROM albums "
    "WHERE id = CAST(json_extract(:value, '$[0]') AS INTEGER)"
)

# another kind is a line here
GIVEN = {
    "caption": Given(
        "captions",
        "text",
        "INSERT OR IGNORE INTO captions (photo_id, text, embedding, generation) "
        "VALUES (:photo_id, :value, :embedding, :generation)",
        is_embedded=True,
    ),
    "favourite": Given(  # the value is the person; '' for all
        "favourites", "person", "INSERT OR IGNORE INTO favourites (photo_id, person) VALUES (:photo_id, :value)"
    ),
    "tag": Given(
        "tags",
        "tag",
        f"INSERT OR IGNORE INTO tags (photo_id, tag, key) VALUES (:photo_id, {_TAG}, name_key(:value))",
    ),
    "rating": Given(
        "ratings",
        "CAST(stars AS TEXT)",
        "INSERT OR IGNORE INTO ratings (photo_id, stars) VALUES (:photo_id, CAST(:value AS INTEGER))",
    ),
    "album": Given(
        "album_photos",
        "json_array(album_id, position)",
        f"INSERT OR IGNORE INTO album_photos (album_id, photo_id, position) {_ALBUM}",
    ),
    "feedback": Given(
        "feedback",
        "json_array(subject, is_good, given_at)",
        "INSERT OR IGNORE INTO feedback (photo_id, subject, is_good, given_at) "
        "VALUES (:photo_id, json_extract(:value, '$[0]'), "
        "CAST(json_extract(:value, '$[1]') AS INTEGER), json_extract(:value, '$[2]'))",
    ),
}


_COUNTED = ("caption", "favourite", "tag", "rating", "album")  # as ``KeptCounts`` has them


class Returned(NamedTuple):
    """Something that is kept, and the searchable photos that show its content again."""

    content_hash: bytes
    kind: str
    value: str
    photo_ids: tuple[int, ...]

    @property
    def is_embedded(self) -> bool:
        """Whether its value is a text that must be embedded when it is given back."""
        return GIVEN[self.kind].is_embedded


class KeptCounts(NamedTuple):
    """How much is kept of photos that are gone.

    Attributes:
        photos: different contents.
        captions: kept captions.
        favourites: kept marks.
        tags: kept tags.
        ratings: kept ratings.
        albums: kept places in albums.
        first_until: last day of what is dropped first; None if nothing is kept.
        last_until: the same of what is dropped last.
    """

    photos: int = 0
    captions: int = 0
    favourites: int = 0
    tags: int = 0
    ratings: int = 0
    albums: int = 0
    first_until: str | None = None
    last_until: str | None = None


class Kept:
    """Reads and drops what is kept; a ``CatalogWriter`` keeps it and gives it back."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def counts(self) -> KeptCounts:
        """How much is kept, and until when."""
        if not self._database.has_table(KEPT):
            return KeptCounts()
        kinds = ", ".join(f"count(*) FILTER (WHERE kind = '{kind}')" for kind in _COUNTED)
        sql = f"SELECT count(DISTINCT content_hash), {kinds}, min({_UNTIL}), max({_UNTIL}) FROM kept"
        return KeptCounts(*self._database.rows(sql)[0])

    def returned(self, *, since: int | None = None) -> list[Returned]:
        """What can be given back, because photos with its content are here; in the order in which it was given.

        Args:
            since: only to photos that were written after this generation; None = to all.
        """
        tables = "kept JOIN photos" if since is None else "photos CROSS JOIN kept"  # the few photos first
        rows = self._database.rows(
            f"SELECT kept.content_hash, kind, value, photos.id FROM {tables} USING (content_hash) "
            "WHERE skip_reason IS NULL AND generation > ? ORDER BY kept.rowid, photos.id",
            (-1 if since is None else since,),
        )
        return [
            Returned(content_hash, kind, value, tuple(row[3] for row in same))
            for (content_hash, kind, value), same in groupby(rows, key=lambda row: row[:3])
        ]

    def drop(self, *, all_of_it: bool = False) -> int:
        """Drops what has been kept for ``KEPT_DAYS``, or all that is kept; returns of how many photos.

        What can be given back, because a photo of its content is here, is never dropped.
        """
        due = f"NOT {_IS_HERE}" + ("" if all_of_it else f" AND {_UNTIL} < date('now')")
        with self._database.transaction() as connection:
            contents = connection.execute(f"SELECT count(DISTINCT content_hash) FROM kept WHERE {due}").fetchone()[0]
            if contents:
                connection.execute(f"DELETE FROM kept WHERE {due}")
            return int(contents)


def keep_given(connection: sqlite3.Connection, photo_id: int) -> None:
    """Keeps a copy of what was given to a photo, by its content; runs in the caller's transaction.

    Not of a photo that cannot be read: what was given to it is kept by the content that it had before.
    """
    for kind, given in GIVEN.items():
        connection.execute(
            "INSERT INTO kept (content_hash, kind, value) "
            f"SELECT content_hash, ?, {given.value} FROM photos JOIN {given.table} ON photo_id = photos.id "
            "WHERE photos.id = ? AND (skip_reason IS NULL OR skip_reason = ?) AND content_hash IS NOT NULL "
            f"ORDER BY {given.table}.rowid "
            "ON CONFLICT (content_hash, kind, value) DO UPDATE SET gone_on = excluded.gone_on",
            (kind, photo_id, TO_READ),
        )
