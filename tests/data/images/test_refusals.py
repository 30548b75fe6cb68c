"""What is no photo, is too large or damaged is refused with its reason."""

import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data.images.conftest import difference, encoded, needs_avif, scene
from twinlens.data.images import MAX_MEGAPIXELS, open_photo, read_photo_bytes
from twinlens.errors import PhotoError


def png_chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_claiming(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header promises a huge picture."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = png_chunk(b"IHDR", header) + png_chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


class TestRefusals:
    def test_empty_file_is_said_to_be_empty(self, tmp_path):
        path = tmp_path / "empty.jpg"
        path.touch()
        with pytest.raises(PhotoError, match=r"^empty file$"):
            open_photo(path)

    def test_text_named_jpg_is_not_an_image(self, tmp_path):
        path = tmp_path / "notes.jpg"
        path.write_text("milk, bread, butter\n" * 50)
        with pytest.raises(PhotoError, match="not an image"):
            open_photo(path)

    @pytest.mark.parametrize(
        "data", [b"\0" * 4096, b"<html><body></body></html>", b"PK\3\4" + bytes(60), bytes(range(256))]
    )
    def test_what_is_no_picture_is_said_to_be_none(self, data):
        with pytest.raises(PhotoError, match="not an image"):
            open_photo(data)

    def test_folder_is_not_a_photo(self, tmp_path):
        folder = tmp_path / "album.jpg"
        folder.mkdir()
        with pytest.raises(PhotoError, match="folder"):
            open_photo(folder)

    def test_missing_file_is_said_to_be_gone(self, tmp_path):
        with pytest.raises(PhotoError, match="gone"):
            open_photo(tmp_path / "nowhere.jpg")

    def test_link_to_nowhere_is_said_to_be_gone(self, tmp_path):
        link = tmp_path / "link.jpg"
        link.symlink_to(tmp_path / "nowhere.jpg")
        with pytest.raises(PhotoError, match="gone"):
            open_photo(link)

    @pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
    def test_locked_file_names_the_missing_permission(self, tmp_path):
        path = tmp_path / "locked.png"
        path.write_bytes(encoded(scene(), "PNG"))
        path.chmod(0)
        with pytest.raises(PhotoError, match="permission"):
            open_photo(path)

    @pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")  # undone by pytest, set by the module
    @pytest.mark.parametrize("size", [(50_000, 50_000), (13_400, 13_300)])
    def test_pixel_bomb_is_refused_before_it_is_decoded(self, size):
        data = png_claiming(*size)
        assert len(data) < 200
        assert size[0] * size[1] > MAX_MEGAPIXELS * 1e6
        with pytest.raises(PhotoError, match="megapixels"):
            open_photo(data)

    @pytest.mark.parametrize("image_format", ["JPEG", "PNG"])
    def test_file_cut_in_half_is_said_to_be_truncated(self, tmp_path, image_format):
        noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
        data = encoded(Image.fromarray(noise), image_format)
        path = tmp_path / "cut"
        path.write_bytes(data[: len(data) // 2])
        with pytest.raises(PhotoError, match=r"^truncated: the file ends too early$"):
            open_photo(path)

    @pytest.mark.parametrize(
        ("image_format", "options"),
        [
            ("JPEG", {}),
            ("JPEG", {"progressive": True}),
            ("PNG", {}),
            ("WEBP", {}),
            ("WEBP", {"lossless": True}),
            ("TIFF", {}),
            ("GIF", {}),
            ("BMP", {}),
            ("PPM", {}),
            ("HEIF", {}),
            pytest.param("AVIF", {}, marks=needs_avif),
        ],
    )
    def test_cut_file_never_gives_half_a_picture(self, image_format, options):
        noise = np.random.default_rng(1).integers(-20, 21, (32, 48, 3))
        data = encoded(
            Image.fromarray((np.asarray(scene()) + noise).clip(0, 255).astype(np.uint8)), image_format, **options
        )
        whole = open_photo(data).image
        refused = 0
        for cut in np.linspace(1, len(data) - 1, 60, dtype=int):
            try:
                assert difference(open_photo(data[:cut]).image, whole) == 0
            except PhotoError:
                refused += 1
        assert refused > 50

    def test_reason_is_one_short_line(self):
        for data in (b"", b"text", png_claiming(50_000, 50_000), encoded(scene(), "WEBP")[:-40]):
            with pytest.raises(PhotoError) as refusal:
                open_photo(data)
            assert "\n" not in str(refusal.value)
            assert 0 < len(str(refusal.value)) < 120


def test_errors_keep_their_cause(tmp_path: Path):
    with pytest.raises(PhotoError) as refusal:
        open_photo(tmp_path / "nowhere.jpg")
    assert isinstance(refusal.value.__cause__, FileNotFoundError)


@pytest.mark.skipif(os.name == "nt", reason="no named pipes")
def test_what_is_no_file_is_refused_at_once(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "endless.jpg").symlink_to("/dev/zero")
    for name in ("pipe.jpg", "endless.jpg"):
        with pytest.raises(PhotoError, match="not a regular file"):
            open_photo(tmp_path / name)
    with pytest.raises(PhotoError, match="a folder"):
        open_photo(tmp_path)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="a file that has no size until it is read")
def test_a_file_whose_size_is_not_told_is_read_whole(monkeypatch: pytest.MonkeyPatch):
    status = Path("/proc/self/status")
    assert len(read_photo_bytes(status)) > 500
    monkeypatch.setattr("twinlens.data.images.MAX_FILE_BYTES", 300)
    with pytest.raises(PhotoError, match="more than"):
        read_photo_bytes(status)


def test_a_file_too_large_to_be_read_whole_is_refused_unread(tmp_path):
    path = tmp_path / "huge.jpg"
    with path.open("wb") as file:
        file.truncate(2_000_000_000_000)  # sparse: takes no room
    with pytest.raises(PhotoError, match=r"2,000\.0 GB, more than 1 GB"):
        open_photo(path)
