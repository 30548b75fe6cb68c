"""A collection has several folders, lies elsewhere, or where nothing can be written."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from collection.opened.conftest import OpenCollection, ids, listing
from conftest import PhotoMaker
from twinlens.collection.collection import Collection
from twinlens.collection.place import locate
from twinlens.errors import CollectionError, QueryError


def forbid_writing(monkeypatch: pytest.MonkeyPatch, *folders: Path) -> None:
    real = os.access

    def access(path: str | Path, mode: int) -> bool:
        return False if mode == os.W_OK and Path(path) in folders else real(path, mode)

    monkeypatch.setattr(os, "access", access)


class TestFolders:
    @pytest.fixture
    def two(self, models: dict, make_photo: PhotoMaker, photos: Path, tmp_path: Path) -> Collection:
        """photos/red.png and more/sub/blue.png in one collection elsewhere."""
        make_photo("red.png", "red")
        make_photo("../more/sub/blue.png", "blue")
        collection = Collection.create([photos, tmp_path / "more"], at=tmp_path / "both")
        collection.index()
        yield collection
        collection.close()

    def test_ids_start_with_the_folders_name(self, two: Collection, photos: Path, tmp_path: Path) -> None:
        hits = two.search("red")
        assert [(hit.id, hit.path) for hit in hits] == [
            ("photos/red.png", photos / "red.png"),
            ("more/sub/blue.png", tmp_path / "more" / "sub" / "blue.png"),
        ]
        assert not (photos / ".twinlens").exists()

    def test_a_folder_is_filtered_by_its_name_or_place(self, two: Collection, tmp_path: Path) -> None:
        for folder in ("more", "more/", "more/sub", str(tmp_path / "more"), str(tmp_path / "more" / "sub")):
            assert ids(two.search("red", folder=folder)) == ["more/sub/blue.png"]
        assert len(two.search("red", folder=str(tmp_path))) == 2
        for folder in ("sub", "none", "more/none"):
            with pytest.raises(QueryError, match="the folder"):
                two.search("red", folder=folder)

    def test_a_query_photo_of_either_folder_is_left_out(self, two: Collection, tmp_path: Path) -> None:
        assert ids(two.similar(tmp_path / "more" / "sub" / "blue.png")) == ["photos/red.png"]

    def test_adding_a_folder_again_changes_nothing(self, two: Collection, photos: Path, tmp_path: Path) -> None:
        with Collection.create([photos], at=tmp_path / "both") as again:
            assert [folder.path for folder in again.folders()] == [photos, tmp_path / "more"]

    def test_a_third_folder_may_join_later(self, two: Collection, make_photo: PhotoMaker, tmp_path: Path) -> None:
        make_photo("../third/green.png", "green")
        with Collection.create([tmp_path / "third"], at=tmp_path / "both") as larger:
            assert larger.index().added == 1
            assert larger.search("green", k=1)[0].id == "third/green.png"

    def test_folders_of_one_name_are_told_apart(self, models: dict, make_photo: PhotoMaker, tmp_path: Path) -> None:
        for parent in ("a", "b", "c"):
            make_photo(f"../{parent}/same/red.png", "red")
            (tmp_path / parent / "same" / "notes.txt").touch()
        with Collection.create([tmp_path / p / "same" for p in "abc"], at=tmp_path / "all") as collection:
            report = collection.index()
            assert ids(collection.search("red")) == ["same/red.png", "same-2/red.png", "same-3/red.png"]
            assert [item.path for item in report.skipped] == ["same-2/notes.txt", "same-3/notes.txt", "same/notes.txt"]
            assert [hit.path.parent.parent.name for hit in collection.search("red")] == ["a", "b", "c"]

    def test_folders_inside_each_other_are_refused(
        self, models: dict, make_photo: PhotoMaker, photos: Path, tmp_path: Path
    ) -> None:
        make_photo("sub/red.png")
        for folders in ([photos, photos / "sub"], [photos / "sub", photos]):
            with pytest.raises(CollectionError, match="overlap"):
                Collection.create(folders, at=tmp_path / "both")
        assert not (tmp_path / "both").exists()

    def test_several_folders_need_a_place(self, photos: Path, tmp_path: Path) -> None:
        with pytest.raises(CollectionError, match="give --collection DIR"):
            Collection.create([photos, tmp_path])

    def test_a_missing_folder_is_an_error_and_makes_nothing(self, photos: Path, tmp_path: Path) -> None:
        with pytest.raises(CollectionError, match="none does not exist"):
            Collection.create([photos, tmp_path / "none"], at=tmp_path / "both")
        assert not (tmp_path / "both").exists()

    def test_a_moved_folder_takes_its_collection_along(
        self, indexed: Collection, open_collection: OpenCollection, photos: Path, tmp_path: Path
    ) -> None:
        indexed.close()
        photos.rename(tmp_path / "moved")
        collection = open_collection(tmp_path / "moved")
        (hit,) = collection.search("green", k=1)
        assert (hit.id, hit.path) == ("sub/green.png", tmp_path / "moved" / "sub" / "green.png")
        assert hit.path.is_file()
        report = collection.index()
        assert (report.unchanged, report.images) == (4, 4)
        assert ids(collection.similar(tmp_path / "moved" / "sub" / "green.png", k=9)).count("sub/green.png") == 0

    def test_a_copied_folder_has_a_collection_of_its_own(
        self, indexed: Collection, open_collection: OpenCollection, photos: Path, tmp_path: Path
    ) -> None:
        shutil.copytree(photos, tmp_path / "copy", copy_function=shutil.copy2)
        (tmp_path / "copy" / "red.png").unlink()
        copy = open_collection(tmp_path / "copy")
        assert copy.index().removed == 1
        assert ids(indexed.search("red", k=1)) == ["red.png"]
        assert "red.png" not in ids(copy.search("red", k=9))


class TestElsewhere:
    def test_photos_that_cannot_be_written_get_a_collection_elsewhere(
        self,
        make_photo: PhotoMaker,
        open_collection: OpenCollection,
        photos: Path,
        own_home: Path,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        make_photo("red.png", "red")
        forbid_writing(monkeypatch, photos)
        before = listing(photos)
        first = open_collection()
        first.index()
        assert first.path.is_relative_to(own_home)
        assert f"the folder cannot be written, so the collection is stored in {first.path}" in caplog.text
        first.close()
        again = open_collection()
        assert again.path == first.path
        (hit,) = again.search("red")
        assert (hit.id, hit.path) == ("red.png", photos / "red.png")
        assert listing(photos) == before

    def test_photos_on_a_network_share_get_a_collection_elsewhere(
        self,
        make_photo: PhotoMaker,
        open_collection: OpenCollection,
        photos: Path,
        own_home: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        make_photo("red.png", "red")
        monkeypatch.setattr(locate, "network_file_system", lambda path: "cifs")
        collection = open_collection()
        collection.index()
        assert collection.path.is_relative_to(own_home)
        assert ids(open_collection().search("red")) == ["red.png"]
        assert not (photos / ".twinlens").exists()


class TestReadOnly:
    @pytest.fixture
    def closed(self, indexed: Collection, photos: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """The folder of a collection that can be read only from now on."""
        indexed.close()
        forbid_writing(monkeypatch, photos, photos / ".twinlens")
        return photos / ".twinlens"

    def test_it_can_be_searched_and_nothing_is_written(self, closed: Path, open_collection: OpenCollection) -> None:
        before = listing(closed)
        collection = open_collection()
        assert ids(collection.search("green", k=1)) == ["sub/green.png"]
        assert collection.faults() == []
        collection.close()
        assert listing(closed) == before

    def test_it_cannot_be_indexed(self, closed: Path, open_collection: OpenCollection) -> None:
        with pytest.raises(CollectionError, match="cannot be written; use --collection DIR"):
            open_collection().index()

    def test_missing_vectors_are_made_in_a_scratch_folder_that_goes_with_it(
        self, closed: Path, open_collection: OpenCollection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shutil.rmtree(closed / "exact")
        (tmp_path / "scratch").mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
        before = listing(closed)
        collection = open_collection()
        for _ in range(2):
            assert ids(collection.search("green", k=1)) == ["sub/green.png"]
        assert len(list((tmp_path / "scratch").iterdir())) == 1
        collection.close()
        assert list((tmp_path / "scratch").iterdir()) == []
        assert listing(closed) == before


def test_a_link_to_a_disk_that_is_away_keeps_its_photos(
    open_collection: OpenCollection, make_photo: PhotoMaker, tmp_path: Path
) -> None:
    make_photo("here.png", "red")
    disk = tmp_path / "disk"
    disk.mkdir()
    shutil.copyfile(make_photo("there.png", "blue"), disk / "there.png")
    (tmp_path / "photos" / "there.png").unlink()
    (tmp_path / "photos" / "nas").symlink_to(disk)
    with open_collection() as collection:
        assert collection.index(follow_links=True).images == 2
        disk.rename(tmp_path / "away")
        report = collection.index()
        assert (report.removed, report.images) == (0, 2)
        assert ("nas", "broken link") in report.skipped
