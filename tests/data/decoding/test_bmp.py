import struct

import numpy as np
import pytest
from PIL import Image

from data.made_pictures import encoded, noisy
from twinlens.data.images import open_photo
from twinlens.errors import PhotoError


def bmp(width: int, height: int, bits: int, compression: int, pixels: bytes, masks: tuple[int, ...] = ()) -> bytes:
    header = struct.pack("<IiiHHIIiiII", 124, width, height, 1, bits, compression, len(pixels), 0, 0, 0, 0)
    header = (header + struct.pack(f"<{len(masks)}I", *masks)).ljust(124, b"\0")
    return b"BM" + struct.pack("<IHHI", 138 + len(pixels), 0, 0, 138) + header + pixels


@pytest.mark.parametrize(
    ("bits", "masks", "pixel"),
    [
        (16, (0xF00, 0xF0, 0xF, 0xF000), 0xFF80),  # 4 bits a channel
        (32, (0x3FF00000, 0xFFC00, 0x3FF, 0), 1023 << 20 | 546 << 10),  # 10 bits a channel
        (16, (0x7C00, 0x3E0, 0x1F, 0x8000), 0xFC00 | 17 << 5),
    ],
)
def test_any_bit_masks_are_read(bits, masks, pixel):
    data = bmp(4, 4, bits, 3, pixel.to_bytes(bits // 8, "little") * 16, masks)
    red, green, blue = open_photo(data).image.getpixel((1, 1))
    assert (red, blue) == (255, 0)
    assert abs(green - 137) <= 3


def test_linear_light_of_64_bits_is_read():
    pixel = struct.pack("<4h", 0, round(8192 * 0.214), 8192, 8192)  # 0.214 of the light is half the level
    red, green, blue = open_photo(bmp(2, 2, 64, 0, pixel * 4)).image.getpixel((0, 0))
    assert (red, blue) == (255, 0)
    assert abs(green - 127.5) <= 1


@pytest.mark.parametrize(("image_format", "compression"), [("JPEG", 4), ("PNG", 5)])
def test_the_picture_in_a_bmp_is_read(image_format, compression):
    inner = encoded(noisy(64, 48), image_format)
    assert open_photo(bmp(64, 48, 0, compression, inner)).image.tobytes() == open_photo(inner).image.tobytes()


def test_rows_are_stored_from_the_bottom():
    values = np.array([[0xF00, 0xF00], [0x00F, 0x00F]], "<u2")
    masks = (0xF00, 0xF0, 0xF, 0)
    assert open_photo(bmp(2, 2, 16, 3, values.tobytes(), masks)).image.getpixel((0, 0)) == (0, 0, 255)
    assert open_photo(bmp(2, -2, 16, 3, values.tobytes(), masks)).image.getpixel((0, 0)) == (255, 0, 0)


def test_a_cut_one_is_truncated():
    data = bmp(64, 64, 16, 3, bytes(64 * 64 * 2), (0xF00, 0xF0, 0xF, 0))
    with pytest.raises(PhotoError, match="truncated"):
        open_photo(data[:-10])


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA"])
def test_usual_ones_are_read(mode):
    image = Image.new("RGB", (16, 16), (200, 60, 60)).convert(mode)
    assert open_photo(encoded(image, "BMP")).image.size == (16, 16)
