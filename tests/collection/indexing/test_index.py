import contextlib
import json
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image

from conftest import ColourEncoder, PhotoMaker
from twinlens.collection.catalog.catalog import Catalog, KnownFile
from twinlens.collection.catalog.condition import Condition
from twinlens.collection.catalog.rows import FileState
from twinlens.collection.indexing import index as index_module
from twinlens.collection.indexing import verification
from twinlens.collection.indexing.index import IndexOptions, index_folders
from twinlens.collection.indexing.scanning.missing import ForgetMissing
from twinlens.collection.indexing.telling.progress import IndexPlan, SilentListener
from twinlens.collection.indexing.telling.report import IndexReport, reasons_summary
from twinlens.collection.indexing.verification import VerifyReport
from twinlens.collection.place.photo_folders import PhotoFolder
from twinlens.data.exif import PhotoDetails
from twinlens.data.images import read_photo_bytes
from twinlens.embedding.local import BATCH_SIZE, Skipped
from twinlens.errors import BundleError, CollectionError, DiskFullError, PhotoError
from twinlens.protocols import EncodedImages
from twinlens.types import Pixels


class CountingEncoder(ColourEncoder):
    """Counts the photos that it embeds."""

    def __init__(self) -> None:
        super().__init__()
        self.embedded = 0

    def encode_pixels(self, pixels: Pixels) -> EncodedImages:
        self.embedded += len(pixels)
        return super().encode_pixels(pixels)


class Indexing:
    """A catalog, a photo folder, and runs of indexing over them."""

    def __init__(self, catalog: Catalog, photos: Path) -> None:
        self.catalog, self.photos, self.encoder = catalog, photos, CountingEncoder()
        catalog.add_folder("photos", str(photos))
        self.folders = [PhotoFolder(1, photos, "")]

    def run(
        self,
        *,
        forget_missing: ForgetMissing = False,
        drop_kept: bool = False,
        verify: bool = False,
        follow_links: bool = False,
        listener: SilentListener | None = None,
    ) -> IndexReport:
        self.encoder.embedded = 0
        options = IndexOptions(forget_missing, drop_kept, verify, follow_links)
        return index_folders(self.catalog, self.encoder, self.folders, options=options, listener=listener)

    def known(self, path: str, *, folder_id: int = 1) -> KnownFile:
        found = self.catalog.known_file(folder_id, path)
        assert found is not None, f"{path} is not in the catalog"
        return found

    def paths(self) -> list[str]:
        """The searchable photos."""
        known = self.catalog.known_files()
        return sorted(path for (_, path), file in known.items() if file.skip_reason is None)

    def vectors(self) -> dict[str, bytes]:
        """The embedding of record of every searchable photo."""
        return {path: self.embedding(path).tobytes() for path in self.paths()}

    def embedding(self, path: str) -> np.ndarray:
        embedding = self.catalog.embedding(self.known(path).id)
        assert embedding is not None
        return embedding

    def check(self) -> None:
        """Every vector is that of what its file shows now, and the catalog is sound."""
        assert self.catalog.integrity_faults() == []
        for path in self.paths():
            shown = self.encoder.encode_image([Image.open(self.photos / path).convert("RGB")])[0]
            np.testing.assert_allclose(self.embedding(path), shown, atol=1e-6, err_msg=path)


@pytest.fixture
def indexing(catalog: Catalog, photos: Path) -> Indexing:
    return Indexing(catalog, photos)


def counts(report: IndexReport) -> dict[str, int]:
    """What was done, without what was not."""
    named = ("added", "updated", "renamed", "removed", "unchanged")
    return {name: getattr(report, name) for name in named if getattr(report, name)}


def reasons(report: IndexReport) -> dict[str, str]:
    return {item.path: item.reason for item in report.skipped}


@pytest.fixture
def three(make_photo: PhotoMaker, indexing: Indexing) -> Indexing:
    """red.png, green.png and sub/blue.png, indexed."""
    make_photo("red.png", "red")
    make_photo("green.png", "green")
    make_photo("sub/blue.png", "blue")
    indexing.run()
    return indexing


# --- new, changed, gone -----------------------------------------------------------------------


def test_a_first_run_adds_every_photo(indexing: Indexing, make_photo: PhotoMaker) -> None:
    make_photo("red.png", "red")
    make_photo("sub/blue.jpg", "blue")
    report = indexing.run()
    assert (counts(report), report.images, report.skipped) == ({"added": 2}, 2, [])
    assert indexing.paths() == ["red.png", "sub/blue.jpg"]
    indexing.check()


def test_a_second_run_opens_nothing(three: Indexing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("twinlens.embedding.local.read_photo_bytes", lambda path: pytest.fail(f"{path} was read"))
    generation = three.catalog.generation
    assert counts(three.run()) == {"unchanged": 3}
    assert three.catalog.generation == generation


def test_only_a_new_photo_is_embedded(three: Indexing, make_photo: PhotoMaker) -> None:
    make_photo("white.png", "white")
    assert counts(three.run()) == {"added": 1, "unchanged": 3}
    assert three.encoder.embedded == 1
    three.check()


def test_a_changed_photo_gets_a_new_vector_and_keeps_its_id(three: Indexing, make_photo: PhotoMaker) -> None:
    before = three.known("red.png").id
    make_photo("red.png", "white")
    assert counts(three.run()) == {"updated": 1, "unchanged": 2}
    assert three.known("red.png").id == before
    three.check()


def test_a_touched_photo_is_unchanged(three: Indexing, photos: Path) -> None:
    before = three.vectors()
    os.utime(photos / "red.png", ns=(1, 1))
    assert counts(three.run()) == {"unchanged": 3}
    assert (three.encoder.embedded, three.vectors()) == (0, before)
    assert three.known("red.png").mtime_ns == 1  # so that the next run need not read it
    assert three.catalog.changes_since(three.catalog.generation - 1).added.tolist() == []


def test_deleted_photos_leave(three: Indexing, photos: Path) -> None:
    gone = three.known("red.png").id
    (photos / "red.png").unlink()
    report = three.run()
    assert (counts(report), report.images) == ({"removed": 1, "unchanged": 2}, 2)
    assert (three.paths(), three.catalog.embedding(gone)) == (["green.png", "sub/blue.png"], None)


def test_many_photos_come_in_several_batches(indexing: Indexing, make_photo: PhotoMaker) -> None:
    names = [f"{number:03}.png" for number in range(2 * BATCH_SIZE + 3)]
    for number, name in enumerate(names):
        make_photo(name, "red", seed=number)
    assert counts(indexing.run()) == {"added": len(names)}
    assert indexing.catalog.generation == 3
    indexing.check()


def test_details_of_the_photo_are_kept(indexing: Indexing, photos: Path) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Make], exif[ExifTags.Base.Model] = "NIKON CORPORATION", "NIKON D850"
    exif[ExifTags.Base.Orientation] = 6
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2023:06:30 12:34:56"
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.OffsetTimeOriginal] = "+02:00"
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    gps[ExifTags.GPS.GPSLatitude], gps[ExifTags.GPS.GPSLatitudeRef] = (52.0, 30.0, 0.0), "N"
    gps[ExifTags.GPS.GPSLongitude], gps[ExifTags.GPS.GPSLongitudeRef] = (13.0, 15.0, 0.0), "W"
    Image.new("RGB", (48, 36), "red").save(photos / "a.jpg", exif=exif)
    indexing.run()
    found = indexing.catalog.vector_of_content(indexing.known("a.jpg").content_hash or b"")
    assert found is not None
    expected = PhotoDetails(36, 48, "2023-06-30T12:34:56", 120, "NIKON D850", 52.5, -13.25, "exif")
    assert found[1] == expected
    shutil.copy(photos / "a.jpg", photos / "b.jpg")  # a copy has them without being opened
    indexing.run()
    assert indexing.catalog.select_ids(Condition("taken_at = ?", ("2023-06-30T12:34:56",))).tolist() == [1, 2]


# --- the same content elsewhere ---------------------------------------------------------------


def test_a_renamed_photo_keeps_its_id_and_its_vector(three: Indexing, photos: Path) -> None:
    before, vector = three.known("red.png").id, three.embedding("red.png")
    (photos / "new").mkdir()
    (photos / "red.png").rename(photos / "new" / "name.png")
    generation = three.catalog.generation
    assert counts(three.run()) == {"renamed": 1, "unchanged": 2}
    assert (three.encoder.embedded, three.known("new/name.png").id) == (0, before)
    np.testing.assert_array_equal(three.embedding("new/name.png"), vector)
    assert three.paths() == ["green.png", "new/name.png", "sub/blue.png"]
    changes = three.catalog.changes_since(generation)
    assert (changes.added.tolist(), changes.removed.tolist()) == ([], [])
    assert counts(three.run()) == {"unchanged": 3}


def test_a_renamed_folder_keeps_its_vectors(indexing: Indexing, make_photo: PhotoMaker, photos: Path) -> None:
    for number in range(20):
        make_photo(f"old/{number:02}.png", "red", seed=number)
    indexing.run()
    ids = {path.removeprefix("old/"): indexing.known(path).id for path in indexing.paths()}
    (photos / "old").rename(photos / "new")
    assert counts(indexing.run()) == {"renamed": 20}
    assert indexing.encoder.embedded == 0
    assert {path.removeprefix("new/"): indexing.known(path).id for path in indexing.paths()} == ids
    indexing.check()


def test_of_two_new_copies_one_is_the_renamed_photo(three: Indexing, photos: Path) -> None:
    before = three.known("red.png").id
    shutil.copy(photos / "red.png", photos / "x.png")
    (photos / "red.png").rename(photos / "y.png")
    assert counts(three.run()) == {"added": 1, "renamed": 1, "unchanged": 2}
    assert three.encoder.embedded == 0
    assert before in (three.known("x.png").id, three.known("y.png").id)
    assert three.known("x.png").id != three.known("y.png").id
    three.check()


def test_two_copies_may_be_renamed_at_once(three: Indexing, photos: Path) -> None:
    shutil.copy(photos / "red.png", photos / "copy.png")
    three.run()
    ids = {three.known("red.png").id, three.known("copy.png").id}
    (photos / "red.png").rename(photos / "x.png")
    (photos / "copy.png").rename(photos / "y.png")
    assert counts(three.run()) == {"renamed": 2, "unchanged": 2}
    assert {three.known("x.png").id, three.known("y.png").id} == ids


def test_identical_copies_stay_two_photos(three: Indexing, photos: Path) -> None:
    shutil.copy(photos / "red.png", photos / "sub" / "copy.png")
    assert counts(three.run()) == {"added": 1, "unchanged": 3}
    assert three.encoder.embedded == 0
    (photos / "red.png").unlink()
    assert counts(three.run()) == {"removed": 1, "unchanged": 3}
    assert three.paths() == ["green.png", "sub/blue.png", "sub/copy.png"]
    three.check()


def test_two_photos_that_swap_their_names_swap_their_vectors(three: Indexing, photos: Path) -> None:
    ids = three.known("red.png").id, three.known("green.png").id
    (photos / "red.png").rename(photos / "aside")
    (photos / "green.png").rename(photos / "red.png")
    (photos / "aside").rename(photos / "green.png")
    assert counts(three.run()) == {"updated": 2, "unchanged": 1}
    assert (three.known("red.png").id, three.known("green.png").id) == ids
    three.check()


def test_photos_that_move_up_by_one_are_all_right(indexing: Indexing, make_photo: PhotoMaker, photos: Path) -> None:
    colours = ("red", "green", "blue", "yellow", "white", "black")
    for number, colour in enumerate(colours):
        make_photo(f"{number}.png", colour)
    indexing.run()
    for number in reversed(range(6)):
        (photos / f"{number}.png").rename(photos / f"{number + 1}.png")
    make_photo("0.png", "blue", seed=9)
    report = indexing.run()
    assert report.images == 7
    indexing.check()


def test_a_photo_that_replaces_a_renamed_one_is_no_rename(
    three: Indexing, make_photo: PhotoMaker, photos: Path
) -> None:
    (photos / "red.png").rename(photos / "old-red.png")
    make_photo("red.png", "white")
    assert counts(three.run()) == {"added": 1, "updated": 1, "unchanged": 2}
    three.check()


def test_a_moved_photo_that_was_changed_too_is_new(three: Indexing, make_photo: PhotoMaker, photos: Path) -> None:
    (photos / "red.png").unlink()
    make_photo("moved.png", "red", seed=5)
    assert counts(three.run()) == {"added": 1, "removed": 1, "unchanged": 2}
    three.check()


def test_a_photo_that_moves_between_folders_keeps_its_vector(
    three: Indexing, make_photo: PhotoMaker, photos: Path, tmp_path: Path
) -> None:
    (tmp_path / "more").mkdir()
    three.catalog.add_folder("more", str(tmp_path / "more"))
    three.folders = [PhotoFolder(1, photos, "photos/"), PhotoFolder(2, tmp_path / "more", "more/")]
    before = three.known("red.png").id
    shutil.move(photos / "red.png", tmp_path / "more" / "red.png")
    assert counts(three.run()) == {"renamed": 1, "unchanged": 2}
    assert three.known("red.png", folder_id=2).id == before


# --- what cannot be used ----------------------------------------------------------------------


def test_skipped_files_are_told_with_reasons(indexing: Indexing, make_photo: PhotoMaker, photos: Path) -> None:
    make_photo("red.png", "red")
    (photos / "empty.jpg").touch()
    (photos / "text.jpg").write_text("no photo")
    (photos / "cut.png").write_bytes((photos / "red.png").read_bytes()[:200])
    (photos / "work.XCF").write_bytes(b"clip")
    (photos / "notes.txt").write_text("notes")
    (photos / ".hidden.jpg").write_text("hidden")
    (photos / "._red.png").write_text("AppleDouble")
    report = indexing.run()
    assert (counts(report), report.images) == ({"added": 1}, 1)
    told = reasons(report)
    assert set(told) == {"empty.jpg", "text.jpg", "cut.png", "work.XCF", "notes.txt"}
    assert told["empty.jpg"] == "empty file"
    assert told["text.jpg"] == "not an image, or a damaged one"
    assert told["work.XCF"] == "kind not read yet: GIMP document (.xcf)"
    assert told["notes.txt"] == "not an image by its name (.txt)"
    assert [item.path for item in report.skipped] == sorted(told)
    indexing.check()


def test_a_skipped_file_is_told_again_but_not_tried_again(
    indexing: Indexing, make_photo: PhotoMaker, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_photo("red.png", "red")
    (photos / "empty.jpg").touch()
    (photos / "text.jpg").write_text("no photo")
    first = indexing.run()
    monkeypatch.setattr("twinlens.embedding.local.read_photo_bytes", lambda path: pytest.fail(f"{path} was read"))
    second = indexing.run()
    assert second.skipped == first.skipped
    assert counts(second) == {"unchanged": 1}


def test_a_skipped_file_is_tried_again_when_it_changed(
    indexing: Indexing, make_photo: PhotoMaker, photos: Path
) -> None:
    make_photo("red.png", "red")
    (photos / "green.png").write_text("half a download")
    assert set(reasons(indexing.run())) == {"green.png"}
    make_photo("green.png", "green")
    report = indexing.run()
    assert (counts(report), report.skipped) == ({"added": 1, "unchanged": 1}, [])
    indexing.check()


def test_skipped_files_are_tried_again_by_a_release_that_reads_more(
    indexing: Indexing, make_photo: PhotoMaker, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_photo("red.png", "red")
    os.utime(make_photo("green.png", "green"), ns=(1, 1))
    whole = (photos / "green.png").read_bytes()
    (photos / "green.png").write_bytes(bytes(len(whole)))
    os.utime(photos / "green.png", ns=(1, 1))
    indexing.run()
    (photos / "green.png").write_bytes(whole)  # same size, same date
    os.utime(photos / "green.png", ns=(1, 1))
    assert counts(indexing.run()) == {"unchanged": 1}
    monkeypatch.setattr(index_module, "READER_VERSION", index_module.READER_VERSION + 1)
    assert counts(indexing.run()) == {"added": 1, "unchanged": 1}


def test_a_file_that_could_not_be_opened_is_tried_again(
    indexing: Indexing, make_photo: PhotoMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_photo("red.png", "red")
    make_photo("green.png", "green")
    real = read_photo_bytes

    def read(path: Path) -> bytes:
        if path.name == "green.png":
            raise PhotoError("no permission to read it")
        return real(path)

    monkeypatch.setattr("twinlens.embedding.local.read_photo_bytes", read)
    assert reasons(indexing.run()) == {"green.png": "no permission to read it"}
    monkeypatch.undo()  # as after chmod, which changes neither size nor date
    report = indexing.run()
    assert (counts(report), report.skipped) == ({"added": 1, "unchanged": 1}, [])


def test_a_photo_that_became_damaged_is_skipped(three: Indexing, photos: Path) -> None:
    (photos / "red.png").write_text("damaged")
    report = three.run()
    assert (counts(report), report.images) == ({"unchanged": 2}, 2)
    assert reasons(report) == {"red.png": "not an image, or a damaged one"}
    assert three.paths() == ["green.png", "sub/blue.png"]
    assert three.catalog.integrity_faults() == []


def test_a_skipped_file_that_was_deleted_is_forgotten_silently(three: Indexing, photos: Path) -> None:
    (photos / "bad.png").write_text("bad")
    three.run()
    (photos / "bad.png").unlink()
    report = three.run()
    assert (counts(report), report.skipped) == ({"unchanged": 3}, [])
    assert three.catalog.known_file(1, "bad.png") is None


def test_two_skipped_files_with_one_content_stay_apart(
    indexing: Indexing, make_photo: PhotoMaker, photos: Path
) -> None:
    make_photo("red.png", "red")
    for name in ("a.jpg", "b.jpg"):
        (photos / name).write_text("no photo")
    assert set(reasons(indexing.run())) == {"a.jpg", "b.jpg"}
    (photos / "a.jpg").rename(photos / "c.jpg")
    report = indexing.run()
    assert (set(reasons(report)), counts(report)) == ({"b.jpg", "c.jpg"}, {"unchanged": 1})


def test_a_photo_that_vanishes_during_the_run_is_told(three: Indexing, make_photo: PhotoMaker, photos: Path) -> None:
    make_photo("white.png", "white")

    class Deleting(SilentListener):
        def planned(self, plan: IndexPlan) -> None:
            (photos / "white.png").unlink()

    report = three.run(listener=Deleting())
    assert (counts(report), reasons(report)) == ({"unchanged": 3}, {"white.png": "file is gone"})
    assert three.run().skipped == []


def test_reasons_are_summed_up_most_frequent_first() -> None:
    skipped = [Skipped("a", "empty file"), Skipped("b", "cut"), Skipped("c", "empty file")]
    assert list(reasons_summary(skipped)) == [("empty file", 2), ("cut", 1)]


# --- folders that are not as they were ----------------------------------------------------------


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


# --- several folders --------------------------------------------------------------------------


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


# --- progress and interrupts ------------------------------------------------------------------


class Recorder(SilentListener):
    def __init__(self) -> None:
        self.plans: list[IndexPlan] = []
        self.done: list[tuple[int, int]] = []

    def planned(self, plan: IndexPlan) -> None:
        self.plans.append(plan)

    def advanced(self, done: int, report: IndexReport) -> None:
        self.done.append((done, report.added))


def draw_many(make_photo: PhotoMaker, count: int) -> None:
    for number in range(count):
        make_photo(f"{number:03}.png", "red", seed=number)


def test_the_listener_is_told_the_plan_and_every_batch(indexing: Indexing, make_photo: PhotoMaker) -> None:
    draw_many(make_photo, BATCH_SIZE + 4)
    first, second = Recorder(), Recorder()
    indexing.run(listener=first)
    (plan,) = first.plans
    assert (plan.found, plan.to_read) == (BATCH_SIZE + 4, BATCH_SIZE + 4)
    assert plan.disk_bytes > 0
    assert first.done == [(BATCH_SIZE, BATCH_SIZE), (BATCH_SIZE + 4, BATCH_SIZE + 4)]
    indexing.run(listener=second)
    assert (second.plans, second.done) == ([IndexPlan(BATCH_SIZE + 4, 0, 0)], [])


def test_an_interrupt_keeps_what_was_committed_and_the_next_run_goes_on(
    indexing: Indexing, make_photo: PhotoMaker
) -> None:
    draw_many(make_photo, 2 * BATCH_SIZE + 4)

    class Interrupting(SilentListener):
        def advanced(self, done: int, report: IndexReport) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        indexing.run(listener=Interrupting())
    assert indexing.catalog.count() == BATCH_SIZE
    assert counts(indexing.run()) == {"added": BATCH_SIZE + 4, "unchanged": BATCH_SIZE}
    indexing.check()


def test_a_model_that_fails_leaves_no_half_batch(indexing: Indexing, make_photo: PhotoMaker) -> None:
    draw_many(make_photo, 2 * BATCH_SIZE)

    class Failing(CountingEncoder):
        def encode_pixels(self, pixels: Pixels) -> EncodedImages:
            if self.embedded:
                raise RuntimeError("the model failed")
            return super().encode_pixels(pixels)

    indexing.encoder = Failing()
    with pytest.raises(RuntimeError, match="the model failed"):
        indexing.run()
    assert indexing.catalog.count() == BATCH_SIZE
    assert indexing.catalog.integrity_faults() == []


def test_a_full_disk_keeps_what_was_committed_and_the_next_run_goes_on(
    indexing: Indexing, make_photo: PhotoMaker
) -> None:
    draw_many(make_photo, 6 * BATCH_SIZE)
    indexing.encoder.dim = 512  # so that a batch takes several pages
    with indexing.catalog.transaction() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages + 20}")
    with pytest.raises(DiskFullError, match="no space left"):
        indexing.run()
    kept = indexing.catalog.count()
    assert 0 < kept < 6 * BATCH_SIZE
    assert kept % BATCH_SIZE == 0
    indexing.check()
    connection.execute("PRAGMA max_page_count = 1000000")
    assert indexing.run().added == 6 * BATCH_SIZE - kept
    indexing.check()


def test_the_report_is_json(three: Indexing, photos: Path) -> None:
    (photos / "bad.jpg").touch()
    fields = json.loads(json.dumps(three.run().to_json()))
    assert fields.pop("seconds") >= 0
    assert fields == {
        "added": 0,
        "updated": 0,
        "renamed": 0,
        "removed": 0,
        "unchanged": 3,
        "skipped": [{"path": "bad.jpg", "reason": "empty file"}],
        "images": 3,
    }


# --- any history ------------------------------------------------------------------------------


def _draw(make_photo: PhotoMaker, photos: Path, random: np.random.Generator, files: Sequence[str]) -> None:
    colours = ("red", "green", "blue")
    make_photo(files[0], colours[random.integers(3)], seed=int(random.integers(3)))


def _delete(make_photo: PhotoMaker, photos: Path, random: np.random.Generator, files: Sequence[str]) -> None:
    (photos / files[0]).unlink(missing_ok=True)


def _move(make_photo: PhotoMaker, photos: Path, random: np.random.Generator, files: Sequence[str]) -> None:
    if (photos / files[0]).exists():
        (photos / files[1]).parent.mkdir(exist_ok=True)
        (photos / files[0]).replace(photos / files[1])


def _copy(make_photo: PhotoMaker, photos: Path, random: np.random.Generator, files: Sequence[str]) -> None:
    if (photos / files[0]).exists() and files[0] != files[1]:
        (photos / files[1]).parent.mkdir(exist_ok=True)
        shutil.copy(photos / files[0], photos / files[1])


def _damage(make_photo: PhotoMaker, photos: Path, random: np.random.Generator, files: Sequence[str]) -> None:
    (photos / files[0]).parent.mkdir(exist_ok=True)
    (photos / files[0]).write_bytes(b"damaged" * int(random.integers(3)))


ACTIONS: list[Callable[[PhotoMaker, Path, np.random.Generator, Sequence[str]], None]] = [
    _draw,
    _draw,
    _delete,
    _move,
    _move,
    _copy,
    _damage,
]


@pytest.mark.parametrize("seed", range(6))
def test_after_any_history_the_catalog_is_that_of_a_first_run(
    indexing: Indexing, make_photo: PhotoMaker, photos: Path, tmp_path: Path, seed: int
) -> None:
    random = np.random.default_rng(seed)
    names = [f"{folder}{number}.png" for folder in ("", "a/", "b/") for number in range(4)]
    make_photo("always.png", "white")
    for _ in range(12):
        for _ in range(random.integers(1, 8)):
            ACTIONS[random.integers(len(ACTIONS))](make_photo, photos, random, random.choice(names, size=2).tolist())
        for number, file in enumerate(sorted(photos.rglob("*.png"))):  # dates as coarse clocks give them
            os.utime(file, ns=(1, file.stat().st_mtime_ns // 1000 * 1000 + number))
        report = indexing.run(forget_missing=True)
        indexing.check()
        fresh = Catalog(tmp_path / "fresh.sqlite", create=True)
        first = Indexing(fresh, photos)
        expected = first.run()
        assert (indexing.vectors(), report.images) == (first.vectors(), expected.images)
        assert report.skipped == expected.skipped
        assert set(indexing.catalog.known_files()) == set(fresh.known_files())
        fresh.close()
        for file in tmp_path.glob("fresh.sqlite*"):
            file.unlink()


def test_a_model_that_gives_no_unit_vectors_is_refused_and_nothing_is_stored(
    catalog: Catalog, photos: Path, make_photo: PhotoMaker, encoder: ColourEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_photo("a.png")
    real = encoder.encode_pixels
    monkeypatch.setattr(
        encoder, "encode_pixels", lambda pixels: real(pixels)._replace(embeddings=real(pixels).embeddings * np.nan)
    )
    folder = catalog.add_folder("photos", str(photos))
    with pytest.raises(BundleError, match="not unit vectors"):
        index_folders(catalog, encoder, [PhotoFolder(folder.id, photos, "")])
    assert catalog.count() == 0


# --- reading again what seems unchanged -------------------------------------------------------


def change_silently(path: Path, make_photo: PhotoMaker, colour: str) -> None:
    """Gives a photo another content with the same size and date."""
    before = path.stat()
    data = make_photo("other.bmp", colour).read_bytes()
    assert len(data) == before.st_size
    path.write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    (path.parent / "other.bmp").unlink()


@pytest.fixture
def bitmaps(make_photo: PhotoMaker, indexing: Indexing) -> Indexing:
    """Four photos of the same size in bytes, indexed."""
    for name, colour in (("a.bmp", "red"), ("b.bmp", "green"), ("c.bmp", "blue"), ("d.bmp", "yellow")):
        make_photo(name, colour)
    indexing.run()
    return indexing


def test_new_content_of_the_same_size_and_date_is_found_when_photos_are_verified(
    bitmaps: Indexing, make_photo: PhotoMaker, photos: Path
) -> None:
    change_silently(photos / "b.bmp", make_photo, "black")
    assert counts(bitmaps.run()) == {"unchanged": 4}
    report = bitmaps.run(verify=True)
    assert counts(report) == {"updated": 1, "unchanged": 3}
    assert bitmaps.encoder.embedded == 1
    assert report.verification == VerifyReport(verified=4, changed=1)
    bitmaps.check()
    told = report.to_json()
    assert (told["verified"], told["changed"], told["refreshed"], told["unread"]) == (4, 1, 0, [])
    assert "verified" not in bitmaps.run().to_json()


def test_silent_new_content_that_another_photo_has_is_found_too(bitmaps: Indexing, photos: Path) -> None:
    before = (photos / "a.bmp").stat()
    shutil.copyfile(photos / "c.bmp", photos / "a.bmp")
    os.utime(photos / "a.bmp", ns=(before.st_atime_ns, before.st_mtime_ns))
    report = bitmaps.run(verify=True)
    assert (counts(report), report.verification) == ({"updated": 1, "unchanged": 3}, VerifyReport(4, 1))
    assert bitmaps.encoder.embedded == 0
    bitmaps.check()


def test_metadata_that_an_earlier_release_could_not_read_are_read_again(bitmaps: Indexing) -> None:
    with bitmaps.catalog.writing() as writer:
        known = bitmaps.known("a.bmp")
        state = FileState(1, "a.bmp", known.size_bytes, known.mtime_ns, known.content_hash)
        assert writer.refresh(
            known.id, state, PhotoDetails(1, 1, camera="none"), reader_version=index_module.READER_VERSION
        )
    before, generation = bitmaps.vectors(), bitmaps.catalog.changes_since(0)
    report = bitmaps.run(verify=True)
    assert report.verification == VerifyReport(verified=4, refreshed=1)
    assert counts(report) == {"updated": 1, "unchanged": 3}
    assert bitmaps.encoder.embedded == 0
    record = bitmaps.catalog.photos([known.id])[known.id]
    assert (record.width, record.height) == (48, 36)
    assert bitmaps.vectors() == before
    assert [list(part) for part in bitmaps.catalog.changes_since(0)] == [list(part) for part in generation]


def test_photos_that_an_earlier_release_decoded_are_embedded_again(
    bitmaps: Indexing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_module, "READER_VERSION", index_module.READER_VERSION + 1)
    assert counts(bitmaps.run()) == {"unchanged": 4}
    assert bitmaps.run(verify=True).verification == VerifyReport(verified=4, refreshed=4)
    assert bitmaps.encoder.embedded == 4
    assert bitmaps.run(verify=True).verification == VerifyReport(verified=4)


def test_a_photo_that_turns_out_to_be_damaged_is_skipped_when_it_is_verified(bitmaps: Indexing, photos: Path) -> None:
    before = (photos / "c.bmp").stat()
    (photos / "c.bmp").write_bytes(bytes(before.st_size))
    os.utime(photos / "c.bmp", ns=(before.st_atime_ns, before.st_mtime_ns))
    report = bitmaps.run(verify=True)
    assert (report.images, reasons(report)) == (3, {"c.bmp": "not an image, or a damaged one"})


def test_a_photo_that_cannot_be_read_now_stays_as_it_is(
    bitmaps: Indexing, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(path: Path) -> bytes:
        if path.name == "b.bmp":
            raise PhotoError("could not be read: Input/output error")
        return read_photo_bytes(path)

    monkeypatch.setattr("twinlens.embedding.local.read_photo_bytes", read)
    before = bitmaps.vectors()
    report = bitmaps.run(verify=True)
    assert (report.images, report.skipped, bitmaps.vectors()) == (4, [], before)
    assert report.verification is not None
    assert report.verification.unread == [Skipped("b.bmp", "could not be read: Input/output error")]


def test_a_disk_that_is_taken_away_during_a_verification_ends_it(
    bitmaps: Indexing, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unmount(path: Path) -> bytes:
        with contextlib.suppress(FileNotFoundError):
            photos.rename(photos.parent / "elsewhere")
        raise PhotoError("file is gone")

    before = bitmaps.vectors()
    monkeypatch.setattr("twinlens.embedding.local.read_photo_bytes", unmount)
    with pytest.raises(CollectionError, match="is its disk mounted"):
        bitmaps.run(verify=True)
    assert bitmaps.vectors() == before


def test_an_interrupted_verification_is_continued_by_the_next(
    indexing: Indexing, make_photo: PhotoMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(BATCH_SIZE + 4):
        make_photo(f"{'a/' if number % 2 else 'a.b/'}{number}.bmp", seed=number)
    indexing.run()

    class Impatient(SilentListener):
        def advanced(self, done: int, report: IndexReport) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        indexing.run(verify=True, listener=Impatient())
    assert counts(indexing.run()) == {"unchanged": BATCH_SIZE + 4}  # an ordinary run does not forget it
    assert indexing.run(verify=True).verification == VerifyReport(verified=4, earlier=BATCH_SIZE)
    assert indexing.run(verify=True).verification == VerifyReport(verified=BATCH_SIZE + 4)
    with pytest.raises(KeyboardInterrupt):
        indexing.run(verify=True, listener=Impatient())
    now = verification.time.time()
    monkeypatch.setattr(verification.time, "time", lambda: now + 8 * 86_400)
    assert indexing.run(verify=True).verification == VerifyReport(verified=BATCH_SIZE + 4)


def test_a_verification_needs_no_room_for_new_vectors(bitmaps: Indexing) -> None:
    plans = []

    class Listener(SilentListener):
        def planned(self, plan: IndexPlan) -> None:
            plans.append(plan)

    bitmaps.run(verify=True, listener=Listener())
    assert plans == [IndexPlan(found=4, to_read=4, disk_bytes=0)]
