"""A disk fills up, or what was derived is damaged."""

import errno
import logging
import shutil
from pathlib import Path

import numpy as np
import pytest

from collection.opened.conftest import OpenCollection, ids
from conftest import PhotoMaker
from twinlens.collection.collection import Collection
from twinlens.collection.indexing import indexer as upkeep
from twinlens.errors import CollectionNotFoundError, DiskFullError
from twinlens.stores.exact import ExactStore


class TestFullDisk:
    def test_a_plan_that_does_not_fit_is_refused_before_anything_is_written(
        self, make_photo: PhotoMaker, open_collection: OpenCollection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make_photo("red.png")
        collection = open_collection()
        usage = shutil.disk_usage(collection.path)._replace(free=100)
        monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
        with pytest.raises(DiskFullError, match=r"indexing needs about .* MB .* are free; free some space"):
            collection.index()
        assert (len(collection), collection.catalog.generation) == (0, 0)

    def test_a_disk_that_gets_full_keeps_what_was_committed(
        self, make_photo: PhotoMaker, open_collection: OpenCollection, models: dict
    ) -> None:
        models["default"].dim = 512
        for number in range(80):
            make_photo(f"{number}.png", "red", seed=number)
        collection = open_collection()
        with collection.catalog.transaction() as connection:
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 20}")
        with pytest.raises(DiskFullError, match="indexed before is safe"):
            collection.index()
        kept = len(collection)
        assert 0 < kept < 80
        assert collection.faults() == []
        assert len(collection.search("red", k=100)) == kept
        connection.execute("PRAGMA max_page_count = 100000")
        assert collection.index().added == 80 - kept
        assert collection.faults() == []

    def test_a_full_disk_named_by_the_file_system_is_the_same_error(
        self, indexed: Collection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object, **__: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(upkeep, "index_folders", fail)
        with pytest.raises(DiskFullError, match="no space left"):
            indexed.index()

    def test_vectors_that_cannot_be_written_are_kept_aside(
        self,
        indexed: Collection,
        make_photo: PhotoMaker,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        make_photo("white.png", "white")
        real = ExactStore.update

        def update(store: ExactStore, *args: object, **options: object) -> None:
            if store._folder.is_relative_to(indexed.path):
                raise OSError(errno.ENOSPC, "No space left on device")
            real(store, *args, **options)  # type: ignore[arg-type]

        monkeypatch.setattr(ExactStore, "update", update)
        with caplog.at_level(logging.WARNING):
            assert indexed.index().added == 1
        assert "cannot be written" in caplog.text
        assert ids(indexed.search("white", k=1)) == ["white.png"]
        monkeypatch.undo()


class TestDerivedVectors:
    def test_deleted_vectors_are_made_anew(self, indexed: Collection, open_collection: OpenCollection) -> None:
        expected = indexed.search("red", k=4)
        shutil.rmtree(indexed.path / "exact")
        for collection in (indexed, open_collection()):  # one that held them open, and one that did not
            assert collection.search("red", k=4) == expected
            assert collection.faults() == []

    def test_deleted_vectors_are_made_anew_when_photos_came_meanwhile(
        self, indexed: Collection, open_collection: OpenCollection, make_photo: PhotoMaker
    ) -> None:
        indexed.search("red")
        make_photo("white.png", "white")
        other = open_collection()
        other.index()
        shutil.rmtree(indexed.path / "exact")
        for collection in (indexed, other, open_collection()):
            assert len(collection.search("white", k=9)) == 5
            assert collection.faults() == []

    def test_damaged_vectors_are_made_anew(self, indexed: Collection, open_collection: OpenCollection) -> None:
        expected = indexed.search("red", k=4)
        for file in (indexed.path / "exact").iterdir():
            indexed.close()
            file.write_bytes(b"\x00" * 7)
            collection = open_collection()
            assert collection.search("red", k=4) == expected
            assert collection.faults() == []

    def test_wrong_vectors_are_found_by_the_check(self, indexed: Collection, open_collection: OpenCollection) -> None:
        assert indexed.faults() == []
        with indexed.catalog.transaction() as connection:
            connection.execute("UPDATE vectors SET embedding = (SELECT embedding FROM vectors WHERE photo_id = 2)")
        (fault,) = open_collection().faults()
        assert "differ from the catalog" in fault
        with indexed.catalog.transaction() as connection:
            connection.execute("UPDATE vectors SET embedding = zeroblob(32) WHERE photo_id = 1")
        assert "the embedding of item 1 was overwritten" in open_collection().faults()[0]

    def test_a_missing_vector_is_found_by_the_check(self, indexed: Collection, open_collection: OpenCollection) -> None:
        with indexed.catalog.transaction() as connection:
            connection.execute("UPDATE photos SET skip_reason = 'x' WHERE id = 1")
        assert open_collection().faults() == [
            "the vector files contain 4 photos, the catalog 3",
            "the vector files of features contain 4 features, the catalog 3",
        ]

    def test_a_catalog_put_back_from_a_copy_is_followed(
        self, indexed: Collection, open_collection: OpenCollection, make_photo: PhotoMaker, tmp_path: Path
    ) -> None:
        shutil.copy(indexed.path / "catalog.sqlite", tmp_path / "copy")
        make_photo("white.png", "white")
        indexed.index()
        assert len(indexed.search("red")) == 5
        indexed.close()
        for file in indexed.path.glob("catalog.sqlite-*"):
            file.unlink()
        shutil.copy(tmp_path / "copy", indexed.path / "catalog.sqlite")
        restored = open_collection()
        assert len(restored.search("red")) == 4
        assert restored.faults() == []
        assert restored.index().added == 1
        assert ids(restored.search("white", k=1)) == ["white.png"]

    def test_searching_before_the_first_run_costs_no_second_writing(
        self, make_photo: PhotoMaker, open_collection: OpenCollection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make_photo("red.png")
        collection = open_collection()
        with pytest.raises(CollectionNotFoundError):
            collection.search("red")
        collection.index()
        monkeypatch.setattr(ExactStore, "update", lambda *_, **__: pytest.fail("the vectors were written again"))
        assert ids(open_collection().search("red")) == ["red.png"]


def test_the_store_holds_what_the_catalog_holds(indexed: Collection) -> None:
    store = ExactStore(
        indexed.path / "exact", dim=8, owner=f"{indexed.catalog.identity}/{indexed.catalog.meta('fingerprint')}"
    )
    assert store.generation == indexed.catalog.generation
    np.testing.assert_array_equal(store.ids(), indexed.catalog.select_ids())


def test_a_catalog_put_back_from_a_copy_is_noticed_before_its_generation_catches_up(
    open_collection: OpenCollection, make_photo: PhotoMaker, tmp_path: Path
) -> None:
    make_photo("a.png", "red")
    with open_collection() as collection:
        collection.index()
    catalog = collection.path / "catalog.sqlite"
    shutil.copyfile(catalog, tmp_path / "copy")
    for number, colour in enumerate(("blue", "green", "yellow")):
        make_photo(f"lost{number}.png", colour)
        with open_collection() as collection:
            collection.index()
    for name in ("lost0.png", "lost1.png", "lost2.png"):
        (tmp_path / "photos" / name).unlink()
    shutil.copyfile(tmp_path / "copy", catalog)
    for number, colour in enumerate(("white", "black", "white", "black")):
        make_photo(f"new{number}.png", colour, seed=number)
        with open_collection() as collection:
            collection.index()
            assert collection.faults() == []
            hits = collection.search(colour, k=1)
            assert hits[0].score > 0.95
            assert colour == ("white", "black")[int(hits[0].id[3]) % 2]
