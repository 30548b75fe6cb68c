"""Which photos are decoded here and which under guard."""

import struct

import pytest
from PIL import Image

from data.made_pictures import encoded, picture
from twinlens.data.guarded.light import is_light


@pytest.mark.parametrize(
    "kind", ["JPEG", "progressive JPEG", "MPO", "PNG", "WebP", "lossless WebP", "animated WebP", "GIF"]
)
def test_common_kinds_of_a_moderate_size_are_light(kind: str) -> None:
    assert is_light(picture(kind, 256, 128), is_reduced=False)


@pytest.mark.parametrize("kind", ["HEIC", "AVIF", "TIFF", "float TIFF", "JPEG 2000", "ICO", "TGA", "BMP"])
def test_other_formats_are_not_light(kind: str) -> None:
    assert not is_light(picture(kind, 256, 128), is_reduced=True)


@pytest.mark.parametrize(
    ("image_format", "options"), [("PNG", {}), ("GIF", {}), ("JPEG", {}), ("WEBP", {"lossless": True, "method": 0})]
)
def test_a_huge_picture_is_not_light(image_format: str, options: dict[str, object]) -> None:
    assert is_light(encoded(Image.new("L", (5000, 200)), image_format, **options), is_reduced=False)
    assert not is_light(encoded(Image.new("L", (8000, 6000)), image_format, **options), is_reduced=False)


def test_a_large_jpeg_is_light_if_it_is_decoded_at_a_reduced_scale() -> None:
    plain, progressive = (encoded(Image.new("L", (9000, 6000)), "JPEG", progressive=on) for on in (False, True))
    assert (is_light(plain, is_reduced=True), is_light(plain, is_reduced=False)) == (True, False)
    assert not is_light(progressive, is_reduced=True)


def test_a_jpeg_of_many_scans_is_not_light() -> None:
    data = encoded(Image.new("L", (4000, 3000)), "JPEG", progressive=True)
    assert is_light(data, is_reduced=True)
    scan = data[data.index(b"\xff\xda") : -2]
    assert not is_light(data[:-2] + 100 * scan + data[-2:], is_reduced=True)


def test_a_second_size_that_the_decoder_would_use_counts() -> None:
    png = picture("PNG", 64, 64)
    header = png[8:33]
    huge = header[:8] + struct.pack(">II", 20_000, 20_000) + header[16:]
    assert not is_light(png[:33] + huge + png[33:], is_reduced=True)
    gif = bytearray(encoded(Image.new("L", (64, 64)), "GIF"))
    start = gif.index(b",\0\0\0\0@\0@\0")
    gif[start + 5 : start + 9] = struct.pack("<HH", 60_000, 60_000)
    assert not is_light(bytes(gif), is_reduced=True)


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF1234WEBPVP8X", b"text"])
def test_what_is_refused_at_once_is_light(data: bytes) -> None:
    assert is_light(data, is_reduced=True)
