"""A catalog as the first release made it is brought up to date in place, whole or not at all."""

import os
import shutil
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from conftest import ColourEncoder, PhotoMaker
from twinlens.collection.catalog import schema
from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.collection import Collection
from twinlens.errors import CollectionError, CollectionNotFoundError

FIRST_RELEASE = """
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
INSERT INTO meta VALUES ('identity', 'abc'), ('generation', '7'), ('fingerprint', 'colour0000000001'),
  ('model', 'default'), ('dim', '8'), ('first_index', 'done');
INSERT INTO folders VALUES (1, 'photos', '..');
INSERT INTO removed VALUES (3, 6);
PRAGMA user_version = 1;
"""
NEW_COLUMNS = frozenset({"taken_at", "utc_offset_minutes", "date_source", "file_rating", "beside", "duration_ms"})
TABLES = ("meta", "folders", "photos", "vectors", "removed")
OpenCollection = Callable[..., Collection]


@pytest.fixture
def first(photos: Path, make_photo: PhotoMaker) -> Path:
    """The catalog of red.png and blue.png as the first release left it."""
    path = photos / ".twinlens" / "catalog.sqlite"
    path.parent.mkdir()
    rows = ColourEncoder().encode_text(["red", "blue"])
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(FIRST_RELEASE)
        for number, colour in enumerate(("red", "blue"), start=1):
            file = make_photo(f"{colour}.png", colour).stat()
            connection.execute(
                "INSERT INTO photos (id, folder_id, path, size_bytes, mtime_ns, content_hash, reader_version, "
                "generation) VALUES (?, 1, ?, ?, ?, ?, 1, 5)",
                (number, f"{colour}.png", file.st_size, file.st_mtime_ns, bytes([number]) * 16),
            )
            embedding = rows[number - 1].astype("<f4").tobytes()
            connection.execute("INSERT INTO vectors VALUES (?, ?, NULL)", (number, embedding))
    return path


def contents(path: Path, *, without: frozenset[str] = frozenset()) -> list[list[dict]]:
    """Every row of the first release's tables."""
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        return [
            [
                {name: row[name] for name in row.keys() if name not in without}  # noqa: SIM118 — a Row iterates values
                for row in connection.execute(f"SELECT * FROM {table} ORDER BY 1")
            ]
            for table in TABLES
        ]


def dates(path: Path) -> dict[str, tuple[str | None, int | None, str | None]]:
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT path, taken_at, utc_offset_minutes, date_source FROM photos").fetchall()
    return {name: tuple(date) for name, *date in rows}


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def structure(path: Path) -> list[tuple]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY name").fetchall()


def test_the_first_releases_catalog_gets_captions_and_keeps_every_row(first: Path, tmp_path: Path) -> None:
    before = contents(first, without=NEW_COLUMNS)
    catalog = Catalog(first)
    assert (catalog.identity, catalog.generation, catalog.count()) == ("abc", 7, 2)
    assert (catalog.captions.count(), catalog.integrity_faults()) == (0, [])
    catalog.close()
    assert contents(first, without=NEW_COLUMNS) == before
    assert version(first) == schema.SCHEMA_VERSION
    Catalog(tmp_path / "new.sqlite", create=True).close()
    assert structure(first) == structure(tmp_path / "new.sqlite")


def test_photos_of_an_older_release_get_dates_without_being_read_again(first: Path) -> None:
    noon = int(datetime(2020, 5, 5, 12).timestamp()) * 10**9
    with closing(sqlite3.connect(first)) as connection, connection:
        connection.execute("DELETE FROM photos")
        connection.executemany(
            "INSERT INTO photos (folder_id, path, size_bytes, mtime_ns, taken_at, utc_offset_minutes, skip_reason, "
            "reader_version, generation) VALUES (1, ?, 9, ?, ?, ?, ?, 1, 5)",
            [
                ("shot.jpg", noon, "2019-01-02T03:04:05", 60, None),
                ("unset.jpg", noon, "1980-01-01T00:10:00", 60, None),
                ("a/IMG-20190704-WA0003.jpg", noon, None, None, None),
                ("PXL_20210704_113639123.jpg", noon, None, None, None),
                ("scan.jpg", noon, None, None, None),
                ("nothing.jpg", 0, None, None, None),
                ("20210704_113639.jpg", noon, None, None, "truncated"),
            ],
        )
    Catalog(first).close()
    assert dates(first) == {
        "shot.jpg": ("2019-01-02T03:04:05", 60, "exif"),
        "unset.jpg": ("2020-05-05T12:00:00", None, "file"),
        "a/IMG-20190704-WA0003.jpg": ("2019-07-04T00:00:00", None, "name"),
        "PXL_20210704_113639123.jpg": ("2021-07-04T11:36:39", 0, "name"),
        "scan.jpg": ("2020-05-05T12:00:00", None, "file"),
        "nothing.jpg": (None, None, None),
        "20210704_113639.jpg": (None, None, None),
    }


def test_an_upgrade_that_fails_half_way_changes_nothing(first: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = contents(first), structure(first)
    broken = "CREATE TABLE captions (id INTEGER) STRICT;\nCREATE TABLE meta (key TEXT);\n"
    monkeypatch.setattr(schema, "_STEPS", (schema._PHOTOS, broken))
    with pytest.raises(CollectionError):
        Catalog(first)
    monkeypatch.undo()
    assert (contents(first), structure(first)) == before
    assert version(first) == 1
    Catalog(first).close()
    assert version(first) == schema.SCHEMA_VERSION


def test_many_may_upgrade_the_same_catalog_at_once(first: Path, tmp_path: Path) -> None:
    for attempt in range(10):
        path = tmp_path / f"{attempt}.sqlite"
        shutil.copyfile(first, path)
        together, found = threading.Barrier(6), []

        def upgrade(path: Path = path, together: threading.Barrier = together, found: list = found) -> None:
            together.wait()
            try:
                one = Catalog(path)
                found.append(one.identity)
                one.close()
            except CollectionError as error:
                found.append(str(error))

        threads = [threading.Thread(target=upgrade) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == ["abc"] * 6


def test_a_collection_of_the_first_release_is_searched_and_learns_captions(
    first: Path, open_collection: OpenCollection, tmp_path: Path
) -> None:
    collection = open_collection()
    assert [hit.id for hit in collection.search("blue", k=1)] == ["blue.png"]
    captions = tmp_path / "captions.csv"
    captions.write_text("image,caption\nblue.png,a blue thing\n")
    assert collection.add_captions(captions).added == 1
    assert [hit.caption for hit in collection.search("blue", target="caption")] == ["a blue thing"]
    assert collection.faults() == []
    report = collection.index()
    assert (report.unchanged, report.added) == (2, 0)


def test_a_read_only_collection_of_the_first_release_is_searched_as_it_is(
    first: Path, open_collection: OpenCollection, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.access
    monkeypatch.setattr(
        os, "access", lambda path, mode: real(path, mode) and not (mode == os.W_OK and Path(path) == first.parent)
    )
    before = first.read_bytes()
    collection = open_collection()
    assert [hit.id for hit in collection.search("blue", k=1)] == ["blue.png"]
    assert (collection.faults(), collection.catalog.captions.count()) == ([], 0)
    assert collection.status()["kept"]["photos"] == 0
    assert collection.answer("blue", before="2000").num_undated == 2, "there is no column for the date of the file"
    assert (collection.facts().undated, collection.browse()[0][0].date_source) == (2, None)
    card = collection.photo("blue.png")
    assert card is not None
    assert (card.date_source, card.text, card.told.lens) == (None, None, None)
    assert [collection.count(**{name: "a"}) for name in ("text", "lens")] == [0, 0]
    assert collection.status()["texts"] == {"read": 0, "with_text": 0, "unlikely": 0, "waiting": 2}
    with pytest.raises(CollectionError, match="cannot be written"):
        collection.read_texts()
    for folder in (None, "."):
        with pytest.raises(CollectionNotFoundError, match="no captions are known"):
            collection.search("blue", target="caption", folder=folder)
    collection.close()
    assert first.read_bytes() == before
    assert version(first) == 1


@pytest.mark.parametrize("number", [schema.SCHEMA_VERSION + 1, 99])
def test_a_catalog_of_a_version_still_to_come_is_refused(first: Path, number: int) -> None:
    with closing(sqlite3.connect(first)) as connection:
        connection.execute(f"PRAGMA user_version = {number}")
    before, known = (contents(first), structure(first)), schema.SCHEMA_VERSION
    with pytest.raises(CollectionError, match=rf"newer twinlens: schema {number}, this release has {known}; update"):
        Catalog(first)
    assert (contents(first), structure(first)) == before


def test_what_a_new_catalog_holds_is_what_the_tables_say(catalog: Catalog) -> None:
    with catalog.transaction() as connection:
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert {*TABLES, "captions", "removed_captions", "next_vectors", "next_captions"} <= tables
    np.testing.assert_array_equal(catalog.captions.select_ids(), [])
