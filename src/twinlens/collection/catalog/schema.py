"""The catalog's SQL schema, and its migrations."""

import sqlite3
from collections.abc import Callable
from datetime import datetime
from typing import Any

from twinlens.data.dating.file_date import file_moment
from twinlens.data.dating.file_name import name_moment
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
# what told a photo's date; photos without a date get one from their name or file, without being read again
_DATE_SOURCE = """
ALTER TABLE photos ADD COLUMN date_source TEXT;
UPDATE photos SET taken_at = NULL, utc_offset_minutes = NULL WHERE taken_at IS NOT NULL AND NOT is_plausible(taken_at);
UPDATE photos SET date_source = 'exif' WHERE taken_at IS NOT NULL;
UPDATE photos SET taken_at = name_date(path), utc_offset_minutes = name_zone(path), date_source = 'name'
  WHERE taken_at IS NULL AND skip_reason IS NULL AND name_date(path) IS NOT NULL;
UPDATE photos SET taken_at = file_date(mtime_ns), date_source = 'file'
  WHERE taken_at IS NULL AND skip_reason IS NULL AND file_date(mtime_ns) IS NOT NULL;
"""
_STEPS = (_PHOTOS, _CAPTIONS, _NEXT_MODEL, _FAVOURITES, _DATE_SOURCE)  # step n upgrades schema n - 1 to n
SCHEMA_VERSION = len(_STEPS)


def upgrade(connection: sqlite3.Connection) -> None:
    """Creates missing tables, in the caller's transaction; existing data is kept."""
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    for name, function in _FUNCTIONS.items():
        connection.create_function(name, 1, function)
    for step in _STEPS[version:]:
        for statement in step.split(";\n"):
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {max(version, SCHEMA_VERSION)}")


def _name_date(path: str) -> str | None:
    found = name_moment(path)
    return found and found.taken_at


def _name_zone(path: str) -> int | None:
    found = name_moment(path)
    return found and found.utc_offset_minutes


def _file_date(mtime_ns: int) -> str | None:
    found = file_moment(mtime_ns)
    return found and found.taken_at


def _is_plausible(taken_at: str) -> bool:
    return is_plausible(datetime.fromisoformat(taken_at))


_FUNCTIONS: dict[str, Callable[[Any], str | int | None]] = {  # of ``_DATE_SOURCE``
    "name_date": _name_date,
    "name_zone": _name_zone,
    "file_date": _file_date,
    "is_plausible": _is_plausible,
}
