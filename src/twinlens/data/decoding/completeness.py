"""Is the file whole? A decoder may fill what is missing with grey or green, without a word.

Each check follows the lengths and offsets that the format itself writes down, and refuses
a file that ends before one of them. What follows the picture (a trailer, another program's
notes) is none of its business.
"""

import struct
from collections.abc import Iterator

from twinlens.errors import PhotoError

TRUNCATED = "truncated: the file ends too early"
_MAX_BOXES = 100_000  # of one HEIC or AVIF; real files have a few thousand
# Boxes at the top of a HEIC or AVIF; anything else there is a trailer of some camera, which is not followed.
_TOP_BOXES = frozenset({b"ftyp", b"meta", b"mdat", b"moov", b"moof", b"idat", b"free", b"skip", b"uuid", b"mpvd"})


def refuse_truncated(data: bytes, image_format: str) -> None:
    """Raises if the file ends before its format says; formats whose decoder tells are not checked here.

    Raises:
        PhotoError: the file is truncated.
    """
    check = _CHECKS.get(image_format)
    if check is None:
        return
    try:
        whole = check(data)
    except (struct.error, IndexError) as error:
        raise PhotoError(TRUNCATED) from error
    if not whole:
        raise PhotoError(TRUNCATED)


def _boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Type, start of the content and end of each ISO base media box; the end may lie behind the file's."""
    place = start
    for _ in range(_MAX_BOXES):
        if place + 8 > end:
            return
        size, kind = struct.unpack_from(">I4s", data, place)
        header = 8
        if size == 1:
            size, header = struct.unpack_from(">Q", data, place + 8)[0], 16
        elif size == 0:  # to the end of the file
            size = end - place
        if size < header:
            return
        yield kind, place + header, place + size
        place += size


def _media_is_whole(data: bytes) -> bool:
    """HEIC and AVIF: every box and every extent of every item lies inside the file."""
    meta = None
    for kind, start, end in _boxes(data, 0, len(data)):
        if kind in _TOP_BOXES and end > len(data):
            return False
        if kind == b"meta" and meta is None:
            meta = (start + 4, end)
    if meta is None:
        return b"moov" in data  # a sequence of pictures has no meta box
    inside = {kind: (start, end) for kind, start, end in _boxes(data, *meta)}
    if b"iloc" not in inside:
        return True
    idat_start, idat_end = inside.get(b"idat", (0, 0))
    room = {0: len(data), 1: idat_end - idat_start}
    return all(end <= room.get(method, end) for method, end in _extents(data, inside[b"iloc"][0]))


def _extents(data: bytes, place: int) -> Iterator[tuple[int, int]]:
    """Construction method (0: in the file, 1: in the idat box) and end of each extent in an iloc box."""
    version, sizes = data[place], struct.unpack_from(">H", data, place + 4)[0]
    offset_size, length_size, base_size, index_size = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    wide = version == 2
    place += 6

    def number(size: int) -> int:
        nonlocal place
        if place + size > len(data):
            raise IndexError
        place += size
        return int.from_bytes(data[place - size : place])

    for _ in range(min(number(4 if wide else 2), _MAX_BOXES)):
        number(4 if wide else 2)  # the item's id
        method = number(2) & 15 if version else 0
        number(2)  # which file it is in: this one
        base = number(base_size)
        for _ in range(number(2)):
            if version:
                number(index_size)
            offset, length = number(offset_size), number(length_size)
            yield method, base + offset + length


def _webp_is_whole(data: bytes) -> bool:
    return int(struct.unpack_from("<I", data, 4)[0]) + 8 <= len(data)


def _gif_is_whole(data: bytes) -> bool:
    """All blocks end inside the file; the trailer itself may be missing, as many writers forget it."""

    def colours(flags: int) -> int:
        return 3 << (flags & 7) + 1 if flags & 0x80 else 0

    place = 13 + colours(data[10])
    pictures = 0
    while place < len(data):
        block = data[place]
        if block == 0x2C:  # a picture
            pictures += 1
            place += 11 + colours(data[place + 9])
        elif block == 0x21:  # an extension
            place += 2
        else:  # the trailer, or something else behind the pictures
            break
        while size := data[place]:
            place += size + 1
        place += 1
    return pictures > 0 and place <= len(data)


def _png_is_whole(data: bytes) -> bool:
    place = 8
    while place + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        place += length + 12
        if kind == b"IEND":
            return True
    return place == len(data)  # only the empty last chunk is missing: the decoder knows whether the pixels are there


def _jpeg2000_is_whole(data: bytes) -> bool:
    """Every part of every tile is there: OpenJPEG decodes what there is, and leaves the rest blurred."""
    codestream, end = 0, len(data)
    if data[:4] != b"\xff\x4f\xff\x51":
        found = [(start, stop) for kind, start, stop in _boxes(data, 0, len(data)) if kind == b"jp2c"]
        if not found or found[0][1] > len(data):
            return False
        codestream, end = found[0]
    place = codestream + 2
    while (marker := struct.unpack_from(">H", data, place)[0]) != 0xFFD9:
        if marker == 0xFF90:  # a part of a tile
            size = struct.unpack_from(">I", data, place + 6)[0]
            if not size:  # the last one: to the end marker
                return data[:end].rstrip(b"\0").endswith(b"\xff\xd9")
            place += max(size, 12)
        elif marker < 0xFF00:
            return False
        else:
            place += 2 + struct.unpack_from(">H", data, place + 2)[0]
        if place + 2 > end:
            return False
    return True


def _icon_is_whole(data: bytes) -> bool:
    count = struct.unpack_from("<H", data, 4)[0]
    return all(sum(struct.unpack_from("<II", data, 6 + 16 * number + 8)) <= len(data) for number in range(count))


def _jpeg_xl_is_whole(data: bytes) -> bool:
    """Every box of the container lies inside the file; a bare codestream does not tell its length."""
    return data.startswith(b"\xff\x0a") or all(end <= len(data) for _, _, end in _boxes(data, 0, len(data)))


_CHECKS = {
    "HEIF": _media_is_whole,
    "AVIF": _media_is_whole,
    "WEBP": _webp_is_whole,
    "GIF": _gif_is_whole,
    "PNG": _png_is_whole,
    "JPEG2000": _jpeg2000_is_whole,
    "ICO": _icon_is_whole,
    "JXL": _jpeg_xl_is_whole,
}
