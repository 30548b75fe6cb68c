"""Which missing photos may be on a disk that is not mounted, and what is remembered of disks."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.indexing.scanning.found_files import FoundFile, FoundFiles
from twinlens.collection.indexing.scanning.missing import (
    EMPTY,
    KEY,
    NO_DISK,
    OTHER_DISK,
    MissingFolder,
    doubtful_folders,
    is_below,
    kept_folders,
)
from twinlens.collection.indexing.scanning.scan import Scan
from twinlens.collection.place.photo_folders import PhotoFolder


def scan(*folders: str, photos: Sequence[str] = (), disks: Sequence[str] = ()) -> Scan:
    """A photo folder with some subfolders, of which some are mount points."""
    return Scan(
        FoundFiles(FoundFile(path, 1, 1) for path in photos),
        folders={path: path in disks for path in ("", *folders, *disks)},
    )


# --- doubtful folders -------------------------------------------------------------------------


@pytest.mark.parametrize("missing", ["a/x.jpg", "a/b/x.jpg", "a/b/c/x.jpg"])
def test_an_existing_folder_without_photos_is_doubtful_at_any_depth(missing: str) -> None:
    folder = missing.rpartition("/")[0]
    folders = [folder[:end] for end in range(1, len(folder) + 1, 2)]
    photos = ["y.jpg", "a/y.jpg", "a/b/y.jpg"][: len(folders)]
    assert doubtful_folders(scan(*folders, photos=photos), [missing], []) == [MissingFolder(folder, 1, EMPTY)]


def test_a_folder_with_other_photos_is_not_doubtful() -> None:
    assert doubtful_folders(scan("a", photos=["a/y.jpg"]), ["a/x.jpg", "z.jpg"], []) == []


def test_a_deleted_folder_is_not_doubtful_but_its_emptied_parent_is() -> None:
    assert doubtful_folders(scan(photos=["y.jpg"]), ["a/b/x.jpg"], []) == []
    assert doubtful_folders(scan("a", photos=["y.jpg"]), ["a/b/x.jpg"], []) == [MissingFolder("a", 1, EMPTY)]


def test_emptied_folders_are_named_by_the_folder_around_all_that_is_missing() -> None:
    found = scan("2023", "2023/may", "2023/may/one", "2023/may/two", photos=["y.jpg"])
    missing = ["2023/may/one/x.jpg", "2023/may/two/x.jpg", "2023/may/two/z.jpg"]
    assert doubtful_folders(found, missing, []) == [MissingFolder("2023/may", 3, EMPTY)]
    assert doubtful_folders(found, missing[1:], []) == [MissingFolder("2023/may/two", 2, EMPTY)]


def test_a_disk_that_was_unmounted_is_doubtful_although_its_place_holds_photos_or_is_gone() -> None:
    assert doubtful_folders(scan("usb", photos=["usb/y.jpg"]), ["usb/x.jpg"], ["usb"]) == [
        MissingFolder("usb", 1, NO_DISK)
    ]
    assert doubtful_folders(scan(photos=["y.jpg"]), ["usb/a/x.jpg"], ["usb"]) == [MissingFolder("usb", 1, NO_DISK)]


def test_a_disk_mounted_over_photos_is_doubtful_unless_nothing_is_known_of_the_last_run() -> None:
    found = scan(photos=["usb/y.jpg"], disks=["usb"])
    assert doubtful_folders(found, ["usb/x.jpg"], []) == [MissingFolder("usb", 1, OTHER_DISK)]
    assert doubtful_folders(found, ["usb/x.jpg"], None) == []
    assert doubtful_folders(found, ["usb/x.jpg"], ["usb"]) == []


def test_a_path_is_below_the_folders_around_it() -> None:
    assert is_below("a/b/x.jpg", {"a"})
    assert is_below("a/b", {"a/b"})
    assert is_below("a", {""})
    assert not is_below("ab/x.jpg", {"a"})


# --- from run to run --------------------------------------------------------------------------


def keep(catalog: Catalog, found: Scan, gone: Sequence[str], *, forget: bool = False) -> list[str]:
    """One run over a photo folder: the subfolders that are kept."""
    folders = [PhotoFolder(1, Path("photos"), "")]
    return [*kept_folders(catalog, folders, {1: found}, [(1, path) for path in gone], forget)[1]]


def test_an_unmounted_disk_is_remembered_as_long_as_its_photos_are_kept(catalog: Catalog) -> None:
    mounted, unmounted = scan(photos=["usb/x.jpg", "y.jpg"], disks=["usb"]), scan("usb", photos=["usb/z.jpg", "y.jpg"])
    assert keep(catalog, mounted, []) == []
    for _ in range(3):
        assert keep(catalog, unmounted, ["usb/x.jpg"]) == ["usb"]
    assert keep(catalog, mounted, []) == []
    assert keep(catalog, unmounted, ["usb/x.jpg"], forget=True) == []
    assert json.loads(catalog.meta(KEY) or "") == {"1": []}


def test_a_disk_that_was_mounted_over_photos_is_asked_about_until_it_is_gone_again(catalog: Catalog) -> None:
    bare, covered = scan("a", photos=["a/x.jpg"]), scan(photos=["a/y.jpg"], disks=["a"])
    assert keep(catalog, bare, []) == []
    for _ in range(2):
        assert keep(catalog, covered, ["a/x.jpg"]) == ["a"]
    assert keep(catalog, bare, []) == []


def test_a_disk_in_a_folder_that_cannot_be_opened_is_remembered(catalog: Catalog) -> None:
    keep(catalog, scan("a", photos=["y.jpg"], disks=["a/usb"]), [])
    closed = scan(photos=["y.jpg"])
    closed.unreadable.append(("a", "folder cannot be opened"))
    keep(catalog, closed, [])
    assert keep(catalog, scan("a", photos=["y.jpg", "a/y.jpg"]), ["a/usb/x.jpg"]) == ["a/usb"]


def test_nothing_is_written_when_nothing_has_changed(catalog: Catalog) -> None:
    found = scan(photos=["usb/x.jpg"], disks=["usb"])
    keep(catalog, found, [])
    with catalog.transaction() as connection:
        before = connection.execute("PRAGMA data_version").fetchone(), connection.total_changes
        keep(catalog, found, [])
        assert (connection.execute("PRAGMA data_version").fetchone(), connection.total_changes) == before


@pytest.mark.parametrize("text", ["", "[]", "5", '{"1": 5}', "[" * 100_000, "9" * 5000])
def test_a_list_of_disks_that_is_none_is_written_anew(catalog: Catalog, text: str) -> None:
    catalog.set_meta({KEY: text})
    assert keep(catalog, scan(photos=["y.jpg"]), []) == []
    assert json.loads(catalog.meta(KEY) or "") == {"1": []}
