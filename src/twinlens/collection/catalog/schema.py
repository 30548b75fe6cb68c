"""The catalog's SQL schema, and its migrations."""

import json
import sqlite3
from collections.abc import Callable
from datetime import datetime

from twinlens.collection.catalog.steps.own_favourites import OWN_FAVOURITES
from twinlens.data.dating.file_date import outside_moment
from twinlens.data.dating.moment import is_plausible

_PHOTOS = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE folders (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, path TEXT NOT NULL) STRICT;
CREATE TABLE photos (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  folder_id INTEGER NOT NULL REFERENCES folders(id),
  path TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  mtime_ns INTEGER NOT NULL,
  content_hash BLOB,
  width INTEGER, height INTEGER,
  taken_at TEXT, utc_offset_minutes INTEGER,
  camera TEXT, latitude REAL, longitude REAL,
  skip_reason TEXT,
  reader_version INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  UNIQUE (folder_id, path)
) STRICT;
CREATE INDEX photos_by_hash ON photos(content_hash);
CREATE INDEX photos_by_generation ON photos(generation);
CREATE TABLE vectors (
  photo_id INTEGER PRIMARY KEY REFERENCES photos(id) ON DELETE CASCADE,
  embedding BLOB NOT NULL,
  features BLOB
) STRICT;
CREATE TABLE removed (photo_id INTEGER PRIMARY KEY, generation INTEGER NOT NULL) STRICT;
"""
_CAPTIONS = """
CREATE TABLE captions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  photo_id INTEGER NOT NULL REFERENCES photos(id) ON DELETE CASCADE,
  text TEXT NOT NULL,
  embedding BLOB NOT NULL,
  generation INTEGER NOT NULL,
  UNIQUE (photo_id, text)
) STRICT;
CREATE INDEX captions_by_generation ON captions(generation);
CREATE TABLE removed_captions (caption_id INTEGER PRIMARY KEY, generation INTEGER NOT NULL) STRICT;
"""
# embeddings of the model that the collection is switching to; deleted with their photo or caption
_NEXT_MODEL = """
CREATE TABLE next_vectors (
  photo_id INTEGER PRIMARY KEY REFERENCES photos(id) ON DELETE CASCADE,
  embedding BLOB NOT NULL,
  features BLOB
) STRICT;
CREATE TABLE next_captions (
  caption_id INTEGER PRIMARY KEY REFERENCES captions(id) ON DELETE CASCADE,
  embedding BLOB NOT NULL
) STRICT;
"""
_FAVOURITES = """
CREATE TABLE favourites (photo_id INTEGER PRIMARY KEY REFERENCES photos(id) ON DELETE CASCADE) STRICT;
"""
# what people gave to content that no photo shows any more; its kinds are in kept.py
_KEPT = """
CREATE TABLE kept (
  content_hash BLOB NOT NULL,
  kind TEXT NOT NULL,
  value TEXT NOT NULL,
  gone_on TEXT NOT NULL DEFAULT (date('now')),
  PRIMARY KEY (content_hash, kind, value)
) STRICT;
"""
# what told a photo's date; photos without a date get one from their name or file, without being read again
_DATE_SOURCE = """
ALTER TABLE photos ADD COLUMN date_source TEXT;
UPDATE photos SET taken_at = NULL, utc_offset_minutes = NULL
  WHERE (taken_at < '1981' OR taken_at > '2026') AND NOT is_plausible(taken_at);
UPDATE photos SET date_source = 'exif' WHERE taken_at IS NOT NULL;
UPDATE photos SET date_source = outside_date(path, mtime_ns) WHERE taken_at IS NULL AND skip_reason IS NULL;
UPDATE photos SET taken_at = json_extract(date_source, '$[0]'),
  utc_offset_minutes = json_extract(date_source, '$[1]'), date_source = json_extract(date_source, '$[2]')
  WHERE taken_at IS NULL AND date_source IS NOT NULL;
CREATE INDEX photos_without_date ON photos(id) WHERE taken_at IS NULL OR date_source = 'file';
"""
# a mark is only a number: a second copy of each shows that one was overwritten, and restores lost ones
_MARKS_TWICE = """
CREATE INDEX favourites_twice ON favourites(photo_id);
"""
# photos whose path or texts have changed, which do not change their vectors
_REWORDED = """
CREATE TABLE reworded (photo_id INTEGER PRIMARY KEY, generation INTEGER NOT NULL) STRICT;
CREATE INDEX reworded_by_generation ON reworded(generation);
"""
# what people give to photos by hand; a second index has a copy of each row, as of the favourites
_TAGS_RATINGS_ALBUMS = """
CREATE TABLE tags (
  id INTEGER PRIMARY KEY,
  photo_id INTEGER NOT NULL REFERENCES photos(id) ON DELETE CASCADE,
  tag TEXT NOT NULL,
  key TEXT NOT NULL,
  UNIQUE (photo_id, key)
) STRICT;
CREATE INDEX tags_twice ON tags(key, photo_id, tag);
CREATE TABLE ratings (
  photo_id INTEGER PRIMARY KEY REFERENCES photos(id) ON DELETE CASCADE,
  stars INTEGER NOT NULL CHECK (stars BETWEEN 1 AND 5)
) STRICT;
CREATE INDEX ratings_twice ON ratings(stars, photo_id);
CREATE TABLE albums (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  key TEXT NOT NULL UNIQUE,
  query TEXT NOT NULL
) STRICT;
CREATE INDEX albums_twice ON albums(id, name, key, query);
CREATE TABLE album_photos (
  id INTEGER PRIMARY KEY,
  album_id INTEGER NOT NULL REFERENCES albums(id) ON DELETE CASCADE,
  photo_id INTEGER NOT NULL REFERENCES photos(id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  UNIQUE (photo_id, album_id)
) STRICT;
CREATE INDEX album_photos_twice ON album_photos(album_id, position, photo_id);
"""
# what people said of photos: whether one fits a query, or shows a word of their own; and what was learnt from it
_FEEDBACK = """
CREATE TABLE feedback (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  photo_id INTEGER NOT NULL REFERENCES photos(id) ON DELETE CASCADE,
  subject TEXT NOT NULL,
  is_good INTEGER NOT NULL,
  given_at TEXT NOT NULL DEFAULT (datetime('now')),
  UNIQUE (photo_id, subject)
) STRICT;
CREATE INDEX feedback_by_subject ON feedback(subject);
CREATE TABLE lessons (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  model TEXT NOT NULL,
  learnt_at TEXT NOT NULL DEFAULT (datetime('now')),
  figures TEXT NOT NULL,
  weights BLOB NOT NULL
) STRICT;
"""
# what photos' files and the files beside them say; ``beside`` is NULL until the photo is read for it, '' if nothing is
# beside it, and ``content_details`` is what the content alone says where something is
_SAID = """
ALTER TABLE photos ADD COLUMN file_rating INTEGER;
ALTER TABLE photos ADD COLUMN beside TEXT;
CREATE INDEX photos_with_beside ON photos(id) WHERE beside IS NULL OR beside != '';
CREATE TABLE photo_texts (
  photo_id INTEGER NOT NULL REFERENCES photos(id) ON DELETE CASCADE, kind TEXT NOT NULL, text TEXT NOT NULL
) STRICT;
CREATE INDEX photo_texts_of_photo ON photo_texts(photo_id);
CREATE INDEX photo_texts_by_text ON photo_texts(kind, text);
CREATE TABLE content_details (
  photo_id INTEGER PRIMARY KEY REFERENCES photos(id) ON DELETE CASCADE, details TEXT NOT NULL
) STRICT;
"""
# frames of videos at their times, with embeddings as photos have them
_MOMENTS = """
ALTER TABLE photos ADD COLUMN duration_ms INTEGER;
CREATE INDEX photos_that_last ON photos(id) WHERE duration_ms IS NOT NULL;
CREATE TABLE moments (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  photo_id INTEGER NOT NULL REFERENCES photos(id) ON DELETE CASCADE,
  at_ms INTEGER NOT NULL,
  embedding BLOB NOT NULL,
  features BLOB,
  generation INTEGER NOT NULL,
  UNIQUE (photo_id, at_ms)
) STRICT;
CREATE INDEX moments_by_generation ON moments(generation);
CREATE TABLE removed_moments (moment_id INTEGER PRIMARY KEY, generation INTEGER NOT NULL) STRICT;
"""
# what is written in pictures, by content, one line a piece; NULL = nothing in it looks like writing. The lens of photos
# that an earlier release has indexed is read from their files, without decoding them
_READ_TEXTS = """
CREATE TABLE read_texts (
  content_hash BLOB NOT NULL PRIMARY KEY,
  text TEXT,
  seen_on TEXT NOT NULL DEFAULT (date('now'))
) STRICT;
UPDATE photos SET beside = NULL;
"""
# the library by date, page by page however deep, without sorting it
_BY_DATE = """
CREATE INDEX photos_by_date ON photos(taken_at IS NULL, taken_at DESC, folder_id, path, skip_reason);
"""
# what other people may see by a link: of its key only a hash is kept
_SHARES = """
CREATE TABLE shares (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  heading TEXT NOT NULL,
  digest BLOB NOT NULL,
  shows TEXT NOT NULL,
  with_originals INTEGER NOT NULL,
  made_at TEXT NOT NULL,
  expires_at TEXT,
  revoked_at TEXT,
  opened INTEGER NOT NULL DEFAULT 0
) STRICT;
"""
# the few files that cannot be read, and what is gone, without a look at all rows
_FEW_OF_MANY = """
CREATE INDEX photos_skipped ON photos(folder_id, path, skip_reason) WHERE skip_reason IS NOT NULL;
CREATE INDEX removed_by_generation ON removed(generation);
CREATE INDEX removed_captions_by_generation ON removed_captions(generation);
CREATE INDEX removed_moments_by_generation ON removed_moments(generation);
"""
_STEPS = (
    _PHOTOS,
    _CAPTIONS,
    _NEXT_MODEL,
    _FAVOURITES,
    _KEPT,
    _DATE_SOURCE,
    _MARKS_TWICE,
    _REWORDED,
    _TAGS_RATINGS_ALBUMS,
    _FEEDBACK,
    _SAID,
    _MOMENTS,
    _READ_TEXTS,
    _BY_DATE,
    _SHARES,
    _FEW_OF_MANY,
    OWN_FAVOURITES,
)  # step n upgrades schema n - 1 to n
SCHEMA_VERSION = len(_STEPS)
PLAUSIBLE_VERSION = 1000  # a larger number was overwritten


def upgrade(connection: sqlite3.Connection, *, to: int = SCHEMA_VERSION) -> None:
    """Creates missing tables, in the caller's transaction; existing data is kept."""
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    for name, function in _FUNCTIONS.items():
        connection.create_function(name, -1, function)
    for step in _STEPS[version:to]:
        for statement in step.split(";\n"):
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {max(version, to)}")


def steps_after(version: int) -> list[str]:
    """The statements that change an earlier schema to this one."""
    return [statement for step in _STEPS[version:] for statement in step.split(";\n") if statement.strip()]


def _outside_date(path: str, mtime_ns: int) -> str | None:
    found = outside_moment(path, mtime_ns)
    return found and json.dumps(found)


def _is_plausible(taken_at: str) -> bool:
    return is_plausible(datetime.fromisoformat(taken_at))


_FUNCTIONS: dict[str, Callable[..., str | int | None]] = {  # of ``_DATE_SOURCE``
    "outside_date": _outside_date,
    "is_plausible": _is_plausible,
}
