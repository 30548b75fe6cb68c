"""Is a photo light? Then decoding it here, in a thread, costs little, and its decoder is one of the well-tried."""

import re
import struct

from twinlens.data.decoding.kinds import find_kind

LIGHT_MEGAPIXELS = 40  # 160 MB and half a second in the slowest of these formats
LIGHT_REDUCED_MEGAPIXELS = 250  # of a JPEG that is decoded at a reduced scale: 1 ms for each
LIGHT_SCANNED_MEGAPIXELS = 400  # scans × megapixels of a progressive JPEG: a second or two
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # markers that give the size
_SEQUENTIAL = frozenset({0xC0, 0xC1})  # Huffman coded, decoded row by row
_SCAN = 0xDA
_MARKER = re.compile(rb"\xff+([\x01-\xcf\xd8-\xfe])")


def is_light(data: bytes, *, is_reduced: bool) -> bool:
    """Whether the content claims a common format and a moderate size, by the numbers that its decoder uses, too.

    Args:
        data: content of a file.
        is_reduced: whether it may be decoded at a reduced scale.
    """
    kind = find_kind(data)
    if kind is None or not kind.is_read:
        return True  # refused without decoding
    try:
        match kind.name:
            case "JPEG":
                return _jpeg_is_light(data, is_reduced)
            case "PNG":  # Pillow goes by the last header of several
                return _is_moderate(*struct.unpack_from(">II", data, 16)) and data.find(b"IHDR", 16) < 0
            case "GIF":
                return _is_moderate(*_gif_size(data))
            case "WEBP":
                return _is_moderate(*_webp_size(data))
    except struct.error:  # truncated in its header
        return True
    return False


def _is_moderate(width: int, height: int) -> bool:
    return width * height <= LIGHT_MEGAPIXELS * 1e6


def _jpeg_is_light(data: bytes, is_reduced: bool) -> bool:
    place, width, height, components, is_sequential = 2, 0, 0, 0, True
    while match := _MARKER.search(data, place):
        marker, place = match[1][0], match.end()
        length = struct.unpack_from(">H", data, place)[0]
        if marker in _FRAMES:
            height, width, components = struct.unpack_from(">HHB", data, place + 3)
            is_sequential = marker in _SEQUENTIAL
        elif marker == _SCAN:
            # one scan for all components: else the coefficients of the whole picture are held until the last scan
            if is_sequential and struct.unpack_from("B", data, place + 2)[0] >= components:
                return width * height <= (LIGHT_REDUCED_MEGAPIXELS if is_reduced else LIGHT_MEGAPIXELS) * 1e6
            scanned = width * height * data.count(b"\xff\xda")
            return _is_moderate(width, height) and scanned <= LIGHT_SCANNED_MEGAPIXELS * 1e6
        place += length
    return True


def _gif_size(data: bytes) -> tuple[int, int]:
    """Of the screen, or of the first picture if that is larger."""
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    place = 13 + (3 << (flags & 7) + 1 if flags & 0x80 else 0)
    while data[place : place + 1] == b"!":  # an extension
        place += 2
        while size := struct.unpack_from("B", data, place)[0]:
            place += size + 1
        place += 1
    left, top, across, down = struct.unpack_from("<HHHH", data, place + 1)
    return max(width, left + across), max(height, top + down)


def _webp_size(data: bytes) -> tuple[int, int]:
    """Of the picture, or of the canvas of an animation."""
    match data[12:16]:
        case b"VP8X":
            return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
        case b"VP8L":
            bits = struct.unpack_from("<I", data, 21)[0]
            return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = struct.unpack_from("<HH", data, 26)
    return width & 0x3FFF, height & 0x3FFF
