"""The catalog: one SQLite file that is the single truth of a collection."""

import sqlite3
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from twinlens.collection.database import Database, damaged
from twinlens.data.exif import PhotoDetails
from twinlens.errors import CatalogDamagedError, CollectionError
from twinlens.types import Embeddings, Features, Ids

SCHEMA_VERSION = 1
_SCHEMA = """
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


@dataclass(frozen=True, slots=True)
class Folder:
    """A photo folder of the collection; ``path`` may be relative to the collection's own folder."""

    id: int
    name: str
    path: str


class KnownFile(NamedTuple):
    """What the catalog remembers of a file, to tell whether it changed."""

    id: int
    size_bytes: int
    mtime_ns: int
    content_hash: bytes | None
    skip_reason: str | None
    reader_version: int


class FileState(NamedTuple):
    """Where a file is and how to tell that it changed."""

    folder_id: int
    path: str  # below the folder, with "/"
    size_bytes: int
    mtime_ns: int
    content_hash: bytes | None


class Vector(NamedTuple):
    """The embedding of record of one photo, and the pooled features it came from."""

    embedding: Embeddings  # [D]
    features: Features | None  # [F]


@dataclass(frozen=True, slots=True)
class PhotoRecord:
    """One photo as results and filters see it."""

    id: int
    folder_id: int
    path: str
    taken_at: str | None


class Changes(NamedTuple):
    """What happened to the vectors between two generations."""

    added: Ids
    removed: Ids


class Catalog(Database):
    """Opens, reads and writes the catalog file.

    One object may be shared between threads: each gets its own connection.

    Args:
        path: the SQLite file.
        create: make the file when it is missing.
        read_only: for media that cannot be written.

    Raises:
        CatalogDamagedError: the file is not a readable catalog.
        CollectionError: it is missing, or of a later version.
    """

    def __init__(self, path: Path, *, create: bool = False, read_only: bool = False) -> None:
        if not create and not path.is_file():
            raise CollectionError(f"there is no catalog at {path}")
        super().__init__(path, read_only=read_only)
        try:
            with self.errors():
                self._prepare()
        except BaseException:
            self.close()
            raise

    # --- what the collection is -------------------------------------------------------------

    def meta(self, key: str) -> str | None:
        """A remembered value, as ``fingerprint``."""
        rows = self.rows("SELECT value FROM meta WHERE key = ?", (key,))
        return rows[0][0] if rows else None

    def set_meta(self, values: Mapping[str, str]) -> None:
        """Remembers values, all or none."""
        with self.transaction() as connection:
            connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", list(values.items()))

    @property
    def identity(self) -> str:
        """An id made with the catalog; derived files carry it."""
        return self.meta("identity") or ""

    @property
    def generation(self) -> int:
        """Grows with every commit that changes photos."""
        return int(self.meta("generation") or 0)

    def folders(self) -> list[Folder]:
        """The photo folders, oldest first."""
        return [Folder(*row) for row in self.rows("SELECT id, name, path FROM folders ORDER BY id")]

    def add_folder(self, name: str, path: str) -> Folder:
        """Remembers a photo folder."""
        with self.transaction() as connection:
            cursor = connection.execute("INSERT INTO folders (name, path) VALUES (?, ?)", (name, path))
            return Folder(int(cursor.lastrowid or 0), name, path)

    # --- photos: writing --------------------------------------------------------------------

    @contextmanager
    def change(self) -> Iterator["Change"]:
        """One transaction that changes photos: all of it is kept, or nothing."""
        with self.transaction() as connection:
            row = connection.execute("SELECT value FROM meta WHERE key = 'generation'").fetchone()
            generation = int(row[0]) + 1
            connection.execute("UPDATE meta SET value = ? WHERE key = 'generation'", (str(generation),))
            yield Change(connection, generation)

    # --- photos: reading --------------------------------------------------------------------

    def known_files(self) -> dict[tuple[int, str], KnownFile]:
        """Every file ever seen, by folder id and path."""
        rows = self.rows(
            "SELECT folder_id, path, id, size_bytes, mtime_ns, content_hash, skip_reason, reader_version FROM photos"
        )
        return {(row[0], row[1]): KnownFile(*row[2:]) for row in rows}

    def known_file(self, folder_id: int, path: str) -> KnownFile | None:
        """What the catalog remembers of one file."""
        rows = self.rows(
            "SELECT id, size_bytes, mtime_ns, content_hash, skip_reason, reader_version FROM photos "
            "WHERE folder_id = ? AND path = ?",
            (folder_id, path),
        )
        return KnownFile(*rows[0]) if rows else None

    def vector_of_content(self, content_hash: bytes) -> tuple[Vector, PhotoDetails] | None:
        """Vector and details of any photo with this content."""
        rows = self.rows(
            "SELECT embedding, features, width, height, taken_at, utc_offset_minutes, camera, latitude, longitude "
            "FROM photos JOIN vectors ON photo_id = id WHERE content_hash = ? AND skip_reason IS NULL LIMIT 1",
            (content_hash,),
        )
        if not rows:
            return None
        embedding, features, *details = rows[0]
        return Vector(_floats(embedding), None if features is None else _halves(features)), PhotoDetails(*details)

    def skipped(self) -> list[tuple[int, str, str]]:
        """Folder id, path and reason of each file that could not be used."""
        return self.rows(
            "SELECT folder_id, path, skip_reason FROM photos WHERE skip_reason IS NOT NULL ORDER BY folder_id, path"
        )

    def count(self) -> int:
        """Number of searchable photos."""
        return int(self.rows("SELECT count(*) FROM photos WHERE skip_reason IS NULL")[0][0])

    def select_ids(self, condition: str, parameters: Iterable[Any]) -> Ids:
        """Ids of searchable photos for which an SQL condition holds, ascending."""
        rows = self.rows(
            f"SELECT id FROM photos WHERE skip_reason IS NULL AND {condition} ORDER BY id", tuple(parameters)
        )
        return np.fromiter((row[0] for row in rows), dtype=np.int64, count=len(rows))

    def photos(self, ids: Iterable[int]) -> dict[int, PhotoRecord]:
        """Records by id; an id that has gone is missing from the answer."""
        found: dict[int, PhotoRecord] = {}
        wanted = [int(photo_id) for photo_id in ids]
        for start in range(0, len(wanted), 500):  # SQLite limits the number of parameters
            part = wanted[start : start + 500]
            marks = ",".join("?" * len(part))
            for row in self.rows(f"SELECT id, folder_id, path, taken_at FROM photos WHERE id IN ({marks})", part):
                found[row[0]] = PhotoRecord(*row)
        return found

    def id_of(self, folder_id: int, path: str) -> int | None:
        """Id of the searchable photo at a path."""
        rows = self.rows(
            "SELECT id FROM photos WHERE folder_id = ? AND path = ? AND skip_reason IS NULL", (folder_id, path)
        )
        return int(rows[0][0]) if rows else None

    def embedding(self, photo_id: int) -> Embeddings | None:
        """[D], the embedding of record of one photo."""
        rows = self.rows("SELECT embedding FROM vectors WHERE photo_id = ?", (int(photo_id),))
        return _floats(rows[0][0]) if rows else None

    def changes_since(self, generation: int) -> Changes:
        """Which vectors came or went after a generation."""
        added = self.rows(
            "SELECT id FROM photos WHERE generation > ? AND skip_reason IS NULL ORDER BY id", (generation,)
        )
        removed = self.rows("SELECT photo_id FROM removed WHERE generation > ?", (generation,))
        return Changes(
            np.fromiter((row[0] for row in added), dtype=np.int64, count=len(added)),
            np.fromiter((row[0] for row in removed), dtype=np.int64, count=len(removed)),
        )

    def embeddings(self, ids: Ids, *, block: int = 2048) -> Iterator[tuple[Ids, Embeddings]]:
        """Embeddings of record [B, D] for ascending ids, block by block."""
        for start in range(0, len(ids), block):
            part = ids[start : start + block]
            marks = ",".join("?" * len(part))
            rows = self.rows(
                f"SELECT photo_id, embedding FROM vectors WHERE photo_id IN ({marks}) ORDER BY photo_id", part.tolist()
            )
            if rows:
                yield (
                    np.array([row[0] for row in rows], dtype=np.int64),
                    np.stack([_floats(row[1]) for row in rows]),
                )

    def integrity_faults(self) -> list[str]:
        """What SQLite's own check and ours find wrong; empty when all is well."""
        faults = [str(row[0]) for row in self.rows("PRAGMA quick_check(5)") if row[0] != "ok"]
        orphans = self.rows(
            "SELECT count(*) FROM photos LEFT JOIN vectors ON photo_id = id "
            "WHERE skip_reason IS NULL AND photo_id IS NULL"
        )[0][0]
        if orphans:
            faults.append(f"{orphans} photos have no vector")
        return faults

    def _prepare(self) -> None:
        if not self._version() and not self.read_only:
            self._make_schema()
        version = self._version()
        if version > SCHEMA_VERSION:
            raise CollectionError(
                f"{self.path} was written by a later twinlens: schema {version}, this release knows {SCHEMA_VERSION}; "
                "update twinlens"
            )
        if version == 0 and not self._tables():
            raise CollectionError(f"{self.path} is empty and cannot be written")
        if version != SCHEMA_VERSION:
            raise CatalogDamagedError(damaged(self.path, f"schema version {version}"))

    def _make_schema(self) -> None:
        with self.transaction() as connection:
            if self._tables():  # another process was faster, or it is another program's file
                return
            for statement in _SCHEMA.split(";\n"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            start = [("identity", uuid.uuid4().hex), ("generation", "0")]
            connection.executemany("INSERT INTO meta VALUES (?, ?)", start)

    def _version(self) -> int:
        return int(self.rows("PRAGMA user_version")[0][0])

    def _tables(self) -> int:
        return int(self.rows("SELECT count(*) FROM sqlite_master")[0][0])


class Change:
    """Writes of one transaction; each photo it touches gets the transaction's generation."""

    def __init__(self, connection: sqlite3.Connection, generation: int) -> None:
        self._connection = connection
        self._generation = generation

    def put_photo(self, file: FileState, details: PhotoDetails, vector: Vector, *, reader_version: int) -> None:
        """Adds a photo with its vector, or replaces what its path held."""
        photo_id = self._put(file, details, None, reader_version)
        features = None if vector.features is None else vector.features.astype("<f2").tobytes()
        self._connection.execute(
            "INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)",
            (photo_id, vector.embedding.astype("<f4").tobytes(), features),
        )
        self._connection.execute("DELETE FROM removed WHERE photo_id = ?", (photo_id,))

    def put_skipped(self, file: FileState, reason: str, *, reader_version: int) -> None:
        """Remembers a file that cannot be used, so that it is not tried at every run."""
        photo_id = self._put(file, None, reason, reader_version)
        if self._connection.execute("DELETE FROM vectors WHERE photo_id = ?", (photo_id,)).rowcount:
            self._mark_removed(photo_id)

    def touch(self, photo_id: int, file: FileState) -> None:
        """New size and date of a file whose content is the same."""
        self._connection.execute(
            "UPDATE photos SET size_bytes = ?, mtime_ns = ? WHERE id = ?", (file.size_bytes, file.mtime_ns, photo_id)
        )

    def rename(self, photo_id: int, file: FileState) -> None:
        """The photo is at another path now and keeps its vector."""
        self._connection.execute(
            "UPDATE photos SET folder_id = ?, path = ?, size_bytes = ?, mtime_ns = ? WHERE id = ?",
            (file.folder_id, file.path, file.size_bytes, file.mtime_ns, photo_id),
        )

    def remove(self, photo_id: int) -> None:
        """The photo's file is gone."""
        if self._connection.execute("DELETE FROM vectors WHERE photo_id = ?", (photo_id,)).rowcount:
            self._mark_removed(photo_id)
        self._connection.execute("DELETE FROM photos WHERE id = ?", (photo_id,))

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


def _floats(blob: bytes) -> Embeddings:
    return np.frombuffer(blob, dtype="<f4").astype(np.float32, copy=False)


def _halves(blob: bytes) -> Features:
    return np.frombuffer(blob, dtype="<f2").astype(np.float32)
