import io
import os
import struct
import subprocess
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, features

from twinlens.data.decoding.kinds import unread_kind
from twinlens.data.images import MAX_MEGAPIXELS, PHOTO_SUFFIXES, open_photo, read_photo_bytes
from twinlens.errors import PhotoError

pillow_heif.register_heif_opener()  # to write HEIC here; open_photo registers it on its own

needs_avif = pytest.mark.skipif(not features.check("avif"), reason="this Pillow has no AVIF")

# How a camera stores an upright scene when it writes each EXIF orientation: the turn that the reader must undo.
STORED_AS = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def scene(width: int = 48, height: int = 32) -> Image.Image:
    """Four quarters of different colour: every flip and turn of it is another picture."""
    pixels = np.empty((height, width, 3), dtype=np.uint8)
    pixels[: height // 2, : width // 2] = (220, 20, 20)
    pixels[: height // 2, width // 2 :] = (20, 200, 20)
    pixels[height // 2 :, : width // 2] = (20, 20, 220)
    pixels[height // 2 :, width // 2 :] = (230, 230, 30)
    return Image.fromarray(pixels)


def encoded(image: Image.Image, image_format: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, image_format, **options)
    return file.getvalue()


def oriented(orientation: int, image_format: str, **options: object) -> bytes:
    turn = STORED_AS[orientation]
    stored = scene() if turn is None else scene().transpose(turn)
    exif = Image.Exif()
    exif[274] = orientation
    return encoded(stored, image_format, exif=exif.tobytes(), **options)


def difference(image: Image.Image, expected: Image.Image) -> float:
    """Mean difference of two pictures of one size, 0 to 255."""
    assert image.mode == "RGB"
    assert image.size == expected.size
    return float(np.abs(np.asarray(image, np.float32) - np.asarray(expected, np.float32)).mean())


def single_colour(data: bytes) -> tuple[int, ...]:
    """The one colour that fills a picture."""
    colours = np.unique(np.asarray(open_photo(data).image).reshape(-1, 3), axis=0)
    assert len(colours) == 1
    return tuple(int(part) for part in colours[0])


def png_chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_claiming(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header promises a huge picture."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = png_chunk(b"IHDR", header) + png_chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


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


class TestColours:
    def test_half_transparent_red_on_white_is_pink(self):
        assert single_colour(encoded(Image.new("RGBA", (8, 8), (255, 0, 0, 128)), "PNG")) == (255, 127, 127)

    def test_transparent_pixels_are_white_whatever_colour_they_hide(self):
        assert single_colour(encoded(Image.new("RGBA", (8, 8), (10, 20, 30, 0)), "PNG")) == (255, 255, 255)

    @pytest.mark.parametrize(("alpha", "grey"), [(0, 255), (255, 40), (51, 212)])
    def test_grey_with_alpha_lies_on_white(self, alpha, grey):
        assert single_colour(encoded(Image.new("LA", (8, 8), (40, alpha)), "PNG")) == (grey, grey, grey)

    @pytest.mark.parametrize("image_format", ["PNG", "GIF"])
    def test_transparent_palette_entry_is_white(self, image_format):
        image = Image.new("P", (8, 8), 1)
        image.putpalette([0, 0, 0, 200, 30, 30])
        image.paste(0, (0, 0, 4, 8))
        pixels = np.asarray(open_photo(encoded(image, image_format, transparency=0)).image)
        assert (pixels[:, :4] == 255).all()
        assert (pixels[:, 4:] == (200, 30, 30)).all()

    def test_transparent_key_colour_of_an_rgb_png_is_white(self):
        data = encoded(Image.new("RGB", (8, 8), (1, 2, 3)), "PNG", transparency=(1, 2, 3))
        assert single_colour(data) == (255, 255, 255)

    def test_transparency_survives_the_turn_to_upright(self):
        image = scene().convert("RGBA")
        image.putalpha(Image.fromarray(np.repeat([[0], [255]], [16, 16], axis=0).repeat(48, axis=1).astype(np.uint8)))
        exif = Image.Exif()
        exif[274] = 6
        photo = open_photo(encoded(image.transpose(STORED_AS[6]), "PNG", exif=exif))
        pixels = np.asarray(photo.image)
        assert (pixels[:16] == 255).all()
        assert (pixels[16:] == np.asarray(scene())[16:]).all()

    def test_palette_becomes_its_colours(self):
        image = scene().quantize(4)
        assert image.mode == "P"
        assert difference(open_photo(encoded(image, "PNG")).image, scene()) < 2

    def test_grey_has_three_equal_channels(self):
        grey = scene().convert("L")
        for data in (encoded(grey, "PNG"), encoded(grey, "JPEG", quality=95)):
            pixels = np.asarray(open_photo(data).image)
            assert (pixels[..., 0] == pixels[..., 1]).all()
            assert (pixels[..., 0] == pixels[..., 2]).all()
            assert np.abs(pixels[..., 0].astype(int) - np.asarray(grey)).mean() < 3

    def test_black_and_white_has_two_colours(self):
        pixels = np.asarray(open_photo(encoded(scene().convert("1"), "PNG")).image)
        assert set(np.unique(pixels)) == {0, 255}

    @pytest.mark.parametrize("min_side", [None, 4])
    def test_cmyk_jpeg_has_the_colours_that_were_printed(self, min_side):
        data = encoded(scene().convert("CMYK"), "JPEG", quality=95)
        assert Image.open(io.BytesIO(data)).mode == "CMYK"
        image = open_photo(data, min_side=min_side).image
        assert difference(image, scene(*image.size)) < 6

    def test_sixteen_bit_grey_keeps_its_brightness(self):
        deep = np.linspace(0, 65535, 64 * 16).reshape(16, 64).astype(np.uint16)
        photo = open_photo(encoded(Image.fromarray(deep), "PNG"))
        pixels = np.asarray(photo.image)[..., 0].astype(int)
        assert np.abs(pixels - deep / 257).max() <= 1
        assert (pixels.min(), pixels.max()) == (0, 255)

    def test_dark_sixteen_bit_grey_stays_dark(self):
        assert single_colour(encoded(Image.fromarray(np.full((8, 8), 200, np.uint16)), "PNG")) == (0, 0, 0)

    def test_turned_sixteen_bit_grey_is_upright(self):
        exif = Image.Exif()
        exif[274] = 8
        deep = np.asarray(scene().convert("L")).astype(np.uint16) * 257
        data = encoded(Image.fromarray(deep).transpose(STORED_AS[8]), "PNG", exif=exif)
        assert np.abs(np.asarray(open_photo(data).image)[..., 0].astype(int) - deep // 257).max() <= 1

    @pytest.mark.parametrize("full", [1.0, 255.0, 65535.0])
    def test_float_grey_of_any_usual_range_keeps_its_brightness(self, full):
        ramp = np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)
        pixels = np.asarray(open_photo(encoded(Image.fromarray(ramp * full), "TIFF")).image)[..., 0]
        assert np.abs(pixels - ramp * 255).max() <= 1

    def test_holes_in_float_grey_are_black(self):
        ramp = np.full((8, 8), 0.5, dtype=np.float32)
        ramp[0, 0] = np.nan
        pixels = np.asarray(open_photo(encoded(Image.fromarray(ramp), "TIFF")).image)
        assert tuple(pixels[0, 0]) == (0, 0, 0)
        assert abs(int(pixels[4, 4, 0]) - 127) <= 1


class TestFormats:
    @pytest.mark.parametrize("image_format", ["GIF", "WEBP", "PNG", "TIFF"])
    def test_first_frame_of_an_animation_counts(self, image_format):
        frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "lime", "blue")]
        options = {"lossless": True} if image_format == "WEBP" else {}
        data = encoded(frames[0], image_format, save_all=True, append_images=frames[1:], **options)
        assert single_colour(data) == (255, 0, 0)

    def test_mpo_gives_its_main_picture(self):
        second = Image.new("RGB", (48, 32), "black")
        data = encoded(scene(), "MPO", save_all=True, append_images=[second], quality=95, subsampling=0)
        assert Image.open(io.BytesIO(data)).format == "MPO"
        assert difference(open_photo(data).image, scene()) < 4

    def test_heic_has_the_colours_it_was_made_of(self):
        assert difference(open_photo(encoded(scene(), "HEIF", quality=95)).image, scene()) < 2

    def test_transparent_heic_lies_on_white(self):
        image = Image.new("RGBA", (32, 32), (200, 0, 0, 0))
        pixels = np.asarray(open_photo(encoded(image, "HEIF", quality=-1)).image)
        assert pixels.min() > 250

    @needs_avif
    def test_avif_in_the_general_container_is_not_taken_for_heic(self):
        data = bytearray(encoded(scene(), "AVIF", quality=95, subsampling="4:4:4"))
        assert data[8:12] == b"avif"
        data[8:12] = b"mif1"  # the brand that HEIC and AVIF share; "avif" is still among the compatible ones
        assert difference(open_photo(bytes(data)).image, scene()) < 4

    @pytest.mark.parametrize("image_format", ["BMP", "PPM", "TIFF", "PNG", "JPEG2000", "TGA"])
    def test_exact_formats_give_exact_pixels(self, image_format):
        assert difference(open_photo(encoded(scene(), image_format)).image, scene()) == 0

    @pytest.mark.parametrize("options", [{"no_jp2": True}, {"irreversible": True, "quality_layers": [5]}])
    def test_jpeg_2000_has_the_colours_it_was_made_of(self, options):
        assert difference(open_photo(encoded(scene(64, 64), "JPEG2000", **options)).image, scene(64, 64)) < 4

    def test_jpeg_2000_is_decoded_small_as_a_jpeg_is(self):
        data = encoded(scene(1024, 768), "JPEG2000")
        photo = open_photo(data, min_side=100)
        assert photo.image.size == (256, 192)
        assert difference(photo.image, scene(256, 192)) < 2
        assert (photo.details.width, photo.details.height) == (1024, 768)

    def test_deep_jpeg_2000_keeps_its_brightness(self):
        deep = np.linspace(0, 65535, 64 * 64).reshape(64, 64).astype(np.uint16)
        pixels = np.asarray(open_photo(encoded(Image.fromarray(deep), "JPEG2000")).image)[..., 0]
        assert np.abs(pixels - deep / 257).max() <= 1

    @pytest.mark.parametrize("options", [{}, {"bitmap_format": "bmp"}])
    def test_largest_picture_of_an_icon_counts(self, options):
        data = encoded(scene(256, 256), "ICO", sizes=[(16, 16), (64, 64), (32, 32)], **options)
        photo = open_photo(data)
        assert photo.image.size == (64, 64)
        assert difference(photo.image, scene(64, 64)) < 12  # edges are blurred when it is written

    @pytest.mark.parametrize("options", [{}, {"compression": "tga_rle"}])
    @pytest.mark.parametrize("mode", ["RGB", "L", "P"])
    def test_targa_is_read(self, mode, options):
        image = scene().quantize(8) if mode == "P" else scene().convert(mode)
        assert difference(open_photo(encoded(image, "TGA", **options)).image, image.convert("RGB")) == 0

    def test_suffix_does_not_decide_the_format(self, tmp_path):
        path = tmp_path / "really a png.jpg"
        path.write_bytes(encoded(scene(), "PNG"))
        assert difference(open_photo(path).image, scene()) == 0

    def test_path_and_bytes_give_the_same_photo(self, tmp_path):
        path = tmp_path / "Фото 1 – été.png"
        path.write_bytes(encoded(scene(), "PNG"))
        photo = open_photo(path)
        assert photo.details == open_photo(path.read_bytes()).details
        assert difference(photo.image, scene()) == 0

    def test_reading_leaves_the_file_as_it_was(self, tmp_path):
        path = tmp_path / "turned.jpg"
        path.write_bytes(oriented(6, "JPEG"))
        before = path.read_bytes(), path.stat().st_mtime_ns
        open_photo(path)
        assert (path.read_bytes(), path.stat().st_mtime_ns) == before

    def test_photos_open_in_many_threads_at_once(self):
        files = [oriented(6, kind) for kind in ("HEIF", "JPEG", "PNG", "WEBP")] * 8
        with ThreadPoolExecutor(8) as threads:
            photos = list(threads.map(open_photo, files))
        assert max(difference(photo.image, scene()) for photo in photos) < 8

    def test_suffixes_are_lower_case_with_their_dot_and_none_is_of_a_kind_not_read(self):
        for suffix in PHOTO_SUFFIXES:
            assert suffix == suffix.lower()
            assert suffix.startswith(".")
            assert unread_kind(suffix) is None


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


@pytest.fixture(scope="module")
def large_jpeg() -> bytes:
    rows, columns = np.mgrid[0:900, 0:1200]
    pixels = np.stack([columns / 1200 * 255, rows / 900 * 255, ((rows // 60 + columns // 60) % 2) * 80], axis=-1)
    return encoded(Image.fromarray(pixels.astype(np.uint8)), "JPEG", quality=92)


class TestDraft:
    @pytest.mark.parametrize("min_side", [1, 16, 56, 57, 112, 113, 224, 225, 260, 450, 451, 3000])
    def test_shorter_side_is_larger_than_the_least_side_or_the_photo_is_whole(self, large_jpeg, min_side):
        photo = open_photo(large_jpeg, min_side=min_side)
        assert min(photo.image.size) >= min(1.4 * min_side, 900)
        assert (photo.details.width, photo.details.height) == (1200, 900)

    def test_small_model_makes_a_small_decode(self, large_jpeg):
        assert open_photo(large_jpeg, min_side=56).image.size == (150, 113)
        assert open_photo(large_jpeg, min_side=150).image.size == (300, 225)
        assert open_photo(large_jpeg, min_side=224).image.size == (600, 450)

    @pytest.mark.parametrize("side", [56, 112, 224])
    def test_small_decode_resizes_to_the_pixels_of_the_full_decode(self, large_jpeg, side):
        full = open_photo(large_jpeg).image
        draft = open_photo(large_jpeg, min_side=side).image
        assert draft.width < full.width
        small = [image.resize((side, side), Image.Resampling.BICUBIC) for image in (draft, full)]
        assert difference(*small) < 1.5
        assert np.abs(np.subtract(*(np.asarray(image, np.float32) for image in small))).max() < 20

    def test_photo_smaller_than_asked_is_decoded_whole(self, large_jpeg):
        assert difference(open_photo(large_jpeg, min_side=3000).image, open_photo(large_jpeg).image) == 0

    def test_other_formats_are_decoded_whole(self):
        for data in (encoded(scene(), "PNG"), encoded(scene(), "WEBP", lossless=True)):
            assert open_photo(data, min_side=4).image.size == (48, 32)

    def test_grey_jpeg_decoded_small_is_rgb(self):
        image = open_photo(encoded(scene(800, 600).convert("L"), "JPEG"), min_side=32).image
        assert image.mode == "RGB"
        assert image.width < 800


def small_files() -> dict[str, bytes]:
    noise = np.random.default_rng(2).integers(-20, 21, (24, 40, 3))
    image = Image.fromarray((np.asarray(scene(40, 24)) + noise).clip(0, 255).astype(np.uint8))
    exif = Image.Exif()
    exif[274], exif[271], exif[306] = 6, "Maker", "2023:06:01 12:30:45"
    exif.get_ifd(34853).update({1: "N", 2: (48.0, 51.0, 29.0), 3: "E", 4: (2.0, 17.0, 40.0)})
    with_exif = exif.tobytes()
    return {
        "JPEG": encoded(image, "JPEG", exif=with_exif),
        "PNG": encoded(image, "PNG", exif=with_exif),
        "palette PNG": encoded(image.convert("P"), "PNG"),
        "WEBP": encoded(image, "WEBP", exif=with_exif),
        "TIFF": encoded(image, "TIFF", exif=with_exif),
        "GIF": encoded(image, "GIF"),
        "HEIC": encoded(image, "HEIF", exif=with_exif),
    }


SMALL_FILES = small_files()
places = st.floats(min_value=0, max_value=1, exclude_max=True)


@pytest.mark.filterwarnings("ignore")  # what a user's run has too: a warning is no refusal
@settings(max_examples=500, deadline=None, derandomize=True, database=None)
@given(
    kind=st.sampled_from(sorted(SMALL_FILES)),
    changes=st.lists(st.tuples(places, st.integers(0, 255)), max_size=8),
    kept=st.one_of(st.just(1.0), places),
    min_side=st.sampled_from([None, 4]),
)
def test_damaged_bytes_open_as_upright_rgb_or_are_refused(kind, changes, kept, min_side):
    data = bytearray(SMALL_FILES[kind])
    for place, value in changes:
        data[int(place * len(data))] = value
    try:
        photo = open_photo(bytes(data[: int(kept * len(data))]), min_side=min_side)
    except PhotoError:
        return
    assert photo.image.mode == "RGB"
    if min_side is None:
        assert photo.image.size == (photo.details.width, photo.details.height)


def test_undamaged_small_files_all_open():
    for data in SMALL_FILES.values():
        assert open_photo(data).image.size in {(40, 24), (24, 40)}


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
