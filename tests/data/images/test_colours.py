"""Photos of all modes and profiles become RGB."""

import io

import numpy as np
import pytest
from PIL import Image

from data.images.conftest import STORED_AS, difference, encoded, scene, single_colour
from twinlens.data.images import open_photo


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
