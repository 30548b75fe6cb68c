"""Photos that moved to another folder or disk keep all that they were given, and are not read again."""

import os
import shutil
import unicodedata
from pathlib import Path

import pytest

from collection.portable.conftest import OpenCollection, given
from conftest import ColourEncoder, draw_photo
from twinlens.collection.collection import Collection
from twinlens.collection.place import locate
from twinlens.collection.place.disk import only_writer
from twinlens.collection.portable.moving import move_photos
from twinlens.errors import AlreadyIndexingError, CollectionError


@pytest.fixture
def apart(library: Collection, photos: Path, models: dict[str, ColourEncoder], tmp_path: Path) -> Collection:
    """The same library, in a place of its own; its photos' folder is about to move."""
    before = given(library)
    library.close()
    shutil.copytree(photos / ".twinlens", tmp_path / "apart")
    shutil.rmtree(photos / ".twinlens")
    collection = Collection(tmp_path / "apart")
    collection.catalog.move_folder(1, str(photos))
    assert given(collection) == before
    return collection


def test_photos_that_moved_are_unchanged_for_the_next_index(apart: Collection, photos: Path, tmp_path: Path) -> None:
    before = given(apart)
    photos.rename(tmp_path / "disk")
    moved = move_photos(apart.catalog, tmp_path / "disk")
    assert (moved.photos, moved.here, moved.missing, moved.collection) == (3, 3, 0, apart.path)
    assert given(apart) == before
    report = apart.index()
    assert (report.added, report.updated, report.renamed, report.removed, report.unchanged) == (0, 0, 0, 0, 3)
    apart.close()


def test_a_copy_on_a_disk_with_coarse_dates_in_local_time_is_unchanged(
    apart: Collection, photos: Path, tmp_path: Path
) -> None:
    disk = Path(shutil.copytree(photos, tmp_path / "disk"))
    for number, file in enumerate(sorted(disk.rglob("*.png"))):
        moment = file.stat().st_mtime_ns // 10**9 // 2 * 2 + 7200 * number
        os.utime(file, (moment, moment))
    assert move_photos(apart.catalog, disk).here == 3
    report = apart.index()
    assert (report.updated, report.unchanged) == (0, 3)
    apart.close()


def test_names_whose_accents_are_written_in_another_way_are_the_same(apart: Collection, tmp_path: Path) -> None:
    folder = apart.folders()[0].path
    draw_photo(folder / unicodedata.normalize("NFC", "été.png"), "green")
    apart.index()
    apart.ratings.rate(3, ["été.png"])
    disk = folder.rename(tmp_path / "disk")
    (disk / unicodedata.normalize("NFC", "été.png")).rename(disk / unicodedata.normalize("NFD", "été.png"))
    assert move_photos(apart.catalog, disk).missing == 0
    assert apart.index().renamed == 0
    assert apart.ratings.of("été.png") == 3
    apart.close()


def test_a_collection_inside_its_photos_goes_where_they_are(
    library: Collection, photos: Path, open_collection: OpenCollection, tmp_path: Path
) -> None:
    before, old = given(library), library.path
    library.close()
    disk = Path(shutil.copytree(photos, tmp_path / "disk", ignore=shutil.ignore_patterns(".twinlens")))
    (old / "notes.txt").write_text("mine")
    moved = move_photos(open_collection().catalog, disk)
    assert moved.collection == disk / ".twinlens"
    assert [file.name for file in old.iterdir()] == ["notes.txt"]
    there = open_collection(disk)
    assert given(there) == before
    assert there.index().unchanged == 3
    assert there.faults() == []


def test_a_move_that_was_interrupted_before_its_last_step_is_finished(
    library: Collection, photos: Path, open_collection: OpenCollection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = given(library)
    library.close()
    disk = Path(shutil.copytree(photos, tmp_path / "disk", ignore=shutil.ignore_patterns(".twinlens")))

    def interrupted(_: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("twinlens.collection.portable.moving.remove_ours", interrupted)
        with pytest.raises(KeyboardInterrupt):
            move_photos(open_collection().catalog, disk)
    move_photos(open_collection().catalog, disk)
    assert not (photos / ".twinlens").exists()
    assert given(open_collection(disk)) == before


def test_a_collection_in_the_data_folder_is_found_for_the_new_folder(
    library: Collection, photos: Path, open_collection: OpenCollection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = given(library)
    library.close()
    elsewhere = locate._elsewhere(photos)
    elsewhere.parent.mkdir(parents=True)
    shutil.move(photos / ".twinlens", elsewhere)
    collection = Collection(elsewhere)
    collection.catalog.move_folder(1, str(photos))
    disk = photos.rename(tmp_path / "disk")
    with monkeypatch.context() as patch:  # the new folder cannot be written either
        patch.setattr(locate.os, "access", lambda place, _: Path(place) != disk)
        moved = move_photos(collection.catalog, disk)
    assert moved.collection == locate._elsewhere(disk)
    assert not elsewhere.exists()
    assert given(open_collection(disk)) == before


@pytest.mark.parametrize("force", [False, True])
def test_a_folder_without_any_of_the_photos_is_refused_unless_forced(
    apart: Collection, tmp_path: Path, force: bool
) -> None:
    other = draw_photo(tmp_path / "other" / "x.png").parent
    if force:
        assert move_photos(apart.catalog, other, force=True).missing == 3
        assert apart.folders()[0].path == other
    else:
        with pytest.raises(CollectionError, match=r"none of the 3 photos .* such as .*png; nothing was changed"):
            move_photos(apart.catalog, other)
        assert apart.folders()[0].path != other
    apart.close()


def test_a_trial_changes_nothing_and_an_index_run_excludes_a_move(
    apart: Collection, photos: Path, tmp_path: Path
) -> None:
    disk = photos.rename(tmp_path / "disk")
    assert move_photos(apart.catalog, disk, dry_run=True).here == 3
    assert apart.folders()[0].path == photos
    with only_writer(apart.path), pytest.raises(AlreadyIndexingError):
        move_photos(apart.catalog, disk)
    with pytest.raises(CollectionError, match="is no folder"):
        move_photos(apart.catalog, tmp_path / "nowhere")
    apart.close()


def test_of_several_folders_the_one_that_is_missing_is_meant(apart: Collection, photos: Path, tmp_path: Path) -> None:
    second = draw_photo(tmp_path / "second" / "x.png", "green").parent
    apart._folders.add(second)
    apart.index()
    with pytest.raises(CollectionError, match=r"--folder NAME, one of: photos \(.*\), second \("):
        move_photos(apart.catalog, tmp_path)
    disk = second.rename(tmp_path / "disk")
    assert move_photos(apart.catalog, disk).here == 1
    assert [folder.path for folder in apart.folders()] == [photos, disk]
    with pytest.raises(CollectionError, match="overlap"):
        move_photos(apart.catalog, photos, folder="second")
    apart.close()


def test_a_collection_of_another_operating_system_finds_its_photos(
    apart: Collection, photos: Path, tmp_path: Path
) -> None:
    before = given(apart)
    apart.catalog.move_folder(1, r"C:\Users\me\Pictures")
    disk = photos.rename(tmp_path / "disk")
    assert move_photos(apart.catalog, disk).here == 3
    assert given(apart) == before
    apart.close()
