"""The catalog's SQL schema, and its migrations."""

import sqlite3

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
_STEPS = (_PHOTOS, _CAPTIONS, _NEXT_MODEL, _FAVOURITES)  # step n upgrades schema n - 1 to n
SCHEMA_VERSION = len(_STEPS)
PLAUSIBLE_VERSION = 1000  # a larger number was overwritten


def upgrade(connection: sqlite3.Connection, *, to: int = SCHEMA_VERSION) -> None:
    """Creates missing tables, in the caller's transaction; existing data is kept."""
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    for step in _STEPS[version:to]:
        for statement in step.split(";\n"):
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {max(version, to)}")
