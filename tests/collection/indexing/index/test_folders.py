"""Folders that are not as they were, and several folders."""

import os
import shutil
from pathlib import Path

import pytest

from collection.indexing.index.conftest import Indexing, counts, reasons
from conftest import PhotoMaker
from twinlens.collection.place.photo_folders import PhotoFolder
from twinlens.errors import CollectionError


def close_folder(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Makes a folder unreadable, for any user."""
    real = os.scandir

    def scandir(path: str | Path) -> object:
        if Path(path) == folder:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)


def test_photos_below_an_unreadable_folder_are_not_dropped(
    three: Indexing, make_photo: PhotoMaker, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_photo("sub/deep/white.png", "white")
    make_photo("subtle.png", "yellow")
    three.run()
    close_folder(monkeypatch, photos / "sub")
    (photos / "subtle.png").unlink()
    report = three.run()
    assert (counts(report), report.images) == ({"removed": 1, "unchanged": 2}, 4)
    assert reasons(report) == {"sub": "folder cannot be opened: Permission denied"}
    monkeypatch.undo()
    assert counts(three.run()) == {"unchanged": 4}


def test_an_emptied_folder_is_an_error_and_nothing_is_lost(three: Indexing, photos: Path) -> None:
    before = three.vectors()
    shutil.rmtree(photos)
    photos.mkdir()
    with pytest.raises(CollectionError, match=r"contains no photos, but 3 were indexed there.*--forget-missing"):
        three.run()
    assert three.vectors() == before


def test_an_emptied_folder_is_forgotten_on_request(three: Indexing, photos: Path) -> None:
    shutil.rmtree(photos)
    photos.mkdir()
    report = three.run(forget_missing=True)
    assert (counts(report), report.images, three.paths()) == ({"removed": 3}, 0, [])


def test_one_emptied_folder_of_two_stops_the_run_before_it_changes_anything(
    three: Indexing, make_photo: PhotoMaker, photos: Path, tmp_path: Path
) -> None:
    more = tmp_path / "more"
    shutil.copytree(photos, more)
    three.catalog.add_folder("more", str(more))
    three.folders = [PhotoFolder(1, photos, "photos/"), PhotoFolder(2, more, "more/")]
    assert counts(three.run()) == {"added": 3, "unchanged": 3}
    make_photo("white.png", "white")
    (photos / "red.png").unlink()
    shutil.rmtree(more)
    more.mkdir()
    generation = three.catalog.generation
    with pytest.raises(CollectionError, match="contains no photos"):
        three.run()
    assert (three.catalog.generation, three.catalog.count()) == (generation, 6)


@pytest.mark.parametrize("forget_missing", [False, True])
def test_a_missing_folder_is_an_error_and_nothing_is_lost(three: Indexing, photos: Path, forget_missing: bool) -> None:
    before = three.vectors()
    shutil.rmtree(photos)
    with pytest.raises(CollectionError, match="is missing; is its disk mounted"):
        three.run(forget_missing=forget_missing)
    photos.write_text("a file now")
    with pytest.raises(CollectionError, match="is not a folder"):
        three.run(forget_missing=forget_missing)
    assert three.vectors() == before


def test_a_folder_without_permission_is_an_error_and_nothing_is_lost(
    three: Indexing, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = three.vectors()
    close_folder(monkeypatch, photos)
    with pytest.raises(CollectionError, match="cannot be opened: no permission"):
        three.run()
    assert three.vectors() == before


@pytest.mark.parametrize("forget_missing", [False, True])
def test_a_folder_that_fails_while_it_is_read_loses_nothing(
    three: Indexing, photos: Path, monkeypatch: pytest.MonkeyPatch, forget_missing: bool
) -> None:
    before, real, calls = three.vectors(), os.scandir, []

    def scandir(path: str | Path) -> object:
        calls.append(path)
        if Path(path) == photos and len(calls) > 1:
            raise OSError(5, "Input/output error", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    try:
        three.run(forget_missing=forget_missing)
    except CollectionError:
        assert not forget_missing
    assert three.vectors() == before


def test_folders_without_any_photo_are_an_error(indexing: Indexing, photos: Path) -> None:
    (photos / "notes.txt").write_text("notes")
    with pytest.raises(CollectionError, match="contains no photos to index, only 1 other file"):
        indexing.run()


def test_a_folder_of_links_that_lead_out_says_how_to_follow_them(three: Indexing, photos: Path, tmp_path: Path) -> None:
    before = three.vectors()
    (photos).rename(tmp_path / "store")
    photos.mkdir()
    for file in (tmp_path / "store").iterdir():
        (photos / file.name).symlink_to(file)
    with pytest.raises(CollectionError, match=r"no photos but \d links that lead out of it.*--follow-links"):
        three.run()
    assert three.vectors() == before
    assert counts(three.run(follow_links=True)) == {"unchanged": 3}


def test_a_new_folder_of_links_that_lead_out_says_how_to_follow_them(
    indexing: Indexing, make_photo: PhotoMaker, photos: Path, tmp_path: Path
) -> None:
    make_photo("a.png").rename(tmp_path / "a.png")
    (photos / "a.png").symlink_to(tmp_path / "a.png")
    with pytest.raises(CollectionError, match="its links lead elsewhere: add --follow-links, or give a folder"):
        indexing.run()
    assert counts(indexing.run(follow_links=True)) == {"added": 1}


def test_ids_of_several_folders_start_with_the_folders_name(three: Indexing, photos: Path, tmp_path: Path) -> None:
    more = tmp_path / "more"
    more.mkdir()
    (more / "bad.jpg").touch()
    (more / "notes.txt").touch()
    shutil.copy(photos / "red.png", more / "red.png")
    three.catalog.add_folder("more", str(more))
    three.folders = [PhotoFolder(1, photos, "photos/"), PhotoFolder(2, more, "more/")]
    report = three.run()
    assert (counts(report), set(reasons(report))) == ({"added": 1, "unchanged": 3}, {"more/bad.jpg", "more/notes.txt"})
    assert three.known("red.png", folder_id=2).id != three.known("red.png").id
