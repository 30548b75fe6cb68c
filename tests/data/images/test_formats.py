"""Formats that can be read."""

import io
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from data.images.conftest import difference, encoded, needs_avif, oriented, scene, single_colour
from twinlens.data.decoding.kinds import unread_kind
from twinlens.data.images import PHOTO_SUFFIXES, open_photo


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
