import io

import numpy as np
import pytest
from PIL import Image, ImageCms

from data.made_pictures import colour_profile, encoded, noisy
from twinlens.data.decoding.colour import eight_bit, find_transform
from twinlens.data.images import open_photo

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def first_pixel(data: bytes) -> tuple[int, ...]:
    return open_photo(data).image.getpixel((0, 0))


def by_formula(colour: tuple[int, int, int], primaries: list[list[float]], gamma: float | None) -> list[float]:
    """sRGB of a colour given in other primaries (columns: XYZ of red, green and blue under D50)."""
    share = np.array(colour) / 255
    light = (
        np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4) if gamma is None else share**gamma
    )
    srgb = [[0.4361, 0.3851, 0.1431], [0.2225, 0.7169, 0.0606], [0.0139, 0.0971, 0.7141]]
    light = np.linalg.solve(srgb, np.array(primaries) @ light).clip(0, 1)
    return list(np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055) * 255)


@pytest.mark.parametrize("colour", [(200, 60, 60), (128, 128, 128), (90, 150, 100), (255, 255, 255)])
@pytest.mark.parametrize(
    ("name", "primaries", "gamma"),
    [
        ("Display P3", [[0.5151, 0.2920, 0.1571], [0.2412, 0.6922, 0.0666], [-0.0011, 0.0419, 0.7841]], None),
        ("Adobe RGB", [[0.6097, 0.2053, 0.1492], [0.3111, 0.6257, 0.0632], [0.0195, 0.0609, 0.7446]], 2.2),
    ],
)
def test_wide_colours_become_those_of_srgb(name, primaries, gamma, colour):
    data = encoded(Image.new("RGB", (8, 8), colour), "PNG", icc_profile=colour_profile(name))
    assert np.abs(np.subtract(first_pixel(data), by_formula(colour, primaries, gamma))).max() <= 2


@pytest.mark.parametrize(
    ("image_format", "options"), [("JPEG", {"quality": 95}), ("WEBP", {"lossless": True}), ("TIFF", {}), ("HEIF", {})]
)
def test_the_profile_counts_in_every_format(image_format, options):
    image = Image.new("RGB", (32, 32), (200, 60, 60))
    data = encoded(image, image_format, icc_profile=colour_profile("Display P3"), **options)
    assert np.abs(np.subtract(first_pixel(data), (217, 42, 52))).max() <= 6


@pytest.mark.parametrize("profile", [SRGB, colour_profile("sRGB by hand"), b"no profile" * 40, SRGB[:300], b""])
@pytest.mark.parametrize("min_side", [None, 16])
@pytest.mark.parametrize("image_format", ["JPEG", "PNG"])
def test_pixels_of_srgb_stay_as_they_are_to_the_last_bit(profile, min_side, image_format):
    image = noisy(128, 96)
    plain = open_photo(encoded(image, image_format), min_side=min_side).image
    tagged = open_photo(encoded(image, image_format, icc_profile=profile), min_side=min_side).image
    assert tagged.tobytes() == plain.tobytes()


def test_srgb_is_known_by_its_colours_not_by_its_name():
    assert find_transform(colour_profile("sRGB by hand")) is None
    assert find_transform(colour_profile("linear sRGB")) is not None


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "CMYK", "1"])
def test_a_profile_of_other_channels_than_the_picture_has_stops_nothing(mode):
    image = Image.new("RGB", (8, 8), (128, 128, 128)).convert(mode)
    data = encoded(image, "TIFF", icc_profile=colour_profile("Display P3"))
    assert np.abs(np.subtract(first_pixel(data), first_pixel(encoded(image, "TIFF")))).max() <= 1


def test_transparent_areas_are_white_in_any_profile():
    image = Image.new("RGBA", (8, 8), (200, 60, 60, 0))
    assert first_pixel(encoded(image, "PNG", icc_profile=colour_profile("Adobe RGB"))) == (255, 255, 255)


def test_a_converted_photo_does_not_keep_its_old_profile():
    data = encoded(Image.new("RGB", (8, 8), (200, 60, 60)), "PNG", icc_profile=colour_profile("Display P3"))
    again = encoded(open_photo(data).image, "PNG")
    assert np.abs(np.subtract(first_pixel(again), first_pixel(data))).max() <= 1


def test_large_photo_of_wide_colours_is_reduced_before_it_is_converted():
    data = encoded(noisy(512, 384), "PNG", icc_profile=colour_profile("Display P3"))
    photo = open_photo(data, min_side=64)
    assert min(photo.image.size) >= 1.4 * 64
    assert photo.image.width < 512
    assert (photo.details.width, photo.details.height) == (512, 384)


def test_lab_pictures_are_read():
    lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
    data = encoded(lab.apply(Image.new("RGB", (8, 8), (200, 60, 60))), "TIFF")
    assert Image.open(io.BytesIO(data)).mode == "LAB"
    assert np.abs(np.subtract(first_pixel(data), (200, 60, 60))).max() <= 3


@pytest.mark.parametrize("bits", [10, 12, 14, 16])
def test_grey_of_fewer_bits_in_a_16_bit_tiff_keeps_its_brightness(bits):
    ramp = np.linspace(0, 1, 256).reshape(16, 16)
    deep = (ramp * ((1 << bits) - 1)).astype(np.uint16)
    pixels = np.asarray(open_photo(encoded(Image.fromarray(deep), "TIFF")).image)[..., 0]
    assert np.abs(pixels - ramp * 255).max() <= 1


def test_dark_grey_in_a_16_bit_tiff_stays_dark():
    deep = np.full((8, 8), 300, np.uint16)
    assert first_pixel(encoded(Image.fromarray(deep), "TIFF")) == (1, 1, 1)


def test_floats_with_highlights_above_white_keep_their_range():
    values = np.full((100, 100), 0.5, np.float32)
    values[0, :5] = 40.0
    pixels = eight_bit(values)
    assert pixels[50, 50] == 127
    assert pixels[0, 0] == 255


def test_floats_without_a_number_are_black():
    assert not eight_bit(np.full((4, 4), np.nan, np.float32)).any()
