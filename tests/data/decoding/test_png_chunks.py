import struct
import zlib

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from data.made_pictures import colour_profile, encoded, noisy
from twinlens.data.decoding.png_chunks import MAX_TEXT_BYTES, slim_png
from twinlens.data.images import open_photo

PICTURE = encoded(noisy(64, 48), "PNG")


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def with_chunks(*chunks: bytes) -> bytes:
    return PICTURE[:33] + b"".join(chunks) + PICTURE[33:]


def text(size: int) -> bytes:
    return np.random.default_rng(0).integers(97, 123, size, dtype=np.uint8).tobytes()


@pytest.mark.parametrize(
    "large",
    [
        pytest.param(chunk(b"zTXt", b"Comment\0\0" + zlib.compress(text(2_000_000))), id="packed"),
        pytest.param(chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(text(2_000_000))), id="XMP"),
        pytest.param(chunk(b"tEXt", b"Comment\0" + text(2_000_000)), id="plain"),
        pytest.param(chunk(b"iCCP", b"profile\0\0" + zlib.compress(text(2_000_000))), id="no profile"),
        pytest.param(chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(50_000_000))), id="bomb"),
        pytest.param(chunk(b"zTXt", b"a\0\0" + b"damaged"), id="damaged"),
        pytest.param(b"".join(chunk(b"tEXt", b"a\0" + bytes(999_000)) for _ in range(80)), id="80 texts"),
    ],
)
def test_a_png_is_read_whatever_text_it_carries(large):
    assert open_photo(with_chunks(large)).image.tobytes() == open_photo(PICTURE).image.tobytes()


def test_a_profile_of_two_megabytes_is_applied():
    profile = colour_profile("Display P3")
    profile = struct.pack(">I", 2_000_000) + profile[4:] + text(2_000_000 - len(profile))
    data = with_chunks(chunk(b"iCCP", b"large\0\0" + zlib.compress(profile)))
    small = encoded(noisy(64, 48), "PNG", icc_profile=colour_profile("Display P3"))
    assert open_photo(data).image.tobytes() == open_photo(small).image.tobytes()
    assert open_photo(data).image.tobytes() != open_photo(PICTURE).image.tobytes()


def test_small_texts_stay():
    notes = PngImagePlugin.PngInfo()
    notes.add_text("a", "b" * (MAX_TEXT_BYTES // 2), zip=True)
    data = encoded(noisy(64, 48), "PNG", pnginfo=notes)
    assert slim_png(data) == (data, None)


def test_a_turned_photo_with_too_much_text_stays_upright():
    exif = Image.Exif()
    exif[274] = 6
    data = encoded(noisy(64, 48), "PNG", exif=exif)
    large = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(text(2_000_000)))
    assert open_photo(data[:33] + large + data[33:]).image.size == (48, 64)
