"""All that a collection says of its photos, whatever their numbers, and what people gave to them."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple, Self

from twinlens.collection.collection import Collection

QUERIES = ("red", "green yellow", "blue + 0.5 white", "black - 1.0 red")
_PHOTOS = (
    "SELECT path, size_bytes, mtime_ns, content_hash, width, height, taken_at, camera, date_source, skip_reason, "
    "reader_version, embedding, features FROM photos LEFT JOIN vectors ON photo_id = id"
)
_CAPTIONS = "SELECT content_hash, text, embedding FROM captions JOIN photos ON photos.id = photo_id"
_MARKS = "SELECT path FROM favourites JOIN photos ON id = photo_id"
_GIVEN = (
    "SELECT content_hash, 'caption', text FROM captions JOIN photos ON photos.id = photo_id "
    "UNION SELECT content_hash, 'favourite', '' FROM favourites JOIN photos ON id = photo_id "
    "UNION SELECT content_hash, kind, value FROM kept"
)


class State(NamedTuple):
    """What the catalog says, and what searches find."""

    model: str
    photos: set[tuple[Any, ...]]
    captions: set[tuple[Any, ...]]
    marks: set[tuple[Any, ...]]
    kept: set[tuple[Any, ...]]
    given: set[tuple[Any, ...]]
    found: dict[str, set[tuple[str, float]]]
    found_captions: dict[str, set[tuple[str, str | None, float]]]

    def without_vectors(self) -> Self:
        """The same, without the embeddings of record: those of two models differ."""
        photos, captions = {row[:-2] for row in self.photos}, {row[:-1] for row in self.captions}
        return self._replace(model="", photos=photos, captions=captions)

    @classmethod
    def of(cls, photos: Path) -> Self:
        """The state of a collection, which must be without faults."""
        with Collection.open(photos) as collection:
            assert collection.catalog.integrity_faults() == []
            assert collection.faults() == []
            found = {query: _hits(collection, query) for query in QUERIES} if len(collection) else {}
            has_captions = len(collection) and not collection.catalog.captions.is_empty()
            captions = _all_captions(collection) if has_captions else {}
            with closing(sqlite3.connect(collection.catalog.path)) as connection:
                (model,) = connection.execute("SELECT max(value) FROM meta WHERE key = 'fingerprint'").fetchone()
                tables = [set(connection.execute(sql)) for sql in (_PHOTOS, _CAPTIONS, _MARKS)]
                kept = set(connection.execute("SELECT content_hash, kind, value FROM kept"))
                given = set(connection.execute(_GIVEN))
        return cls(model or "", *tables, kept, given, found, captions)


def _hits(collection: Collection, query: str) -> set[tuple[str, float]]:
    hits = collection.search(query, k=10_000)
    scores = [hit.score for hit in hits if not hit.found_by]  # what is named so comes before
    assert scores == sorted(scores, reverse=True), [(hit.id, hit.score, hit.found_by) for hit in hits]
    return {(hit.id, round(hit.score, 4)) for hit in hits}


def _all_captions(collection: Collection) -> dict[str, set[tuple[str, str | None, float]]]:
    return {
        query: {
            (hit.id, hit.caption, round(hit.score, 4)) for hit in collection.search(query, target="caption", k=10_000)
        }
        for query in QUERIES
    }
