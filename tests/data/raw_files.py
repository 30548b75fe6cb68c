"""RAW files written by hand: a DNG with a sensor of red, green and blue cells, and a preview if one is given."""

import struct

import numpy as np

BYTE, ASCII, SHORT, LONG, RATIONAL, SIGNED_RATIONAL = 1, 2, 3, 4, 5, 10
_CODES = {BYTE: "B", SHORT: "H", LONG: "I"}
Tag = tuple[int, int, object]


def _packed(kind: int, value: object) -> tuple[int, bytes]:
    if kind == ASCII:
        text = str(value).encode() + b"\0"
        return len(text), text
    values = list(value) if isinstance(value, (list, tuple, bytes)) else [value]
    if kind in (RATIONAL, SIGNED_RATIONAL):
        return len(values), b"".join(struct.pack("<ii", number, 1) for number in values)
    return len(values), struct.pack(f"<{len(values)}{_CODES[kind]}", *values)


def _directory(tags: list[Tag], place: int) -> bytes:
    """A directory at a place, with its longer values behind it."""
    entries, behind = b"", b""
    start = place + 2 + 12 * len(tags) + 4
    for tag, kind, value in sorted(tags, key=lambda one: one[0]):
        count, data = _packed(kind, value)
        if len(data) > 4:
            field = struct.pack("<I", start + len(behind))
            behind += data + b"\0" * (len(data) % 2)
        else:
            field = data.ljust(4, b"\0")
        entries += struct.pack("<HHI", tag, kind, count) + field
    return struct.pack("<H", len(tags)) + entries + bytes(4) + behind


def dng(
    pixels: np.ndarray,
    *,
    orientation: int = 1,
    preview: bytes | None = None,
    preview_size: tuple[int, int] = (0, 0),
    date: str = "2023:06:30 12:00:00",
) -> bytes:
    """A DNG of an RGB picture.

    Args:
        pixels: [H, W, 3] uint8, as the sensor sees it; both sides are even.
        orientation: EXIF orientation.
        preview: content of a JPEG.
        preview_size: its width and height.
        date: as EXIF writes it.
    """
    height, width, _ = pixels.shape
    cells = np.zeros((height, width), np.uint16)
    for row, column, colour in (0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 2):
        cells[row::2, column::2] = pixels[row::2, column::2, colour].astype(np.uint16) * 60
    sensor = cells.tobytes()
    camera: list[Tag] = [
        (271, ASCII, "Twin"),
        (272, ASCII, "Twin Reflex"),
        (274, SHORT, orientation),
        (306, ASCII, date),
        (50706, BYTE, [1, 4, 0, 0]),
        (50708, ASCII, "Twin Reflex"),
        (50721, SIGNED_RATIONAL, [1, 0, 0, 0, 1, 0, 0, 0, 1]),
        (50728, RATIONAL, [1, 1, 1]),
        (50778, SHORT, 21),
    ]
    raw: list[Tag] = [
        (254, LONG, 0),
        (256, LONG, width),
        (257, LONG, height),
        (258, SHORT, 16),
        (259, SHORT, 1),
        (262, SHORT, 32803),
        (277, SHORT, 1),
        (278, LONG, height),
        (279, LONG, len(sensor)),
        (33421, SHORT, [2, 2]),
        (33422, BYTE, [0, 1, 1, 2]),
        (50714, LONG, 0),
        (50717, LONG, 16383),
    ]
    data_at = 2000
    if preview is None:
        return _file(_directory([*raw, (273, LONG, data_at), *camera], 8), data_at, sensor)
    raw_at, preview_at = 1000, data_at + len(sensor)
    shown: list[Tag] = [
        (254, LONG, 1),
        (256, LONG, preview_size[0]),
        (257, LONG, preview_size[1]),
        (258, SHORT, [8, 8, 8]),
        (259, SHORT, 7),
        (262, SHORT, 6),
        (273, LONG, preview_at),
        (277, SHORT, 3),
        (278, LONG, preview_size[1]),
        (279, LONG, len(preview)),
        (330, LONG, raw_at),
    ]
    front = _directory([*shown, *camera], 8).ljust(raw_at - 8, b"\0")
    return _file(front + _directory([*raw, (273, LONG, data_at)], raw_at), data_at, sensor + preview)


def _file(directories: bytes, data_at: int, data: bytes) -> bytes:
    head = (b"II*\0" + struct.pack("<I", 8) + directories).ljust(data_at, b"\0")
    assert len(head) == data_at
    return head + data
