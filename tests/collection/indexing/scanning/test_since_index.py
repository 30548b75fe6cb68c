from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import PhotoMaker
from twinlens.collection.collection import Collection
from twinlens.collection.indexing.scanning import since_index as module
from twinlens.collection.indexing.scanning.since_index import SinceIndex
from twinlens.collection.place.disk import LAST_SCAN


@pytest.fixture
def indexed(make_photo: PhotoMaker, open_collection: Callable[..., Collection], photos: Path) -> Collection:
    """Photos in the photo folder, in two subfolders and below one of them; and a file of another kind."""
    for number, name in enumerate(("red.png", "a/green.png", "a/deep/blue.png", "a0/black.png", "b/white.png")):
        make_photo(name, seed=number)
    (photos / "b" / "notes.txt").touch()
    collection = open_collection()
    collection.index()
    return collection


def test_nothing_is_different_right_after_a_run(indexed: Collection) -> None:
    assert indexed.since_index() == SinceIndex()


def test_photos_that_came_changed_and_went_are_counted(
    indexed: Collection, make_photo: PhotoMaker, photos: Path
) -> None:
    make_photo("new.png")
    make_photo("c/d/newer.png")
    make_photo("c/newest.png")
    (photos / "a" / "green.png").unlink()
    make_photo("b/changed.png").replace(photos / "b" / "white.png")  # as programs save that are careful
    assert indexed.since_index() == SinceIndex(new=3, changed=1, gone=1)
    indexed.index()
    assert indexed.since_index() == SinceIndex()


def test_what_is_left_out_of_an_index_is_no_news(indexed: Collection, photos: Path) -> None:
    (photos / "a" / ".hidden.png").touch()
    (photos / "b" / "more.txt").touch()
    (photos / "b" / "film.xcf").touch()
    (photos / "@eaDir").mkdir()
    (photos / "@eaDir" / "thumbnail.jpg").touch()
    assert indexed.since_index() == SinceIndex()


def test_a_folder_that_went_takes_its_photos_along(indexed: Collection, photos: Path, tmp_path: Path) -> None:
    (photos / "a").rename(tmp_path / "elsewhere")
    assert indexed.since_index() == SinceIndex(gone=2)


def test_a_library_that_is_not_there_is_not_called_changed(indexed: Collection, photos: Path, tmp_path: Path) -> None:
    for name in ("red.png", "a", "a0", "b"):
        (photos / name).rename(tmp_path / name)
    assert indexed.since_index() == SinceIndex()


def test_a_file_that_was_skipped_is_neither_new_nor_gone(indexed: Collection, photos: Path) -> None:
    (photos / "b" / "cut.jpg").write_text("no photo")
    indexed.index()
    (photos / "b" / "other.txt").touch()
    assert indexed.since_index() == SinceIndex()
    (photos / "b" / "cut.jpg").unlink()
    assert indexed.since_index() == SinceIndex()


def test_a_link_to_a_folder_is_not_followed_and_a_dead_one_is_no_photo(
    indexed: Collection, photos: Path, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "x.png").touch()
    (photos / "linked").symlink_to(tmp_path / "other")
    (photos / "dead.png").symlink_to("nowhere.png")
    (photos / "loop").symlink_to("loop")
    assert indexed.since_index() == SinceIndex()


def test_where_the_last_scan_is_not_known_nothing_is_said(indexed: Collection, make_photo: PhotoMaker) -> None:
    (indexed.path / LAST_SCAN).unlink()
    make_photo("new.png")
    assert indexed.since_index() is None


def test_it_looks_no_longer_than_it_may_and_says_what_it_has_found(
    indexed: Collection, make_photo: PhotoMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_photo("new.png")
    make_photo("b/new.png")
    assert indexed.since_index(within_s=-1) is None
    late = iter([0.0, 0.0, 0.0, 0.0, 0.0])  # until the first entries of the photo folder
    monkeypatch.setattr(module.time, "monotonic", lambda: next(late, 1.0))
    entries = [entry for entry in module._entries(str(indexed.path.parent)) or [] if entry.name == "new.png"]
    monkeypatch.setattr(module, "_entries", lambda _: entries * 9)
    assert indexed.since_index(within_s=0.5) == SinceIndex(new=3, is_complete=False)


def test_a_file_of_a_subfolder_is_not_one_of_the_folder(indexed: Collection, photos: Path) -> None:
    catalog, folder = indexed.catalog, indexed.catalog.folders()[0].id
    assert sorted(catalog.files.directly_in(folder, "")) == ["red.png"]
    assert sorted(catalog.files.directly_in(folder, "a")) == ["a/green.png"]
    assert sorted(catalog.files.directly_in(folder, "a/deep")) == ["a/deep/blue.png"]
    assert catalog.files.directly_in(folder, "nowhere") == {}


def test_the_files_of_a_folder_with_many_are_all_known(indexed: Collection, make_photo: PhotoMaker) -> None:
    names = [f"many/{number:03}.png" for number in range(120)]
    for name in names:
        make_photo(name, size=(8, 8))
    indexed.index()
    assert sorted(indexed.catalog.files.directly_in(1, "many")) == names
