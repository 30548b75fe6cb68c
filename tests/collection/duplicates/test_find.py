"""Duplicates in collections of drawn photos."""

import io
import os
import shutil
import zipfile
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from collection.conftest import OpenCollection
from conftest import ColourEncoder
from data.raw_files import dng
from twinlens.collection.collection import Collection
from twinlens.collection.duplicates.found import DuplicateGroup, Duplicates
from twinlens.errors import CollectionNotFoundError, PhotosMissingError, QueryError

Found = list[tuple[str, list[tuple[str, str]]]]
NOON = datetime(2023, 7, 1, 12)


def picture(seed: int, *, size: tuple[int, int] = (320, 240)) -> Image.Image:
    """Grey patches, other ones for each seed; all are alike in colour, and so in their features."""
    patches = np.random.default_rng(seed).integers(40, 216, size=(6, 8), dtype=np.uint8)
    return Image.fromarray(patches).resize(size, Image.Resampling.BICUBIC).convert("RGB")


def save(image: Image.Image, file: Path, *, shot: datetime | None = None, quality: int = 90) -> Path:
    exif = Image.Exif()
    if shot is not None:
        exif[0x0110] = "Pocket"
        exif.get_ifd(0x8769)[0x9003] = f"{shot:%Y:%m:%d %H:%M:%S}"
    file.parent.mkdir(parents=True, exist_ok=True)
    image.save(file, exif=exif, quality=quality)
    return file


def told(found: Duplicates) -> Found:
    """The best members, and kinds and ids of the others."""
    return [(group.best.id, [(other.kind, other.photo.id) for other in group.others]) for group in found.groups]


def find(open_collection: OpenCollection, *kinds: str) -> Duplicates:
    collection = open_collection()
    collection.index()
    return collection.duplicates(kinds or None)


def test_the_same_picture_saved_again_is_a_near_copy_and_an_alike_one_is_not(
    photos: Path, open_collection: OpenCollection
) -> None:
    save(picture(1), photos / "original.jpg")
    save(picture(1).resize((160, 120)), photos / "small.jpg")
    save(picture(1), photos / "poor.jpg", quality=50)
    save(ImageEnhance.Brightness(picture(1)).enhance(1.2), photos / "bright.jpg")
    save(picture(1).crop((5, 4, 315, 236)), photos / "cropped.jpg")
    save(picture(2), photos / "look-alike.jpg")
    [group] = find(open_collection).groups
    others = {other.photo.id: other for other in group.others}
    assert {group.best.id, *others} == {"original.jpg", "small.jpg", "poor.jpg", "bright.jpg", "cropped.jpg"}
    assert {(other.kind, other.of) for other in group.others} == {("near", group.best.id)}
    assert all(other.figures["bits"] <= 64 and other.figures["likeness"] > 0.95 for other in group.others)
    assert (group.best.width, group.best.height) == (320, 240)


def test_the_best_is_the_largest_then_that_of_most_bytes_then_the_oldest(
    photos: Path, open_collection: OpenCollection
) -> None:
    save(picture(1), photos / "a-poor.jpg", quality=60)
    save(picture(1), photos / "good.jpg", quality=95)
    shutil.copyfile(photos / "good.jpg", photos / "again.jpg")
    os.utime(photos / "again.jpg", (1e9, 1e9))
    save(picture(1).resize((160, 120)), photos / "small.jpg", quality=100)
    assert told(find(open_collection)) == [
        ("again.jpg", [("exact", "good.jpg"), ("near", "a-poor.jpg"), ("near", "small.jpg")])
    ]


def test_shots_within_seconds_are_a_series_though_their_pictures_are_nearly_the_same(
    photos: Path, open_collection: OpenCollection
) -> None:
    for number, seconds in enumerate([0, 2, 4, 300]):
        save(picture(1), photos / f"{number}.jpg", shot=NOON + timedelta(seconds=seconds), quality=95 - number)
    save(picture(1), photos / "copy.jpg", shot=NOON, quality=50)
    found = find(open_collection)
    assert told(found) == [("0.jpg", [("near", "copy.jpg"), ("series", "1.jpg"), ("series", "2.jpg")])]
    assert [other.figures.get("seconds") for other in found.groups[0].others] == [None, 2.0, 4.0]
    assert told(find(open_collection, "near")) == [("0.jpg", [("near", "copy.jpg")])]


def test_several_shots_in_one_second_are_no_copies(photos: Path, open_collection: OpenCollection) -> None:
    save(picture(1), photos / "IMG_0412.jpg", shot=NOON, quality=95)
    save(picture(1), photos / "IMG_0413.jpg", shot=NOON, quality=90)
    save(picture(1), photos / "IMG_0412 small.jpg", shot=NOON, quality=50)
    save(picture(1), photos / "sent" / "IMG_0412.jpg", shot=NOON, quality=60)
    assert told(find(open_collection)) == [
        ("IMG_0412.jpg", [("near", "IMG_0412 small.jpg"), ("near", "sent/IMG_0412.jpg"), ("series", "IMG_0413.jpg")])
    ]


def test_edited_copies_and_raw_files_are_known_by_their_names(photos: Path, open_collection: OpenCollection) -> None:
    save(picture(1), photos / "IMG_0001.jpg", quality=95)
    save(picture(2), photos / "IMG_0001-edited.jpg")
    save(picture(3), photos / "elsewhere" / "IMG_0001 (1).jpg")
    (photos / "IMG_0001.CR2").write_bytes(b"II*\0raw")
    (photos / "IMG_0002.CR2").write_bytes(b"II*\0raw")
    found = find(open_collection)
    assert told(found) == [("IMG_0001.jpg", [("raw", "IMG_0001.CR2"), ("edited", "IMG_0001-edited.jpg")])]
    assert list(found.removable()) == []
    assert [photo.id for photo in found.removable(["raw"])] == ["IMG_0001.CR2"]


def test_a_raw_file_that_is_read_is_no_copy_of_its_photo_and_a_copy_of_the_same_bytes(
    photos: Path, open_collection: OpenCollection
) -> None:
    """It has more pixels and bytes than the JPEG beside it, and shows the same."""
    sensor = np.asarray(picture(1).convert("RGB").resize((320, 240)))
    preview = io.BytesIO()
    Image.fromarray(sensor).save(preview, "JPEG", quality=95)
    raw = dng(sensor, preview=preview.getvalue(), preview_size=(320, 240))
    for name in ("IMG_0001.dng", "alone/IMG_0009.dng", "alone/IMG_0010.dng"):
        (photos / name).parent.mkdir(exist_ok=True)
        (photos / name).write_bytes(raw)
    (photos / "IMG_0001.jpg").write_bytes(preview.getvalue())
    Image.fromarray(sensor).resize((300, 225)).save(photos / "smaller.png")
    found = find(open_collection)
    assert told(found) == [
        ("IMG_0001.jpg", [("raw", "IMG_0001.dng"), ("near", "smaller.png")]),
        ("alone/IMG_0009.dng", [("exact", "alone/IMG_0010.dng")]),
    ]
    assert [photo.id for photo in found.removable()] == ["smaller.png", "alone/IMG_0010.dng"]


def test_exact_copies_of_any_member_are_in_its_group(photos: Path, open_collection: OpenCollection) -> None:
    save(picture(1), photos / "large.jpg")
    save(picture(1).resize((160, 120)), photos / "small.jpg")
    shutil.copy2(photos / "small.jpg", photos / "z.jpg")
    found = find(open_collection)
    assert told(found) == [("large.jpg", [("exact", "z.jpg"), ("near", "small.jpg")])]
    assert [other.of for other in found.groups[0].others] == ["small.jpg", "large.jpg"]
    assert told(find(open_collection, "exact")) == [("small.jpg", [("exact", "z.jpg")])]


def test_a_photo_that_is_gone_or_changed_or_a_link_takes_the_place_of_none(
    photos: Path, open_collection: OpenCollection
) -> None:
    """Else a list of all but the best would name the last copy."""
    for name in ("a", "b", "c"):
        save(picture(1), photos / f"{name}.jpg")
    (photos / "link.jpg").symlink_to(photos / "a.jpg")
    collection = open_collection()
    collection.index()
    (photos / "b.jpg").unlink()
    save(picture(2), photos / "c.jpg")
    found = collection.duplicates()
    assert (found.groups, found.not_compared) == ((), 3)


def test_photos_in_archives_are_compared_and_never_on_a_move_list(
    photos: Path, open_collection: OpenCollection
) -> None:
    save(picture(1), photos / "a.jpg")
    save(picture(2), photos / "b.jpg")
    with zipfile.ZipFile(photos / "backup.zip", "w") as archive:
        archive.write(photos / "a.jpg", "old/a.jpg")
        archive.writestr("small.jpg", save(picture(2).resize((160, 120)), photos / "small.jpg").read_bytes())
    (photos / "small.jpg").unlink()
    os.utime(photos / "backup.zip", (1, 1))
    collection = open_collection()
    collection.index(archives=True)
    found = collection.duplicates()
    assert told(found) == [
        ("a.jpg", [("exact", "backup.zip/old/a.jpg")]),
        ("b.jpg", [("near", "backup.zip/small.jpg")]),
    ]
    assert (found.not_compared, list(found.removable())) == (0, [])
    assert all(group.others[0].photo.in_archive for group in found.groups)


def test_without_features_only_exact_copies_are_found(photos: Path, open_collection: OpenCollection) -> None:
    save(picture(1), photos / "a.jpg")
    shutil.copy2(photos / "a.jpg", photos / "b.jpg")
    save(picture(1), photos / "poor.jpg", quality=50)
    collection = open_collection()
    collection.index()
    with collection.catalog.transaction() as connection:
        connection.execute("UPDATE vectors SET features = NULL")
    found = collection.duplicates()
    assert told(found) == [("a.jpg", [("exact", "b.jpg")])]
    assert not found.has_features


def test_only_photos_that_pass_the_filters_are_compared(photos: Path, open_collection: OpenCollection) -> None:
    for place in ("2022/a", "2023/a", "2023/b"):
        save(picture(1), photos / f"{place}.jpg")
    collection = open_collection()
    collection.index()
    [group] = collection.duplicates(folder="2023").groups
    assert members(group) == {"2023/a.jpg", "2023/b.jpg"}


def members(group: DuplicateGroup) -> set[str]:
    return {group.best.id, *(other.photo.id for other in group.others)}


def test_what_cannot_be_answered_is_told(photos: Path, open_collection: OpenCollection) -> None:
    collection = open_collection()
    with pytest.raises(CollectionNotFoundError, match="nothing is indexed in "):
        collection.duplicates()
    with pytest.raises(QueryError, match="no kind of duplicates is called 'nearly'; there are exact, raw"):
        collection.duplicates(["nearly"])
    save(picture(1), photos / "a.jpg")
    collection.index()
    assert collection.duplicates().groups == ()


def test_a_photo_folder_that_is_not_there_is_told(
    photos: Path, tmp_path: Path, models: dict[str, ColourEncoder]
) -> None:
    save(picture(1), photos / "a.jpg")
    with Collection.create([photos], at=tmp_path / "collection") as collection:
        collection.index()
        photos.rename(tmp_path / "moved")
        with pytest.raises(PhotosMissingError, match="is its disk mounted"):
            collection.duplicates()
