import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.curated.person import asked_by
from twinlens.collection.catalog.database import Database
from twinlens.collection.catalog.marks import Marks, is_favourite
from twinlens.collection.catalog.portable.carried import CarriedCatalog
from twinlens.collection.catalog.rows import FileState
from twinlens.collection.catalog.schema import upgrade
from twinlens.errors import CollectionError


@pytest.fixture
def three(catalog: Catalog) -> Catalog:
    """Photos 1 to 3, of which the third cannot be read."""
    from catalog_photos import put_photos

    put_photos(catalog, ["b.jpg", "a.jpg"])
    with catalog.writing() as writer:
        writer.put_skipped(FileState(1, "c.jpg", 1, 1, None), "damaged", reader_version=1)
    return catalog


def test_marks_are_counted_when_they_change_something(three: Catalog) -> None:
    assert three.marks.mark([1, 2], is_favourite=True) == 2
    assert three.marks.mark([2, 2], is_favourite=True) == 0
    assert three.marks.mark([1], is_favourite=False) == 1
    assert three.marks.mark([1], is_favourite=False) == 0


def test_favourites_come_by_path_and_only_those_that_can_be_searched(three: Catalog) -> None:
    three.marks.mark([1, 2, 3], is_favourite=True)
    assert three.marks.favourites() == [(1, "a.jpg"), (1, "b.jpg")]


def test_an_id_that_is_not_there_marks_nothing_at_all(three: Catalog) -> None:
    with pytest.raises(CollectionError):
        three.marks.mark([1, 99], is_favourite=True)
    assert three.marks.favourites() == []


def test_a_mark_goes_with_its_photo(three: Catalog) -> None:
    three.marks.mark([1], is_favourite=True)
    with three.writing() as writer:
        writer.remove(1)
    assert three.marks.favourites() == []


def test_a_catalog_without_the_table_knows_no_marks(tmp_path: Path) -> None:
    database = Database(tmp_path / "old.sqlite", create=True)
    with database.transaction() as connection:
        connection.execute("CREATE TABLE photos (id INTEGER)")
    assert not Marks(database).are_known()
    assert Marks(database).favourites() == []
    database.close()


def seen(catalog: Catalog, person: str) -> tuple[list[int], list[int], list[str]]:
    """Photos with a mark: as a condition finds them, as records tell, and by path."""
    with asked_by(person):
        found = catalog.select_ids(is_favourite(catalog)).tolist()
        records = [number for number, record in catalog.photos([1, 2, 3]).items() if record.is_favourite]
        return found, records, [path for _, path in catalog.marks.favourites()]


def test_marks_of_persons_and_those_of_everybody_are_apart(three: Catalog) -> None:
    marked = {"": [1], "ana": [1, 2], "token:ana": [2], "o'hara %? ü": [1]}
    for person, numbers in marked.items():
        with asked_by(person):
            assert three.marks.mark(numbers, is_favourite=True) == len(numbers)
    paths = {1: "b.jpg", 2: "a.jpg"}
    for person, numbers in marked.items():
        assert seen(three, person) == (numbers, numbers, sorted(paths[number] for number in numbers))
    assert seen(three, "an") == ([], [], [])
    with asked_by("ana"):
        assert three.marks.mark([1, 2], is_favourite=False) == 2
    assert seen(three, "ana") == ([], [], [])
    assert seen(three, "") == ([1], [1], ["b.jpg"])


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    """A catalog of schema 16 with two photos, of which one is a favourite."""
    path = tmp_path / "earlier" / "catalog.sqlite"
    path.parent.mkdir()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        upgrade(connection, to=16)
        connection.execute("INSERT INTO meta VALUES ('identity', 'abc'), ('generation', '0')")
        connection.execute("INSERT INTO folders VALUES (1, 'photos', '..')")
        columns = "folder_id, path, size_bytes, mtime_ns, reader_version, generation"
        put = f"INSERT INTO photos ({columns}) VALUES (1, ?, 1, 1, 1, 1)"
        connection.executemany(put, [("b.jpg",), ("a.jpg",)])
        connection.execute("INSERT INTO favourites VALUES (1)")
    return path


def test_marks_of_an_earlier_release_are_everybodys(earlier: Path) -> None:
    with closing(Catalog(earlier)) as catalog:
        assert earlier.with_name("catalog-schema-16.sqlite").exists()
        assert seen(catalog, "") == ([1], [1], ["b.jpg"])
        assert seen(catalog, "ana") == ([], [], [])
        with asked_by("ana"):
            catalog.marks.mark([1, 2], is_favourite=True)
        assert seen(catalog, "ana")[0] == [1, 2]
        assert catalog.rows("PRAGMA integrity_check") == [("ok",)]


def test_in_a_catalog_of_an_earlier_release_that_cannot_be_written_nobody_has_marks_of_their_own(earlier: Path) -> None:
    earlier.chmod(0o444)
    with closing(Catalog(earlier, read_only=True)) as catalog:
        assert seen(catalog, "") == ([1], [1], ["b.jpg"])
        assert seen(catalog, "ana") == ([], [], [])
        (red, _) = CarriedCatalog(catalog).photos()
        assert red.given["favourite"] == [""]
