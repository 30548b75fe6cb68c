from pathlib import Path

import pytest

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.database import Database
from twinlens.collection.catalog.marks import Marks
from twinlens.collection.catalog.rows import FileState
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
