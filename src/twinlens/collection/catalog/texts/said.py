"""What photos' files, and files beside them, say about photos: texts, stars, and which files were read for them."""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any, NamedTuple

from twinlens.collection.catalog.condition import TEXTS
from twinlens.collection.catalog.database import Database
from twinlens.data.exif import PhotoDetails
from twinlens.data.places.gazetteer import place_of

KINDS = ("title", "description", "keyword", "person", "place")
DETAILS = "width, height, taken_at, utc_offset_minutes, camera, latitude, longitude, date_source, duration_ms"
_ALL_DETAILS = f"{DETAILS}, file_rating"


LENS = "lens"  # a kind of text, too, but nothing that people have written


class Told(NamedTuple):
    """What is known from a photo's file and the files beside it; ``place`` by its position."""

    title: str | None = None
    description: str | None = None
    keywords: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    rating: int | None = None
    place: str | None = None
    lens: str | None = None


NOTHING_TOLD = Told()


class BesideMark(NamedTuple):
    """Which files beside a photo were read, with their dates; None if the photo itself was not read for texts."""

    photo_id: int
    mark: str | None


class SaidAbout:
    """Reads what files say; a ``CatalogWriter`` writes it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def is_known(self) -> bool:
        """False for a read-only catalog of an older release, which has no table for texts."""
        return self._database.has_table(TEXTS)

    def of_photo(self, photo_id: int) -> Told:
        """What is known of one photo."""
        if not self.is_known():
            return NOTHING_TOLD
        rating = self._database.rows("SELECT file_rating FROM photos WHERE id = ?", (photo_id,))
        return _told(_texts_of(self._database, photo_id), rating[0][0] if rating else None)

    def marks(self) -> dict[tuple[int, str], BesideMark]:
        """By folder id and path, the searchable photos with files beside them, and those not read for texts."""
        rows = self._database.rows(
            "SELECT folder_id, path, id, beside FROM photos "
            "WHERE (beside IS NULL OR beside != '') AND skip_reason IS NULL"
        )
        return {(folder_id, path): BesideMark(*mark) for folder_id, path, *mark in rows}

    def counts(self) -> dict[str, int]:
        """How many searchable photos have each kind of text, and a rating."""
        if not self.is_known():
            return dict.fromkeys((*KINDS, "rating"), 0)
        skipped = "SELECT id FROM photos WHERE skip_reason IS NOT NULL"  # few, beside those that are not
        sql = f"SELECT count(DISTINCT photo_id) FROM {TEXTS} WHERE kind = ? AND photo_id NOT IN ({skipped}) "
        counts = {kind: int(self._database.rows(sql, (kind,))[0][0]) for kind in KINDS}
        rated = self._database.rows("SELECT count(file_rating) FROM photos WHERE skip_reason IS NULL")
        return counts | {"rating": int(rated[0][0])}


def content_details(database: Database | sqlite3.Connection, photo_id: int) -> PhotoDetails:
    """What a photo's content says, without the files beside it."""
    kept = _rows(database, "SELECT details FROM content_details WHERE photo_id = ?", photo_id)
    if kept and (found := _from_json(kept[0][0])) is not None:
        return found
    (row,) = _rows(database, f"SELECT {_ALL_DETAILS} FROM photos WHERE id = ?", photo_id)
    *known, duration_ms, rating = row
    told = _told(_texts_of(database, photo_id), rating)._asdict() | {"duration_ms": duration_ms}
    del told["place"]
    return PhotoDetails(*known, **told)


def put_texts(connection: sqlite3.Connection, photo_id: int, details: PhotoDetails) -> bool:
    """Stores a photo's texts in place of those that it had; returns whether they differ."""
    texts = [*_listed(details)]
    if sorted(texts) == sorted(_texts_of(connection, photo_id)):
        return False
    connection.execute(f"DELETE FROM {TEXTS} WHERE photo_id = ?", (photo_id,))
    connection.executemany(f"INSERT INTO {TEXTS} VALUES (?, ?, ?)", [(photo_id, *text) for text in texts])
    return True


def keep_content_details(connection: sqlite3.Connection, photo_id: int, details: PhotoDetails | None) -> None:
    """Remembers what the content says while files beside it say more; None = there are none any more."""
    if details is None:
        connection.execute("DELETE FROM content_details WHERE photo_id = ?", (photo_id,))
        return
    known = {name: value for name, value in asdict(details).items() if value not in (None, ())}
    connection.execute("INSERT OR REPLACE INTO content_details VALUES (?, ?)", (photo_id, json.dumps(known)))


def _listed(details: PhotoDetails) -> Iterator[tuple[str, str]]:
    for kind, text in (("title", details.title), ("description", details.description), (LENS, details.lens)):
        if text:
            yield kind, text
    yield from (("keyword", word) for word in details.keywords)
    yield from (("person", name) for name in details.people)
    position = details.latitude, details.longitude
    if position[0] is not None and position[1] is not None and (place := place_of(position[0], position[1])):
        yield "place", place


def _told(texts: Iterable[tuple[str, str]], rating: int | None) -> Told:
    by_kind: dict[str, list[str]] = {kind: [] for kind in (*KINDS, LENS)}
    for kind, text in texts:
        by_kind.setdefault(kind, []).append(text)
    title, description, place, lens = (
        next(iter(by_kind[kind]), None) for kind in ("title", "description", "place", LENS)
    )
    return Told(title, description, tuple(by_kind["keyword"]), tuple(by_kind["person"]), rating, place, lens)


def _texts_of(database: Database | sqlite3.Connection, photo_id: int) -> list[tuple[str, str]]:
    return _rows(database, f"SELECT kind, text FROM {TEXTS} WHERE photo_id = ? ORDER BY rowid", photo_id)


def _rows(database: Database | sqlite3.Connection, sql: str, photo_id: int) -> list[Any]:
    if isinstance(database, Database):
        return database.rows(sql, (photo_id,))
    return database.execute(sql, (photo_id,)).fetchall()


def _from_json(text: str) -> PhotoDetails | None:
    """None if it was overwritten."""
    try:
        known: dict[str, Any] = json.loads(text)
        known |= {name: tuple(map(str, known.get(name, ()))) for name in ("keywords", "people")}
        return PhotoDetails(**known)
    except (ValueError, TypeError, AttributeError):
        return None
