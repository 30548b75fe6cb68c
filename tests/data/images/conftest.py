"""What tests of opening photos share."""

import io

import numpy as np
import pillow_heif
import pytest
from PIL import Image, features

from twinlens.data.images import open_photo

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
