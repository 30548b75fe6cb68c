"""A collection is opened, created and closed."""

from pathlib import Path

import pytest

from collection.opened.conftest import OpenCollection, ids, listing
from conftest import PhotoMaker
from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.collection import Collection
from twinlens.collection.indexing.telling.progress import SilentListener
from twinlens.collection.indexing.telling.report import IndexReport
from twinlens.errors import CatalogDamagedError, CollectionError, CollectionNotFoundError
from twinlens.stores.exact import ExactStore


class TestOpening:
    def test_a_collection_lies_in_its_photo_folder(self, indexed: Collection, photos: Path) -> None:
        assert indexed.path == photos / ".twinlens"
        assert len(indexed) == 4

    def test_a_reopened_collection_gives_the_same_hits(
        self, indexed: Collection, open_collection: OpenCollection, photos: Path
    ) -> None:
        expected = indexed.search("red yellow", k=4)
        for place in (photos, photos / ".twinlens"):
            assert open_collection(place).search("red yellow", k=4) == expected

    def test_reopening_builds_nothing_anew(
        self, indexed: Collection, open_collection: OpenCollection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ExactStore, "update", lambda *_, **__: pytest.fail("the vectors were written again"))
        assert ids(open_collection().search("blue", k=1)) == ["blue.png"]

    def test_the_home_folder_is_filled_in(
        self, indexed: Collection, open_collection: OpenCollection, photos: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HOME", str(photos.parent))
        assert len(open_collection(Path("~/photos"))) == 4

    def test_a_missing_folder_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(CollectionError, match="does not exist"):
            Collection.open(tmp_path / "none")
        assert not (tmp_path / "none").exists()

    def test_a_folder_never_indexed_has_nothing_to_search(self, open_collection: OpenCollection) -> None:
        with pytest.raises(CollectionNotFoundError, match=r"nothing is indexed in .* yet; run: twinlens index"):
            open_collection().search("red")

    def test_a_collection_that_never_got_a_photo_leaves_no_trace(self, models: dict, photos: Path) -> None:
        with Collection.open(photos) as collection, pytest.raises(CollectionError):
            collection.index()
        assert list(photos.iterdir()) == []

    def test_closing_twice_is_harmless(self, indexed: Collection, models: dict, tmp_path: Path) -> None:
        indexed.close()
        indexed.close()
        (tmp_path / "empty").mkdir()
        unused = Collection.open(tmp_path / "empty")
        unused.close()
        unused.close()
        assert list((tmp_path / "empty").iterdir()) == []

    @pytest.mark.parametrize("with_tables", [False, True])
    def test_a_first_run_that_was_killed_at_once_is_no_hindrance(
        self, make_photo: PhotoMaker, open_collection: OpenCollection, photos: Path, with_tables: bool
    ) -> None:
        make_photo("red.png", "red")
        (photos / ".twinlens").mkdir()
        (photos / ".twinlens" / "catalog.sqlite").touch()
        if with_tables:
            Catalog(photos / ".twinlens" / "catalog.sqlite").close()
        collection = open_collection()
        assert collection.index().added == 1
        assert ids(collection.search("red")) == ["red.png"]

    @pytest.mark.parametrize("damage", ["garbage", "cut"])
    def test_a_damaged_catalog_is_named_and_indexing_anew_mends_it(
        self, indexed: Collection, open_collection: OpenCollection, photos: Path, damage: str
    ) -> None:
        indexed.close()
        before = {path: size for path, size in listing(photos).items() if not path.startswith(".twinlens")}
        catalog = photos / ".twinlens" / "catalog.sqlite"
        whole = catalog.read_bytes()
        catalog.write_bytes(b"garbage" * 999 if damage == "garbage" else whole[: len(whole) // 3])
        with pytest.raises(
            CatalogDamagedError, match=r"photos are untouched, .* run 'twinlens repair --in .*/.twinlens'"
        ):
            open_collection().search("red")
        (photos / ".twinlens").rename(photos.parent / "aside")
        mended = open_collection()
        assert mended.index().added == 4
        assert ids(mended.search("red", k=1)) == ["red.png"]
        assert {p: size for p, size in listing(photos).items() if not p.startswith(".twinlens")} == before


def test_a_first_run_that_did_not_end_is_known(open_collection: OpenCollection, make_photo: PhotoMaker) -> None:
    class Stop(SilentListener):
        def advanced(self, done: int, report: IndexReport) -> None:
            raise KeyboardInterrupt

    for number in range(40):
        make_photo(f"{number}.png", "red", seed=number)
    with open_collection() as collection:
        with pytest.raises(KeyboardInterrupt):
            collection.index(listener=Stop())
        assert 0 < len(collection) < 40
        assert not collection.is_complete
        assert not collection.status()["is_complete"]
        collection.index()
        assert collection.is_complete
        assert collection.status()["is_complete"]


def test_a_sub_folder_of_an_indexed_folder_is_not_opened_as_another_collection(
    open_collection: OpenCollection, make_photo: PhotoMaker, photos: Path
) -> None:
    make_photo("sub/a.png")
    with open_collection() as collection:
        collection.index()
    with pytest.raises(CollectionError, match="already indexed; open"):
        Collection.open(photos / "sub")
    assert not (photos / "sub" / ".twinlens").exists()
