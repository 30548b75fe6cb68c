"""What a file says without being decoded is what it says when it is."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from twinlens.data.guarded.guard import Guard
from twinlens.data.header import read_header
from twinlens.data.images import load_plugins, open_photo
from twinlens.errors import PhotoError


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.tif", "a.gif", "a.bmp"])
def test_header_says_the_same_as_the_decoded_photo(tmp_path: Path, name: str) -> None:
    exif = Image.Exif()
    exif[0x010E], exif[0x0110] = "The old harbour", "Twin Reflex"
    image = Image.fromarray(np.zeros((30, 40, 3), np.uint8))
    image.save(tmp_path / name, **({} if name in ("a.gif", "a.bmp") else {"exif": exif}))
    found = read_header(tmp_path / name, guard=Guard())
    assert found == open_photo(tmp_path / name).details
    assert found is not None
    assert found.description == (None if name in ("a.gif", "a.bmp") else "The old harbour")


def test_header_of_a_heic_is_read_under_guard(tmp_path: Path) -> None:
    load_plugins()
    Image.new("RGB", (64, 64)).save(tmp_path / "a.heic", format="HEIF")
    asked = []

    class Watched(Guard):
        def run(self, function, *arguments):  # type: ignore[no-untyped-def]
            asked.append(function)
            return function(*arguments)

    assert read_header(tmp_path / "a.heic", guard=Watched()) == open_photo(tmp_path / "a.heic").details
    assert len(asked) == 1


def test_damaged_header_is_none_and_a_missing_file_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff\xe1\0\x10Exif\0\0\xff\xda")
    assert read_header(tmp_path / "a.jpg", guard=Guard()) is None
    with pytest.raises(PhotoError, match="could not be read"):
        read_header(tmp_path / "b.jpg", guard=Guard())
