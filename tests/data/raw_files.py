"""RAW files written by hand, as several makers build them: a sensor of red, green and blue cells, and a preview."""

import struct
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED, SIGNED_RATIONAL = 1, 2, 3, 4, 5, 7, 10
_CODES = {BYTE: "B", SHORT: "H", LONG: "I", UNDEFINED: "B"}
Tag = tuple[int, int, object]


class Maker(NamedTuple):
    """What a camera writes of itself, and how its files begin."""

    make: str
    model: str
    head: bytes = b"II*\0\x08\0\0\0"


MAKERS = {
    "CR2": Maker("Canon", "Canon EOS 80D", b"II*\0\x10\0\0\0CR\2\0" + bytes(4)),
    "NEF": Maker("NIKON CORPORATION", "NIKON D750"),
    "ARW": Maker("SONY", "ILCE-7M3"),
    "PEF": Maker("PENTAX", "PENTAX K-5"),
    "ORF": Maker("OLYMPUS IMAGING CORP.", "E-M10", b"IIRO\x08\0\0\0"),
    "RW2": Maker("Panasonic", "DMC-GH4", b"IIU\0\x08\0\0\0"),
}
"""Formats that are a TIFF, some of them with another beginning."""


def _packed(kind: int, value: object) -> tuple[int, bytes]:
    if kind == ASCII:
        text = str(value).encode() + b"\0"
        return len(text), text
    values = list(value) if isinstance(value, (list, tuple, bytes)) else [value]
    if kind in (RATIONAL, SIGNED_RATIONAL):
        return len(values), b"".join(struct.pack("<ii", number, 1) for number in values)
    return len(values), struct.pack(f"<{len(values)}{_CODES[kind]}", *values)


def directory(tags: list[Tag], place: int) -> bytes:
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
    maker: Maker | None = None,
    more: Sequence[Tag] = (),
) -> bytes:
    """A DNG of an RGB picture, or the file of another maker that is a TIFF, too.

    Args:
        pixels: [H, W, 3] uint8, as the sensor sees it; both sides are even.
        orientation: EXIF orientation.
        preview: content of a JPEG.
        preview_size: its width and height.
        date: as EXIF writes it.
        maker: of the camera; None = a DNG.
        more: tags of the first directory.
    """
    height, width, _ = pixels.shape
    sensor = _cells(pixels)
    camera: list[Tag] = [
        (271, ASCII, maker.make if maker else "Twin"),
        (272, ASCII, maker.model if maker else "Twin Reflex"),
        (274, SHORT, orientation),
        (306, ASCII, date),
        *more,
    ]
    camera += (
        []
        if maker
        else [
            (50706, BYTE, [1, 4, 0, 0]),
            (50708, ASCII, "Twin Reflex"),
            (50721, SIGNED_RATIONAL, [1, 0, 0, 0, 1, 0, 0, 0, 1]),
            (50728, RATIONAL, [1, 1, 1]),
            (50778, SHORT, 21),
        ]
    )
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
    data_at, head = 2000, maker.head if maker else b"II*\0\x08\0\0\0"
    first = len(head)
    if preview is None:
        return _file(head + directory([*raw, (273, LONG, data_at), *camera], first), data_at, sensor)
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
    front = (head + directory([*shown, *camera], first)).ljust(raw_at, b"\0")
    return _file(front + directory([*raw, (273, LONG, data_at)], raw_at), data_at, sensor + preview)


def raf(pixels: np.ndarray, *, preview: bytes = b"") -> bytes:
    """A RAF of an RGB picture: Fujifilm's own container, with a preview if one is given."""
    height, width, _ = pixels.shape
    sensor = _cells(pixels)
    size = struct.pack(">HH", height, width)
    told = {0x100: size, 0x110: bytes(4), 0x111: size, 0x121: size, 0x130: b"\0\x08\0\0"}
    facts = struct.pack(">I", len(told))
    facts += b"".join(struct.pack(">HH", tag, len(value)) + value for tag, value in told.items())
    facts_at = 160 + len(preview) + -len(preview) % 4
    data_at = facts_at + len(facts) + -len(facts) % 4
    head = b"FUJIFILMCCD-RAW 0201FF000000" + b"X100".ljust(32, b"\0") + b"0100" + bytes(20)
    head += struct.pack(">IIIIII", 160, len(preview), facts_at, len(facts), data_at, len(sensor))
    return (head.ljust(160, b"\0") + preview).ljust(facts_at, b"\0") + facts.ljust(data_at - facts_at, b"\0") + sensor


def _cells(pixels: np.ndarray) -> bytes:
    cells = np.zeros(pixels.shape[:2], np.uint16)
    for row, column, colour in (0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 2):
        cells[row::2, column::2] = pixels[row::2, column::2, colour].astype(np.uint16) * 60
    return cells.tobytes()


def _file(front: bytes, data_at: int, data: bytes) -> bytes:
    head = front.ljust(data_at, b"\0")
    assert len(head) == data_at
    return head + data
