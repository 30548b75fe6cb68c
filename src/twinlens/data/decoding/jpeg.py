"""Open a JPEG of any size: checked by what it costs to decode, and read when only its end marker is missing."""

import hashlib
import io
import logging
import re
import struct
import threading

import numpy as np
from PIL import Image, JpegImagePlugin

from twinlens.data.decoding.completeness import TRUNCATED
from twinlens.data.decoding.tiff import read_directory
from twinlens.errors import PhotoError, PhotoTooLargeError

MAX_COEFFICIENT_BYTES = 1_200_000_000  # a progressive JPEG is held whole, whatever the scale
MAX_SCANNED_MEGAPIXELS = 5_000  # scans × megapixels: 20 s; ordinary files have 10 scans
MAX_COMPARED_PIXELS = 40_000_000  # of a file without its end marker, decoded in full to compare
_MAX_HEADER_BYTES = 1_000_000  # the list of an MPO's pictures comes before the first picture
_MP_LIST = b"MPF\0"
_MP_ENTRIES = 0xB002
_MARKER = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])")  # not a stuffed byte, restart marker or filler
_END = b"\xff\xd9"
_told = threading.Event()
logger = logging.getLogger(__name__)


def open_jpeg(data: bytes) -> Image.Image:
    """An opened, not yet decoded JPEG or MPO.

    Not ``Image.open``: that refuses the 200 megapixels of today's phones, which take little memory at a reduced scale.

    Raises:
        PhotoError: pictures behind the first one are cut off.
        PhotoTooLargeError: it would take too much memory or time.
    """
    image = JpegImagePlugin.jpeg_factory(io.BytesIO(data))
    if held_bytes := coefficient_bytes(image):
        megapixels, scans = image.width * image.height / 1e6, data.count(b"\xff\xda")
        if megapixels * scans > MAX_SCANNED_MEGAPIXELS or held_bytes > MAX_COEFFICIENT_BYTES:
            raise PhotoTooLargeError(f"{megapixels:,.0f} megapixels in {scans} progressive scans take too long to read")
    if any(content.startswith(_MP_LIST) for _, content in image.applist):
        _refuse_cut_pictures(data)
    return image


def coefficient_bytes(image: Image.Image) -> int:
    """What decoding holds besides the pixels, at any scale: of a progressive JPEG all of its coefficients."""
    if not image.info.get("progressive"):
        return 0
    layers: list[tuple[int, int]] = [(across, down) for _, across, down, _ in getattr(image, "layer", ())]
    most = max((across for across, _ in layers), default=1) * max((down for _, down in layers), default=1)
    # 6 bytes a pixel in full colour, 3 with the usual colour at half resolution
    return image.width * image.height * 2 * sum(across * down for across, down in layers) // max(most, 1)


def _refuse_cut_pictures(data: bytes) -> None:
    """The other pictures of an MPO must be whole, if they are there: editors drop them but leave the list."""
    base = data.find(_MP_LIST, 0, _MAX_HEADER_BYTES) + 4
    try:
        listed = read_directory(data[base : base + 65_536]) if base > 4 else None
    except (struct.error, PhotoError):
        return
    if listed is None:
        return
    entries = listed.tags.get(_MP_ENTRIES, (7, 0, b""))[2]
    for place in range(16, len(entries) - 15, 16):
        _, size, offset = struct.unpack_from(f"{listed.order}III", entries, place)
        if data[base + offset : base + offset + 2] == b"\xff\xd8" and base + offset + size > len(data):
            raise PhotoError(TRUNCATED)


def read_unended(data: bytes, side: int | None) -> Image.Image:
    """Opens a JPEG whose end marker is missing, if nothing else is.

    A decoder fills in what is missing. So it is decoded with several continuations:
    only if the pixels are the same with each of them, none was needed.

    Raises:
        PhotoError: more than the end marker is missing.
    """
    data = data.rstrip(b"\xff")  # half an end marker
    image = _opened(data + _END, side)
    is_large = image.info["full_pixels"] > MAX_COMPARED_PIXELS
    if not _has_all_scans(data) or (is_large and image.info.get("progressive")):
        raise PhotoError(TRUNCATED)
    # at full scale: a reduced one does not show the last details, which a progressive JPEG has at its end
    compared = side if is_large else None
    noise = np.random.default_rng(0).integers(0, 255, (2, 4096), dtype=np.uint8)  # no 255: it would start a marker
    pixels = {_pixels_hash(data + tail + _END, compared) for tail in (b"", *(row.tobytes() for row in noise))}
    if len(pixels) > 1:
        raise PhotoError(TRUNCATED)
    if not _told.is_set():
        _told.set()
        logger.warning("a JPEG without its end marker was read, since nothing else is missing (this is said once)")
    return image


def _opened(data: bytes, side: int | None) -> Image.Image:
    image = JpegImagePlugin.jpeg_factory(io.BytesIO(data))
    image.info["full_pixels"] = image.width * image.height
    if side is not None:
        image.draft("RGB", (side, side))
    return image


def _pixels_hash(data: bytes, side: int | None) -> bytes:
    return hashlib.sha256(_opened(data, side).tobytes()).digest()


def _has_all_scans(data: bytes) -> bool:
    """Whether every coefficient of every component was sent to its last bit."""
    sent: dict[int, set[int]] = {}
    components, progressive, place = 0, False, 2
    while match := _MARKER.search(data, place):
        marker, place = match[1][0], match.end()
        length = int.from_bytes(data[place : place + 2])
        segment = data[place + 2 : place + length]
        if marker in (0xC0, 0xC1, 0xC2, 0xC9, 0xCA) and len(segment) > 5:
            components, progressive = segment[5], marker in (0xC2, 0xCA)
        elif marker == 0xDA and segment and len(segment) >= 4 + 2 * segment[0]:
            first, last, precision = segment[1 + 2 * segment[0] :][:3]
            for number in range(segment[0]):
                if not progressive or not precision & 15:
                    sent.setdefault(segment[1 + 2 * number], set()).update(range(first, last + 1))
        place += max(length, 2)
    return 0 < components == len(sent) and all(len(coefficients) >= 64 for coefficients in sent.values())
