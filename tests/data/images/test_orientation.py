"""Photos are upright, whatever their EXIF data say or how damaged these are."""

import struct
import subprocess
import sys

import pytest
from PIL import Image

from data.images.conftest import STORED_AS, difference, encoded, needs_avif, oriented, scene
from twinlens.data.images import open_photo


def exif_block(*entries: tuple[int, int, int, bytes]) -> bytes:
    """Raw EXIF: entries are (tag, type, count, value or offset), right or wrong."""
    rows = b"".join(
        struct.pack("<HHI", tag, kind, count) + value.ljust(4, b"\0") for tag, kind, count, value in entries
    )
    return b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + rows + b"\0\0\0\0"


ORIENTATION_6 = (274, 3, 1, b"\x06\x00")


class TestOrientation:
    @pytest.mark.parametrize("orientation", STORED_AS)
    @pytest.mark.parametrize(
        ("image_format", "options"),
        [
            ("JPEG", {"quality": 95, "subsampling": 0}),
            ("PNG", {}),
            ("WEBP", {"lossless": True}),
            ("TIFF", {}),
            ("TIFF", {"compression": "tiff_lzw"}),
            pytest.param("AVIF", {"quality": 95, "subsampling": "4:4:4"}, marks=needs_avif),
            ("HEIF", {"quality": 95}),
        ],
    )
    def test_every_orientation_gives_the_same_upright_picture(self, image_format, options, orientation):
        photo = open_photo(oriented(orientation, image_format, **options))
        assert difference(photo.image, scene()) < 4
        assert (photo.details.width, photo.details.height) == (48, 32)

    def test_heic_that_is_turned_by_its_container_is_not_turned_again_by_its_exif(self):
        data = oriented(6, "HEIF", quality=95)
        assert b"irot" in data  # turned by the container …
        assert b"Exif" in data  # … and by the EXIF that phones keep beside it
        assert difference(open_photo(data).image, scene()) < 4

    @pytest.mark.parametrize("orientation", [0, 9, 4000])
    def test_orientation_outside_the_standard_changes_nothing(self, orientation):
        exif = Image.Exif()
        exif[274] = orientation
        photo = open_photo(encoded(scene(), "PNG", exif=exif))
        assert difference(photo.image, scene()) == 0
        assert (photo.details.width, photo.details.height) == (48, 32)

    def test_jpeg_decoded_small_is_upright_and_its_details_keep_the_full_size(self):
        big = scene(800, 600)
        exif = Image.Exif()
        exif[274] = 6
        data = encoded(big.transpose(STORED_AS[6]), "JPEG", quality=95, exif=exif)
        photo = open_photo(data, min_side=50)
        assert photo.image.width < 800
        assert difference(photo.image, scene(*photo.image.size)) < 4
        assert (photo.details.width, photo.details.height) == (800, 600)


class TestDamagedExif:
    @pytest.mark.filterwarnings("ignore")  # pytest undoes the filter that open_photo's module sets
    @pytest.mark.parametrize(
        "exif",
        [
            pytest.param(b"Exif\0\0", id="empty"),
            pytest.param(b"Exif\0\0no TIFF header at all", id="garbage"),
            pytest.param(exif_block((34665, 9, 1, struct.pack("<i", -5))), id="negative pointer"),
            pytest.param(exif_block((34853, 4, 1, b"\xff\xff\xff\xff")), id="pointer behind the end"),
            pytest.param(exif_block((271, 2, 50, struct.pack("<I", 2**31))), id="text behind the end"),
            pytest.param(exif_block((274, 2, 2, b"6\0")), id="orientation as text"),
            pytest.param(exif_block((274, 3, 1, b"\x01\0"))[:20], id="cut in the middle"),
        ],
    )
    @pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP"])
    def test_photo_with_damaged_exif_opens_as_if_it_had_none(self, image_format, exif):
        options = {"quality": 95} if image_format == "JPEG" else {"lossless": True} if image_format == "WEBP" else {}
        photo = open_photo(encoded(scene(), image_format, exif=exif, **options))
        assert difference(photo.image, scene()) < 4
        assert (photo.details.width, photo.details.height) == (48, 32)
        assert photo.details.taken_at is None

    @pytest.mark.filterwarnings("ignore")
    @pytest.mark.parametrize(
        "entry",
        [
            pytest.param((271, 5, 1, struct.pack("<I", 8)), id="a camera name that is a fraction"),
            pytest.param((34665, 9, 1, struct.pack("<i", -5)), id="a pointer before the start"),
            pytest.param((34853, 4, 1, b"\xff\xff\xff\xff"), id="a pointer behind the end"),
        ],
    )
    def test_turned_photo_stays_upright_when_the_rest_of_its_exif_is_damaged(self, entry):
        data = encoded(scene().transpose(STORED_AS[6]), "PNG", exif=exif_block(ORIENTATION_6, entry))
        photo = open_photo(data)
        assert difference(photo.image, scene()) == 0
        assert (photo.details.width, photo.details.height) == (48, 32)

    def test_damaged_exif_writes_nothing_on_the_terminal(self, tmp_path):
        path = tmp_path / "odd.png"
        path.write_bytes(encoded(scene(), "PNG", exif=exif_block((271, 2, 50, struct.pack("<I", 2**31)))))
        code = "import sys; from twinlens.data.images import open_photo; from pathlib import Path\n"
        code += "print(open_photo(Path(sys.argv[1])).image.size)"
        done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
        assert done.stdout.split() == ["(48,", "32)"]
        assert done.stderr == ""
