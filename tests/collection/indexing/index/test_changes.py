"""An index run takes in what is new, has changed, or is gone."""

import os
import shutil
from pathlib import Path

import pytest
from PIL import ExifTags, Image

from collection.indexing.index.conftest import Indexing, counts
from conftest import PhotoMaker
from twinlens.collection.catalog.condition import Condition
from twinlens.data.exif import PhotoDetails
from twinlens.embedding.local import BATCH_SIZE


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
