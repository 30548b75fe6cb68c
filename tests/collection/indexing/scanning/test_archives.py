"""Photos inside zip and tar files are read in place, if people ask for it."""

import io
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from conftest import ColourEncoder, PhotoMaker
from twinlens.api.upkeep.repair import verify
from twinlens.collection.collection import Collection
from twinlens.collection.indexing.scanning.archives import INSIDE, NOT_OPENED, PACKED_TAR
from twinlens.collection.portable.moving import move_photos
from twinlens.collection.showing.file import photo_file
from twinlens.collection.showing.thumbnails import draw_thumbnail
from twinlens.data.images import read_photo_bytes
from twinlens.errors import PhotoError

OpenCollection = Callable[..., Collection]


@pytest.fixture
def red(make_photo: PhotoMaker, photos: Path) -> bytes:
    """Content of a photo; blue.png is in the folder."""
    make_photo("blue.png", "blue")
    made = make_photo("red.png", "red")
    content = made.read_bytes()
    made.unlink()
    return content


def zipped(path: Path, members: dict[str, bytes], *, packed: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", packed) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def tarred(path: Path, members: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz" if path.suffix == ".gz" else "w") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def test_archives_are_told_and_left_alone_unless_somebody_asks(
    red: bytes, photos: Path, open_collection: OpenCollection
) -> None:
    zipped(photos / "trip.zip", {"a/red.png": red})
    tarred(photos / "old.tar.gz", {"red.png": red})
    library = open_collection()
    report = library.index()
    assert report.images == 1
    assert {file.path: file.reason for file in report.skipped} == {"trip.zip": NOT_OPENED, "old.tar.gz": PACKED_TAR}
    assert library.index(archives=True).added == 1
    assert library.index().unchanged == 2, "it is kept for later runs"
    assert library.index(archives=False).removed == 1


@pytest.mark.parametrize("packed", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_photo_in_a_zip_is_found_shown_and_downloaded(
    red: bytes, photos: Path, open_collection: OpenCollection, packed: int
) -> None:
    zipped(photos / "trip.zip", {"a/": b"", "a/red.png": red, "notes.txt": b"notes"}, packed=packed)
    library = open_collection()
    library.index(archives=True)
    hit = library.answer("red", k=1).hits[0]
    assert (hit.id, hit.is_missing, hit.width) == ("trip.zip/a/red.png", False, 48)
    card = library.photo(hit.id)
    assert card is not None
    file = photo_file(card)
    assert (file.content, file.media_type) == (red, "image/png")
    assert Image.open(io.BytesIO(draw_thumbnail(file.source, side=16))).size == (16, 12)
    with zipfile.ZipFile(io.BytesIO(b"".join(library.zip_photos([hit.id])))) as sent:
        assert sent.read("trip.zip/a/red.png") == red


def test_photo_in_a_tar_is_found(red: bytes, photos: Path, open_collection: OpenCollection) -> None:
    tarred(photos / "trip.tar", {"./a/red.png": red})
    library = open_collection()
    library.index(archives=True)
    assert library.answer("red", k=1).hits[0].id == "trip.tar/a/red.png"


def test_renamed_and_changed_archives_keep_their_photos(
    red: bytes, photos: Path, open_collection: OpenCollection
) -> None:
    zipped(photos / "trip.zip", {"red.png": red})
    library = open_collection()
    library.index(archives=True)
    library.mark_favourites(["trip.zip/red.png"])
    (photos / "trip.zip").rename(photos / "holiday.zip")
    assert library.index().renamed == 1
    assert library.favourites() == ["holiday.zip/red.png"]
    zipped(photos / "holiday.zip", {"red.png": red, "more/red.png": red})
    report = library.index()
    assert (report.added, report.updated, report.removed) == (1, 0, 0)
    assert library.favourites() == ["holiday.zip/red.png"]
    (photos / "holiday.zip").unlink()
    assert library.index().removed == 2


def test_damaged_archive_is_told_and_what_is_known_of_it_stays(
    red: bytes, photos: Path, open_collection: OpenCollection
) -> None:
    archive = zipped(photos / "trip.zip", {"red.png": red})
    library = open_collection()
    library.index(archives=True)
    archive.write_bytes(archive.read_bytes()[:100])
    report = library.index()
    assert (report.removed, report.images) == (0, 2)
    (told,) = [file.reason for file in report.skipped if file.path == "trip.zip"]
    assert told.startswith("archive cannot be read: trip.zip is damaged, or no zip")


def test_members_that_lead_elsewhere_hide_or_are_archives_are_left_out(
    red: bytes, photos: Path, open_collection: OpenCollection
) -> None:
    members = {"../blue.png": red, "/etc/red.png": red, "a\\b.png": red, "C:/x.png": red, "inner.zip": b"PK"}
    zipped(photos / "trip.zip", {**members, "__MACOSX/._red.png": red, ".hidden.png": red, "film.mp4": b"film"})
    library = open_collection()
    report = library.index(archives=True)
    assert report.images == 1
    reasons = {file.path: file.reason for file in report.skipped}
    assert reasons["trip.zip/inner.zip"] == INSIDE
    assert reasons["trip.zip/film.mp4"] == "video inside an archive, not read"
    assert reasons["trip.zip/../blue.png"] == "its name in the archive leads elsewhere"
    assert len([reason for reason in reasons.values() if reason.endswith("leads elsewhere")]) >= 3
    assert [one.entries for one in report.left_out] == [2]


def test_encrypted_damaged_and_swelling_members_are_told(
    red: bytes, photos: Path, open_collection: OpenCollection
) -> None:
    archive = zipped(photos / "trip.zip", {"red.png": red})
    whole = archive.read_bytes()
    directory = whole.index(b"PK\1\2")
    faults = {
        "encrypted in its archive": (directory + 8, b"\1"),
        "damaged in its archive": (60, b"\0\0\0"),  # the packed bytes
        "packed in its archive in a way that is not read": (directory + 10, b"\x63"),
        "3.0 GB, more than 1 GB": (directory + 24, (3_000_000_000).to_bytes(4, "little")),
    }
    for reason, (place, fault) in faults.items():
        archive = photos / f"{len(reason)}.zip"
        archive.write_bytes(whole[:place] + fault + whole[place + len(fault) :])
        with pytest.raises(PhotoError, match=reason):
            read_photo_bytes(archive / "red.png")
    swollen = zipped(photos / "bomb.zip", {"red.png": bytes(50_000_000)}).read_bytes()
    place = swollen.index(b"PK\1\2") + 24
    (photos / "bomb.zip").write_bytes(swollen[:place] + (1000).to_bytes(4, "little") + swollen[place + 4 :])
    with pytest.raises(PhotoError, match="damaged in its archive"):
        read_photo_bytes(photos / "bomb.zip" / "red.png")
    (photos / "trip.zip").unlink()


def test_patterns_hold_for_members(red: bytes, photos: Path, open_collection: OpenCollection) -> None:
    zipped(photos / "trip.zip", {"red.png": red, "raw/red.png": red})
    library = open_collection()
    assert library.index(archives=True, exclude=["raw/"]).images == 2


def test_photos_in_an_archive_are_there_when_a_collection_is_verified_or_moved(
    red: bytes, photos: Path, open_collection: OpenCollection, models: dict[str, ColourEncoder], tmp_path: Path
) -> None:
    zipped(photos / "trip.zip", {"a/red.png": red})
    library = open_collection()
    library.index(archives=True)
    library.close()
    assert list(verify(photos, contents=True).problems) == []
    there = photos.rename(tmp_path / "elsewhere")
    with Collection.open(there) as again:
        moved = move_photos(again.catalog, there)
    assert (moved.here, moved.missing, moved.changed) == (2, 0, 0)
    zipped(there / "trip.zip", {"other.png": red})
    (problem,) = verify(there, contents=True).problems
    assert problem.photos == ["trip.zip/a/red.png"]
