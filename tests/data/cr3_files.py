"""CR3 files written by hand, box by box as a Canon R6 writes them; what their sensor saw is left empty."""

import struct

from data.raw_files import ASCII, LONG, RATIONAL, SHORT, Tag, directory

EDGE = 16, 8  # cells of the sensor that saw no light, on the left and on the right, at the top and at the bottom
_METADATA = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
_XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_COMPRESSED = bytes.fromhex("0e40030000000368") + bytes(4) + bytes.fromhex("01010000") * 4
_SHOT: list[Tag] = [
    (36867, ASCII, "2023:06:30 12:00:00"),
    (36881, ASCII, "+02:00"),
    (42036, ASCII, "RF70-200mm F2.8 L IS USM"),
]
_PLACE: list[Tag] = [(1, ASCII, "N"), (2, RATIONAL, [48, 51, 0]), (3, ASCII, "E"), (4, RATIONAL, [2, 21, 0])]


def cr3(shown: bytes, size: tuple[int, int], *, orientation: int = 1, xmp: bytes = b"") -> bytes:
    """A CR3 with a full-size JPEG.

    Args:
        shown: content of the JPEG.
        size: its width and height.
        orientation: EXIF orientation.
        xmp: the packet that the camera writes for its stars.
    """
    head = _box(b"ftyp", b"crx \0\0\0\1crx isom")
    packet = _box(b"uuid", _XMP + xmp.ljust(600)) if xmp else b""
    sensor_data = bytes(1000)
    start = len(head) + len(_pictures(size, orientation, 0, len(shown), len(sensor_data))) + len(packet) + 16
    front = head + _pictures(size, orientation, start, len(shown), len(sensor_data)) + packet
    data = shown + sensor_data
    return front + struct.pack(">I4sQ", 1, b"mdat", 16 + len(data)) + data


def _box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), name) + content


def _pictures(size: tuple[int, int], orientation: int, start: int, jpeg: int, raw: int) -> bytes:
    """The box that tells of the JPEG and of the sensor's data, which lie one behind the other."""
    width, height = sensor = size[0] + 2 * EDGE[0], size[1] + 2 * EDGE[1]
    left, top, right, bottom = *EDGE, EDGE[0] + size[0] - 1, EDGE[1] + size[1] - 1
    camera: list[Tag] = [(256, LONG, size[0]), (257, LONG, size[1]), (274, SHORT, orientation)]
    camera += [(271, ASCII, "Canon"), (272, ASCII, "Canon EOS R6")]
    maker: list[Tag] = [(0xE0, SHORT, [34, width, height, 1, 1, left, top, right, bottom, *[0] * 8])]
    told = {b"CMT1": camera, b"CMT2": _SHOT, b"CMT3": maker, b"CMT4": _PLACE}
    boxes = _box(b"CNCV", b"CanonCR3_001/00.10.00/00.00.00")
    boxes += b"".join(_box(name, b"II*\0\x08\0\0\0" + directory(tags, 8)) for name, tags in told.items())
    packing = struct.pack(">HHIIIII", 0xFF10, 48, 0x02000000, *sensor, *sensor) + _COMPRESSED
    area = struct.pack(">12H", width, height, 1, 2, 1, 0, left, top, right, bottom, 0, 0)
    area += struct.pack(">12H", 0, 0, left, height - 1, left, 0, width - 1, top, left, top, width - 1, height - 1)
    codec = _box(b"CMP1", packing) + _box(b"CDI1", bytes(4) + _box(b"IAD1", bytes(4) + area))
    tracks = _track(size, 3, _box(b"JPEG", bytes(4)), start, jpeg) + _track(sensor, 1, codec, start + jpeg, raw)
    return _box(b"moov", _box(b"uuid", _METADATA + boxes) + tracks)


def _track(size: tuple[int, int], kind: int, codec: bytes, place: int, length: int) -> bytes:
    sample = struct.pack(">6xH16x", 1) + struct.pack(">HHIIIH32xHhHH", *size, 72 << 16, 72 << 16, 0, 1, 24, -1, kind, 1)
    boxes = _box(b"stsd", struct.pack(">II", 0, 1) + _box(b"CRAW", sample + codec))
    boxes += _box(b"stsc", struct.pack(">5I", 0, 1, 1, 1, 1)) + _box(b"stsz", struct.pack(">4I", 0, 0, 1, length))
    boxes += _box(b"co64", struct.pack(">IIQ", 0, 1, place))
    header = _box(b"tkhd", struct.pack(">I72xII", 7, size[0] << 16, size[1] << 16))
    table = _box(b"minf", _box(b"vmhd", bytes(12)) + _box(b"stbl", boxes))
    media = _box(b"hdlr", b"\0\0\0\0\0\0\0\0vide" + bytes(13)) + table
    return _box(b"trak", header + _box(b"mdia", media))
