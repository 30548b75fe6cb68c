from pathlib import Path

import pytest

from catalog_photos import put_photos
from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.place.photo_folders import PhotoFolders
from twinlens.errors import CollectionError


@pytest.fixture
def folders(catalog: Catalog, tmp_path: Path) -> PhotoFolders:
    place = tmp_path / "photos" / ".twinlens"
    place.mkdir(parents=True)
    return PhotoFolders(place, catalog)


def test_a_folder_that_holds_the_collection_is_known_by_its_place(folders: PhotoFolders, tmp_path: Path) -> None:
    folders.add(tmp_path / "photos")
    (one,) = folders.all()
    assert (one.path, one.prefix) == (tmp_path / "photos", "")


def test_with_several_folders_ids_start_with_a_name_that_is_there_once(folders: PhotoFolders, tmp_path: Path) -> None:
    for place in ("photos", "more/photos", "old"):
        (tmp_path / place).mkdir(parents=True, exist_ok=True)
        folders.add(tmp_path / place)
        folders.add(tmp_path / place)  # a second time changes nothing
    assert [one.prefix for one in folders.all()] == ["photos/", "photos-2/", "old/"]


def test_folders_that_overlap_are_refused(folders: PhotoFolders, tmp_path: Path) -> None:
    folders.add(tmp_path / "photos")
    for other in (tmp_path / "photos" / "sub", tmp_path):
        with pytest.raises(CollectionError, match="overlap"):
            folders.add(other)


def test_an_id_leads_to_the_folders_that_it_may_be_in(folders: PhotoFolders, tmp_path: Path) -> None:
    for place in ("photos", "old"):
        folders.add(tmp_path / place)
    assert [(folder.prefix, path) for folder, path in folders.of_id("old/a/b.jpg")] == [("old/", "a/b.jpg")]
    assert list(folders.of_id("nowhere/b.jpg")) == []


def test_a_photo_file_is_known_by_its_path_and_through_a_link(
    folders: PhotoFolders, catalog: Catalog, tmp_path: Path
) -> None:
    folders.add(tmp_path / "photos")
    (photo_id,) = put_photos(catalog, ["sub/a.jpg"])
    (tmp_path / "photos" / "sub").mkdir()
    file = tmp_path / "photos" / "sub" / "a.jpg"
    file.write_bytes(b"x")
    (tmp_path / "link").symlink_to(tmp_path / "photos")
    assert folders.ids_of([file, tmp_path / "elsewhere.jpg"]) == {photo_id}
    assert folders.ids_of([tmp_path / "link" / "sub" / "a.jpg"]) == {photo_id}
    assert folders.ids_of([file], unchanged=True) == set()  # neither size nor date are those that were indexed


def test_folders_outside_are_told_where_the_collection_may_have_come_with_the_photos(
    folders: PhotoFolders, catalog: Catalog, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folders.add(tmp_path / "photos")
    folders.tell_outer()
    assert caplog.messages == []
    folders.add(tmp_path / "of\nothers")
    catalog.add_folder("root", "../../..")
    folders.tell_outer()
    outside = [f"{tmp_path}/of\\nothers", str(tmp_path.parent)]
    for place, line in zip(outside, caplog.messages, strict=True):
        assert f"has the photo folder {place};" in line
    caplog.clear()
    PhotoFolders(tmp_path / "elsewhere", catalog).tell_outer()
    assert caplog.messages == []
