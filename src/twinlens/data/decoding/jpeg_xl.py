"""JPEG XL: its size before it is decoded, which libjxl's plugin does as a whole when it opens a file."""

import logging
import struct

from PIL import ExifTags, Image

logger = logging.getLogger(__name__)
_SIZES = ((9, 1), (13, 1), (18, 1), (30, 1))  # bits of a length, and what is added
_RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))  # width : height
_CODESTREAM = b"\xff\x0a"
_CONTAINER = b"\0\0\0\x0cJXL "
_MOST_BOXES = 10_000


class _Bits:
    """Numbers of any number of bits, the lowest bit first."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "little")

    def take(self, count: int) -> int:
        value = self._value & (1 << count) - 1
        self._value >>= count
        return value

    def length(self, *, is_small: bool) -> int:
        if is_small:
            return 8 * (self.take(5) + 1)
        bits, more = _SIZES[self.take(2)]
        return self.take(bits) + more


def size_of(data: bytes) -> tuple[int, int]:
    """Width and height that the header claims, before any rotation.

    Raises:
        struct.error: the file ends before it.
    """
    header = _header(data)
    bits = _Bits(header)
    is_small = bool(bits.take(1))
    height = bits.length(is_small=is_small)
    if ratio := bits.take(3):
        across, down = _RATIOS[ratio - 1]
        return height * across // down, height
    return bits.length(is_small=is_small), height


def _header(data: bytes) -> bytes:
    """The first bytes of the codestream."""
    start = 0
    if data.startswith(_CONTAINER):
        place = 0
        for _ in range(_MOST_BOXES):
            size, kind = struct.unpack_from(">I4s", data, place)
            head = 16 if size == 1 else 8
            if kind in (b"jxlc", b"jxlp"):
                start = place + head + 4 * (kind == b"jxlp")
                break
            length = struct.unpack_from(">Q", data, place + 8)[0] if size == 1 else size
            place += length if length >= head else len(data)
    if data[start : start + 2] != _CODESTREAM or len(data) < start + 14:
        raise struct.error("no codestream")
    return data[start + 2 : start + 14]


def without_own_orientation(image: Image.Image) -> None:
    """Makes the metadata fit the pixels: libjxl has turned them already, as the codestream says.

    A JPEG that was packed into a JPEG XL comes out as it was, to be turned as its EXIF says.
    """
    if getattr(image, "jpeg", False) or "exif" not in image.info:
        return
    try:
        exif = image.getexif()
        if exif.pop(ExifTags.Base.Orientation, None) is not None:
            image.info["exif"] = exif.tobytes()
    except Exception as error:  # noqa: BLE001 — damaged EXIF may raise anything; the photo itself is fine
        logger.debug("unreadable EXIF: %s", error)
        del image.info["exif"]
    image._exif = None  # read again
