import errno
import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from PIL import ExifTags, Image

from conftest import COLOURS, ColourEncoder, PhotoMaker, without_date
from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.collection import Collection
from twinlens.collection.indexing import indexer as upkeep
from twinlens.collection.indexing.telling.progress import IndexPlan, SilentListener
from twinlens.collection.indexing.telling.report import IndexReport
from twinlens.collection.place import locate
from twinlens.errors import (
    CatalogDamagedError,
    CollectionBusyError,
    CollectionError,
    CollectionNotFoundError,
    DiskFullError,
    ModelMismatchError,
    QueryError,
)
from twinlens.stores.exact import ExactStore
from twinlens.types import Hit

OpenCollection = Callable[..., Collection]


def ids(hits: Sequence[Hit]) -> list[str]:
    return [hit.id for hit in hits]


def taken(path: Path, date: str, camera: str, *, colour: str = "red") -> Path:
    """A photo with a date and a camera."""
    exif = Image.Exif()
    exif[ExifTags.Base.Model] = camera
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = date
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (48, 36), COLOURS[colour]).save(path, exif=exif)
    return path


def listing(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file below a folder, with its size and date."""
    return {
        str(file.relative_to(folder)): (file.stat().st_size, file.stat().st_mtime_ns)
        for file in folder.rglob("*")
        if file.is_file()
    }


@pytest.fixture
def indexed(make_photo: PhotoMaker, open_collection: OpenCollection) -> Collection:
    """red.png, blue.png, sub/green.png and sub/deep/yellow.png."""
    make_photo("red.png", "red")
    make_photo("blue.png", "blue")
    make_photo("sub/green.png", "green")
    make_photo("sub/deep/yellow.png", "yellow")
    collection = open_collection()
    collection.index()
    return collection


def forbid_writing(monkeypatch: pytest.MonkeyPatch, *folders: Path) -> None:
    real = os.access

    def access(path: str | Path, mode: int) -> bool:
        return False if mode == os.W_OK and Path(path) in folders else real(path, mode)

    monkeypatch.setattr(os, "access", access)


# --- opening ----------------------------------------------------------------------------------


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


# --- searching --------------------------------------------------------------------------------


class TestSearching:
    def test_words_find_what_they_say(self, indexed: Collection, photos: Path) -> None:
        for colour, path in (("red", "red.png"), ("green", "sub/green.png"), ("yellow", "sub/deep/yellow.png")):
            (hit,) = indexed.search(f"something {colour}", k=1)
            assert (hit.rank, hit.id, hit.path) == (1, path, photos / path)
            assert hit.score > 0.99

    def test_a_sum_finds_what_is_between(self, indexed: Collection, photos: Path) -> None:
        assert set(ids(indexed.search("red + green", k=3))) == {"red.png", "sub/green.png", "sub/deep/yellow.png"}
        assert ids(indexed.search(f"red + {photos / 'sub' / 'green.png'} - blue", k=2, include_query_photo=True)) == [
            "sub/deep/yellow.png",
            "red.png",
        ]

    def test_pages_join_without_gap_or_overlap(self, indexed: Collection) -> None:
        whole = indexed.search("red", k=10)
        assert [hit.rank for hit in whole] == [1, 2, 3, 4]
        pages = [indexed.search("red", k=3, offset=offset) for offset in (0, 3, 6)]
        assert pages[0] + pages[1] == whole
        assert pages[2] == []

    def test_the_answer_counts_the_candidates(self, indexed: Collection, photos: Path) -> None:
        answer = indexed.answer("red", k=2)
        assert (len(answer.hits), answer.num_candidates) == (2, 4)
        assert answer.took_ms > 0
        assert indexed.answer(str(photos / "red.png")).num_candidates == 3

    def test_a_senseless_query_is_refused(self, indexed: Collection) -> None:
        for query in ("", "red - 1.0 red", "./none.jpg"):
            with pytest.raises(QueryError):
                indexed.search(query)
        with pytest.raises(QueryError, match="k must be at least 1"):
            indexed.search("red", k=0)

    def test_sorted_by_date_the_newest_comes_first(self, open_collection: OpenCollection, photos: Path) -> None:
        for year in ("2021", "2023", "2022"):
            taken(photos / f"{year}.jpg", f"{year}:05:05 10:00:00", "Nikon")
        Image.new("RGB", (9, 9), "red").save(photos / "undated.png")
        without_date(photos / "undated.png")
        collection = open_collection()
        collection.index()
        assert ids(collection.search("red", sort="date")) == ["2023.jpg", "2022.jpg", "2021.jpg", "undated.png"]


class TestQueryPhotos:
    def test_the_query_photo_is_left_out_and_its_copy_is_found(
        self, indexed: Collection, photos: Path, make_photo: PhotoMaker
    ) -> None:
        shutil.copy(photos / "red.png", photos / "sub" / "copy.png")
        indexed.index()
        hits = indexed.similar(photos / "red.png")
        assert hits[0].id == "sub/copy.png"
        assert hits[0].score == pytest.approx(1.0, abs=1e-6)
        assert "red.png" not in ids(hits)
        assert [hit.rank for hit in hits] == [1, 2, 3, 4]

    def test_the_query_photo_finds_itself_on_request(self, indexed: Collection, photos: Path) -> None:
        assert indexed.similar(photos / "red.png", include_query_photo=True)[0].id == "red.png"
        assert indexed.search(str(photos / "red.png"), include_query_photo=True)[0].id == "red.png"

    def test_a_query_photo_of_a_sum_is_left_out_too(self, indexed: Collection, photos: Path) -> None:
        assert "red.png" not in ids(indexed.search(f"yellow + 0.5 {photos / 'red.png'}"))

    def test_a_photo_from_elsewhere_finds_what_looks_like_it(self, indexed: Collection, tmp_path: Path) -> None:
        Image.new("RGB", (30, 30), COLOURS["green"]).save(tmp_path / "other.png")
        hits = indexed.similar(tmp_path / "other.png")
        assert (hits[0].id, len(hits)) == ("sub/green.png", 4)

    def test_a_relative_path_is_understood(
        self, indexed: Collection, photos: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(photos / "sub")
        for query in ("./green.png", "../red.png", "deep/../../red.png"):
            assert len(indexed.search(query)) == 3

    def test_an_indexed_photo_is_not_decoded_again(
        self, indexed: Collection, photos: Path, encoder: ColourEncoder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(encoder, "encode_image", lambda images: pytest.fail("it was decoded"))
        assert len(indexed.similar(photos / "red.png")) == 3

    def test_a_photo_that_changed_since_is_looked_at_again(
        self, indexed: Collection, photos: Path, make_photo: PhotoMaker
    ) -> None:
        make_photo("red.png", "green", seed=4)
        assert indexed.similar(photos / "red.png", k=1)[0].id == "sub/green.png"

    def test_a_photo_reached_through_a_link_is_left_out(
        self, indexed: Collection, photos: Path, tmp_path: Path
    ) -> None:
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        Image.new("RGB", (30, 30), COLOURS["white"]).save(elsewhere / "white.png")
        (photos / "folder").symlink_to(elsewhere)
        (photos / "linked.png").symlink_to(elsewhere / "white.png")
        indexed.index(follow_links=True)
        assert ids(indexed.search("white", k=2)) == ["folder/white.png", "linked.png"]
        for name, other in (("folder/white.png", "linked.png"), ("linked.png", "folder/white.png")):
            hits = indexed.similar(photos / name)
            assert hits[0].id == other
            assert name not in ids(hits)

    def test_a_photo_folder_given_through_a_link_is_the_same(
        self, indexed: Collection, photos: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "shortcut").symlink_to(photos)
        assert "red.png" not in ids(indexed.similar(tmp_path / "shortcut" / "red.png"))


class TestFilters:
    @pytest.fixture
    def dated(self, open_collection: OpenCollection, photos: Path) -> Collection:
        taken(photos / "2021" / "a.jpg", "2021:12:31 23:59:59", "Canon EOS R5")
        taken(photos / "2022" / "b.jpg", "2022:01:01 00:00:00", "NIKON D850")
        taken(photos / "2022" / "c.jpg", "2022:06:30 18:00:00", "Canon EOS R5", colour="blue")
        taken(photos / "2022b" / "d.jpg", "2023:01:01 00:00:00", "iPhone", colour="green")
        Image.new("RGB", (9, 9), "red").save(photos / "e.png")
        without_date(photos / "e.png")
        collection = open_collection()
        collection.index()
        return collection

    def test_dates_are_inclusive_and_narrow_before_the_top_k(self, dated: Collection) -> None:
        assert ids(dated.search("red", after="2022", before="2022")) == ["2022/b.jpg", "2022/c.jpg"]
        assert ids(dated.search("red", k=1, after="2022-06", before="2022")) == ["2022/c.jpg"]
        assert set(ids(dated.search("red", before="2022-06-30"))) == {"2021/a.jpg", "2022/b.jpg", "2022/c.jpg"}
        assert dated.search("red", after="2024") == []

    def test_a_camera_is_found_by_a_part_of_its_name(self, dated: Collection) -> None:
        assert ids(dated.search("red", camera="canon")) == ["2021/a.jpg", "2022/c.jpg"]
        assert ids(dated.search("red", camera="canon", after="2022")) == ["2022/c.jpg"]

    @pytest.mark.parametrize("folder", ["2022", "2022/", "./2022", "/2022/", "2022//", "2021/../2022"])
    def test_a_folder_is_taken_with_what_is_below_it(self, dated: Collection, folder: str, photos: Path) -> None:
        folder = str(photos) + folder if folder.startswith("/") else folder
        assert set(ids(dated.search("red", folder=folder))) == {"2022/b.jpg", "2022/c.jpg"}

    def test_an_absolute_folder_is_understood(
        self, dated: Collection, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert set(ids(dated.search("red", folder=str(photos / "2022")))) == {"2022/b.jpg", "2022/c.jpg"}
        for whole in (photos, tmp_path, "."):
            assert len(dated.search("red", folder=str(whole))) == 5
        monkeypatch.setenv("HOME", str(photos))
        assert ids(dated.search("red", folder="~/2021")) == ["2021/a.jpg"]

    def test_a_nested_folder_is_understood(self, indexed: Collection) -> None:
        assert set(ids(indexed.search("red", folder="sub"))) == {"sub/green.png", "sub/deep/yellow.png"}
        assert ids(indexed.search("red", folder="sub/deep")) == ["sub/deep/yellow.png"]

    @pytest.mark.parametrize("folder", ["none", "202", "2022/b.jpg", "../photos/2022", "/somewhere/else", "2022%"])
    def test_a_folder_that_is_not_there_is_an_error(self, dated: Collection, folder: str) -> None:
        with pytest.raises(QueryError, match=r"the folder .* holds no indexed photos"):
            dated.search("red", folder=folder)

    def test_a_folder_whose_photos_are_filtered_away_is_no_error(self, dated: Collection) -> None:
        assert dated.search("red", folder="2022", after="2023") == []

    def test_candidates_are_those_that_pass(self, dated: Collection, photos: Path) -> None:

        assert dated.answer("red", folder="2022").num_candidates == 2
        answer = dated.answer(str(photos / "2022" / "b.jpg"), folder="2022")
        assert (answer.num_candidates, ids(answer.hits)) == (1, ["2022/c.jpg"])


# --- several folders, other places --------------------------------------------------------------


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


# --- models -----------------------------------------------------------------------------------


class TestModels:
    def test_another_model_than_the_collections_is_refused(
        self, indexed: Collection, open_collection: OpenCollection
    ) -> None:
        indexed.close()
        other = open_collection(model="other")
        for action in (lambda: other.search("red"), other.index):
            with pytest.raises(ModelMismatchError, match=r"model default \(colour0000000001\), but other"):
                action()
        assert ids(open_collection().search("red", k=1)) == ["red.png"]

    def test_the_model_it_was_made_with_is_remembered(
        self, make_photo: PhotoMaker, open_collection: OpenCollection
    ) -> None:
        make_photo("red.png")
        open_collection(model="other").index()
        again = open_collection()
        assert again.encoder.fingerprint == "colour0000000002"
        assert ids(again.search("red")) == ["red.png"]

    def test_a_model_that_changed_under_its_name_is_refused(
        self, indexed: Collection, open_collection: OpenCollection, models: dict
    ) -> None:
        models["default"] = ColourEncoder(fingerprint="colour0000000009")
        with pytest.raises(
            ModelMismatchError, match=r"with an older default model .*which reads every photo again: twinlens index"
        ):
            open_collection().search("red")

    def test_an_empty_collection_may_change_its_model(
        self, indexed: Collection, open_collection: OpenCollection, photos: Path, make_photo: PhotoMaker
    ) -> None:
        for file in photos.rglob("*.png"):
            file.unlink()
        assert indexed.index(forget_missing=True).removed == 4
        make_photo("blue.png", "blue", seed=3)
        other = open_collection(model="other")
        other.index()
        assert ids(other.search("blue")) == ["blue.png"]
        assert other.faults() == []


# --- disks, damage, others at work ------------------------------------------------------------


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


class TestOthersAtWork:
    def test_a_second_indexer_is_told_that_it_is_busy_and_searching_works(
        self, indexed: Collection, open_collection: OpenCollection
    ) -> None:
        other = open_collection()
        with FileLock(indexed.path / "index.lock"):
            with pytest.raises(CollectionBusyError, match="another process is indexing"):
                other.index()
            assert ids(other.search("red", k=1)) == ["red.png"]
        assert other.index().unchanged == 4

    def test_two_indexers_at_once_do_the_work_once(
        self, make_photo: PhotoMaker, open_collection: OpenCollection
    ) -> None:
        for number in range(40):
            make_photo(f"{number}.png", "red", seed=number)
        one, other = open_collection(), open_collection()

        class Meanwhile(SilentListener):
            busy = 0

            def advanced(self, done: int, report: IndexReport) -> None:
                try:
                    other.index()
                except CollectionBusyError:
                    self.busy += 1

        listener = Meanwhile()
        assert one.index(listener=listener).added == 40
        assert listener.busy == 3
        assert other.index().unchanged == 40

    def test_every_search_during_indexing_sees_whole_batches(
        self, make_photo: PhotoMaker, open_collection: OpenCollection
    ) -> None:
        for number in range(40):
            make_photo(f"{number:02}.png", "red", seed=number)
        indexer, searcher = open_collection(), open_collection()
        seen = []

        class Searching(SilentListener):
            def planned(self, plan: IndexPlan) -> None:
                with pytest.raises(CollectionNotFoundError):
                    searcher.search("red")

            def advanced(self, done: int, report: IndexReport) -> None:
                seen.append(len(searcher.search("red", k=100)))

        indexer.index(listener=Searching())
        assert seen == [16, 32, 40]
        assert searcher.faults() == []

    def test_threads_may_search_while_another_indexes(
        self,
        make_photo: PhotoMaker,
        open_collection: OpenCollection,
        photos: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        make_photo("blue.png", "blue")
        for number in range(120):
            make_photo(f"{number:03}.png", "red", seed=number)
        shutil.move(photos, photos.parent / "all")
        photos.mkdir()
        shutil.copy(photos.parent / "all" / "blue.png", photos)
        indexer = open_collection()
        indexer.index()
        shutil.copytree(photos.parent / "all", photos, dirs_exist_ok=True)
        shared, faults, done = open_collection(), [], threading.Event()
        cleared: list[ExactStore] = []
        real = ExactStore.clear
        monkeypatch.setattr(ExactStore, "clear", lambda store: (cleared.append(store), real(store))[1])

        def search(collection: Collection) -> None:
            while not done.is_set():
                try:
                    hits = collection.search("blue", k=1000)
                    if hits[0].id != "blue.png" or len(set(ids(hits))) != len(hits):
                        faults.append(ids(hits))
                except Exception as error:  # noqa: BLE001 — a thread's error must fail the test
                    faults.append(error)

        threads = [threading.Thread(target=search, args=(one,)) for one in (shared, shared, open_collection())]
        interval = sys.getswitchinterval()
        sys.setswitchinterval(1e-4)
        try:
            for thread in threads:
                thread.start()
            indexer.index()
            for file in sorted(photos.glob("1*.png")):
                file.unlink()
            indexer.index()
        finally:
            done.set()
            for thread in threads:
                thread.join()
            sys.setswitchinterval(interval)
        assert faults[:3] == []
        assert cleared == []  # nobody took a newer state for one put back from a copy
        for collection in (indexer, shared):
            assert len(collection.search("blue", k=1000)) == 101
            assert collection.faults() == []

    def test_another_process_may_search_while_this_one_indexes(
        self, indexed: Collection, make_photo: PhotoMaker, photos: Path, tmp_path: Path
    ) -> None:
        for number in range(60):
            make_photo(f"more/{number:02}.png", "white", seed=number)
        script = tmp_path / "search.py"
        script.write_text(
            "import json, sys\n"
            "from pathlib import Path\n"
            f"sys.path.insert(0, {str(Path(__file__).parents[1])!r})\n"
            "from conftest import ColourEncoder\n"
            "from twinlens.collection.collection import Collection\n"
            "collection = Collection.open(sys.argv[1], model=ColourEncoder())\n"
            "for _ in sys.stdin:\n"
            "    hits = collection.search('white', k=100)\n"
            "    print(json.dumps([len(hits), hits[0].id, collection.faults()]), flush=True)\n"
        )
        seen = []
        with subprocess.Popen(
            [sys.executable, str(script), str(photos)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:

            def ask() -> list:
                assert process.stdin
                assert process.stdout
                process.stdin.write("go\n")
                process.stdin.flush()
                return json.loads(process.stdout.readline())

            class Asking(SilentListener):
                def advanced(self, done: int, report: IndexReport) -> None:
                    seen.append(ask())

            assert ask()[0] == 4
            indexed.index(listener=Asking())
            seen.append(ask())
            assert process.stdin
            process.stdin.close()
        assert process.returncode == 0
        assert [count for count, _, _ in seen] == [20, 36, 52, 64, 64]
        assert {first.startswith("more/") for _, first, _ in seen} == {True}
        assert [faults for _, _, faults in seen] == [[]] * 5
        assert indexed.faults() == []

    def test_many_may_open_a_new_collection_at_once(self, make_photo: PhotoMaker, models: dict, photos: Path) -> None:
        make_photo("red.png")
        together, opened, faults = threading.Barrier(5), [], []

        def open_one() -> None:
            together.wait()
            try:
                opened.append(Collection.open(photos))
            except CollectionError as error:
                faults.append(str(error))

        threads = [threading.Thread(target=open_one) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert faults == []
        assert [folder.path for folder in opened[0].folders()] == [photos]
        opened[0].index()
        for collection in opened:
            assert ids(collection.search("red")) == ["red.png"]
            collection.close()


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


def test_a_sub_folder_of_an_indexed_folder_is_not_opened_as_another_collection(
    open_collection: OpenCollection, make_photo: PhotoMaker, photos: Path
) -> None:
    make_photo("sub/a.png")
    with open_collection() as collection:
        collection.index()
    with pytest.raises(CollectionError, match="already indexed; open"):
        Collection.open(photos / "sub")
    assert not (photos / "sub" / ".twinlens").exists()
