import os
from pathlib import Path

import pytest

from twinlens.collection.place import locate
from twinlens.collection.place.locate import (
    CATALOG_NAME,
    FOLDER_NAME,
    Located,
    default_place,
    find_collection,
    is_collection,
    user_path,
)
from twinlens.errors import CollectionError


def collect(folder: Path) -> Path:
    """Puts a catalog into a collection's folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CATALOG_NAME).touch()
    return folder


def forbid_writing(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    real = os.access
    monkeypatch.setattr(
        os, "access", lambda path, mode: False if mode == os.W_OK and Path(path) == folder else real(path, mode)
    )


# --- finding ----------------------------------------------------------------------------------


def test_a_collection_is_found_in_its_photo_folder(photos: Path) -> None:
    place = collect(photos / FOLDER_NAME)
    assert is_collection(place)
    assert find_collection(photos) == Located(place, photos)
    assert find_collection(place) == Located(place)


def test_a_collection_is_found_from_a_sub_folder_which_is_told(photos: Path) -> None:
    place = collect(photos / FOLDER_NAME)
    (photos / "a" / "b").mkdir(parents=True)
    assert find_collection(photos / "a" / "b") == Located(place, photos, photos / "a" / "b")


def test_the_nearest_collection_counts(photos: Path) -> None:
    collect(photos / FOLDER_NAME)
    inner = collect(photos / "a" / FOLDER_NAME)
    (photos / "a" / "b").mkdir()
    assert find_collection(photos / "a" / "b") == Located(inner, photos / "a", photos / "a" / "b")


def test_a_place_without_collection_has_none(photos: Path) -> None:
    (photos / FOLDER_NAME).mkdir()  # without a catalog in it
    assert find_collection(photos) is None


def test_a_collection_is_found_through_a_link(photos: Path, tmp_path: Path) -> None:
    place = collect(photos / FOLDER_NAME)
    (tmp_path / "shortcut").symlink_to(photos)
    assert find_collection(tmp_path / "shortcut") == Located(place, photos)


def test_a_collection_that_cannot_lie_beside_its_photos_is_found(
    photos: Path, monkeypatch: pytest.MonkeyPatch, own_home: Path
) -> None:
    forbid_writing(monkeypatch, photos)
    place, _ = default_place(photos)
    assert place.is_relative_to(own_home)
    collect(place)
    (photos / "a").mkdir()
    assert find_collection(photos) == Located(place, photos)
    assert find_collection(photos / "a") == Located(place, photos, photos / "a")


# --- the place of a new one -------------------------------------------------------------------


def test_a_new_collection_goes_into_its_photo_folder(photos: Path) -> None:
    assert default_place(photos) == (photos / FOLDER_NAME, None)


def test_a_collection_of_a_folder_that_cannot_be_written_goes_elsewhere(
    photos: Path, monkeypatch: pytest.MonkeyPatch, own_home: Path
) -> None:
    forbid_writing(monkeypatch, photos)
    place, why = default_place(photos)
    assert place.parent == own_home / "collections"
    assert place.name.startswith("photos-")
    assert why == "the folder cannot be written"


def test_a_collection_of_a_network_folder_goes_elsewhere(
    photos: Path, monkeypatch: pytest.MonkeyPatch, own_home: Path
) -> None:
    monkeypatch.setattr(locate, "network_file_system", lambda path: "nfs4")
    place, why = default_place(photos)
    assert place.is_relative_to(own_home)
    assert why == "the folder is on a network file system (nfs4)"


def test_folders_of_one_name_get_different_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locate, "network_file_system", lambda path: "nfs4")
    places = set()
    for parent in ("a", "b"):
        (tmp_path / parent / "photos").mkdir(parents=True)
        places.add(default_place(tmp_path / parent / "photos")[0])
    assert len(places) == 2
    assert default_place(tmp_path / "a" / "photos")[0] in places  # always the same


def test_a_missing_folder_and_a_file_are_errors(tmp_path: Path) -> None:
    with pytest.raises(CollectionError, match="does not exist"):
        default_place(tmp_path / "none")
    (tmp_path / "file").touch()
    with pytest.raises(CollectionError, match="is a file; give the folder"):
        default_place(tmp_path / "file")


@pytest.mark.parametrize("path", ["a\0b", "~nobody-at-all/photos"])
def test_what_no_path_can_be_is_named(path: str) -> None:
    with pytest.raises(CollectionError, match="is not a valid path"):
        user_path(path)
