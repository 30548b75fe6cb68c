"""BMP layouts that Pillow refuses: any bit masks, 64 bits a pixel, and a JPEG or PNG in a BMP's coat."""

import struct

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from twinlens.data.decoding.completeness import TRUNCATED
from twinlens.errors import PhotoError, PhotoTooLargeError

_MASKED, _JPEG, _PNG, _MASKED_WITH_ALPHA = 3, 4, 5, 6


def packed_picture(data: bytes) -> bytes | None:
    """The JPEG or PNG that a BMP consists of, if so."""
    start, compression = struct.unpack_from("<I", data, 10)[0], struct.unpack_from("<I", data, 30)[0]
    return data[start:] if compression in (_JPEG, _PNG) and len(data) > start else None


def read_masked(data: bytes, *, max_bytes: int) -> Image.Image | None:
    """A BMP of 16, 32 or 64 bits a pixel with any masks; None for other kinds.

    Raises:
        PhotoError: the file ends too early.
        PhotoTooLargeError: it has more bytes than allowed.
    """
    start, header_bytes, width, height, _, bits, compression = struct.unpack_from("<IIiiHHI", data, 10)
    if (
        bits not in (16, 32, 64)
        or header_bytes < 40
        or width <= 0
        or compression not in (0, _MASKED, _MASKED_WITH_ALPHA)
    ):
        return None
    row_bytes = (width * bits + 31) // 32 * 4
    if row_bytes * abs(height) > max_bytes:
        raise PhotoTooLargeError(f"{width * abs(height) / 1e6:,.0f} megapixels of {bits} bits")
    if start + row_bytes * abs(height) > len(data):
        raise PhotoError(TRUNCATED)
    rows = np.frombuffer(data, np.uint8, row_bytes * abs(height), start).reshape(abs(height), row_bytes)
    rows = rows[:, : width * bits // 8] if height < 0 else rows[::-1, : width * bits // 8]
    if bits == 64:
        return Image.fromarray(_linear(np.ascontiguousarray(rows).view("<i2").reshape(abs(height), width, 4)))
    pixels = np.ascontiguousarray(rows).view(f"<u{bits // 8}")
    masks = struct.unpack_from("<4I", data, 54)
    with_alpha = header_bytes >= 56 or compression == _MASKED_WITH_ALPHA
    bands = [_band(pixels, mask) for mask in (masks if with_alpha and masks[3] else masks[:3])]
    return Image.fromarray(np.stack(bands, axis=-1))


def _band(pixels: NDArray[np.unsignedinteger], mask: int) -> NDArray[np.uint8]:
    if not mask:
        return np.zeros(pixels.shape, np.uint8)
    shift = (mask & -mask).bit_length() - 1
    return (((pixels & mask) >> shift).astype(np.float32) * (255 / (mask >> shift)) + 0.5).astype(np.uint8)


def _linear(pixels: NDArray[np.int16]) -> NDArray[np.uint8]:
    """Blue, green, red, alpha in 1/8192 of linear light (scRGB) as sRGB."""
    light = (pixels[..., [2, 1, 0]] / np.float32(8192)).clip(0, 1)
    levels = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.asarray(levels * 255 + 0.5, dtype=np.uint8)
