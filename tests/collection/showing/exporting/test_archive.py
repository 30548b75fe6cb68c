"""Photos to take along: zip and list."""

import calendar
import csv
import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import PhotoMaker
from twinlens.collection.collection import Collection
from twinlens.collection.showing.exporting.archive import LEFT_OUT

OpenCollection = Callable[..., Collection]


@pytest.fixture
def collection(make_photo: PhotoMaker, open_collection: OpenCollection) -> Collection:
    """Three photos, one with a name that a spreadsheet takes for a formula."""
    for name in ("a/red.png", "a/red 2.png", "=1+1.png"):
        make_photo(name, size=(480, 360))
    opened = open_collection()
    opened.index()
    return opened


def opened(pieces: object) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(b"".join(pieces)))  # type: ignore[arg-type]


def test_the_zip_holds_the_files_as_they_are_with_their_folders(collection: Collection, photos: Path) -> None:
    archive = opened(collection.zip_photos(["a/red.png", "=1+1.png", "a/red.png"]))
    assert archive.namelist() == ["a/red.png", "=1+1.png"]
    assert archive.testzip() is None
    assert archive.read("a/red.png") == (photos / "a" / "red.png").read_bytes()


def test_what_cannot_be_read_is_named_and_stops_nothing(collection: Collection, photos: Path) -> None:
    (photos / "a" / "red.png").unlink()
    archive = opened(collection.zip_photos(["a/red.png", "../../etc/passwd", "a/red 2.png"]))
    assert archive.namelist() == ["a/red 2.png", LEFT_OUT]
    assert archive.read(LEFT_OUT).decode() == (
        "a/red.png: file is gone\n../../etc/passwd: no indexed photo has this id\n"
    )


@pytest.mark.parametrize("year", [1970, 1980, 2038, 2107, 2108, 2200])
def test_a_photo_of_any_year_goes_into_the_zip(collection: Collection, photos: Path, year: int) -> None:
    summer = calendar.timegm((year, 7, 1, 12, 0, 0))
    os.utime(photos / "a" / "red.png", (summer, summer))
    archive = opened(collection.zip_photos(["a/red.png", "a/red 2.png"]))
    assert archive.namelist() == ["a/red.png", "a/red 2.png"]
    assert archive.testzip() is None
    assert archive.getinfo("a/red.png").date_time[0] == min(max(year, 1980), 2107)


def test_the_zip_comes_in_pieces(collection: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("twinlens.collection.showing.exporting.archive.CHUNK_BYTES", 1000)
    pieces = list(collection.zip_photos(["a/red.png"]))
    assert len(pieces) > 10
    assert max(len(piece) for piece in pieces) < 2000
    assert opened(pieces).testzip() is None


def test_the_list_has_a_line_a_photo_and_no_formulas(collection: Collection) -> None:
    rows = list(csv.DictReader(io.StringIO(collection.list_photos(["a/red.png", "gone.png", "=1+1.png"]))))
    assert [row["image_id"] for row in rows] == ["a/red.png", "'=1+1.png"]
    assert rows[0]["width"] == "480"
