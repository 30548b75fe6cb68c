"""TIFF beyond what Pillow reads: any directory, and samples of any number type."""

import io
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, TiffImagePlugin

from twinlens.errors import PhotoError, PhotoTooLargeError

WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, SAMPLES = 256, 257, 258, 259, 262, 277
STRIP_OFFSETS, ROWS_PER_STRIP, STRIP_BYTES, PLANAR, PREDICTOR = 273, 278, 279, 284, 317
TILE_WIDTH, TILE_HEIGHT, TILE_OFFSETS, TILE_BYTES = 322, 323, 324, 325
EXTRA_SAMPLES, SAMPLE_FORMAT, SUB_DIRECTORIES = 338, 339, 330
_EXIF, _GPS, _ORIENTATION, _COLOUR_MAP, _FILL_ORDER = 34665, 34853, 274, 320, 266
_MAX_PAGES = 10_000
_PART_BYTES = 32_000_000  # unpacked at once
_MAX_VALUES = 4_000_000  # of one tag; a picture of one row a strip has a hundred thousand
_TYPES = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I", 16: "Q", 17: "q", 18: "Q"}
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_JPEG_TABLES = 347
_MATTERING = frozenset(
    {BITS, SAMPLE_FORMAT, STRIP_OFFSETS, STRIP_BYTES, TILE_OFFSETS, TILE_BYTES, _COLOUR_MAP, _JPEG_TABLES}
)
_PLAIN_COMPRESSIONS = frozenset({1, 5, 8, 32946, 32773, 34925, 50000})  # of bytes, whatever they mean
_PLAIN_PHOTOMETRICS = frozenset({0, 1, 2})  # white is 0, black is 0, RGB


@dataclass(frozen=True, slots=True)
class Directory:
    """One page of a TIFF: its tags as (type, count, raw bytes in the file's byte order)."""

    order: str  # "<" or ">"
    is_big: bool
    tags: Mapping[int, tuple[int, int, bytes]]
    next_page: int
    is_cut: bool = False  # the values of a tag that matters lie behind the end of the file

    def numbers(self, tag: int) -> list[int]:
        """The values of a whole-number tag; none if it is missing."""
        kind, count, raw = self.tags.get(tag, (1, 0, b""))
        return list(struct.unpack(f"{self.order}{count}{_TYPES[kind]}", raw)) if kind in _TYPES else []

    def number(self, tag: int, default: int) -> int:
        """The first value of a tag."""
        return next(iter(self.numbers(tag)), default)


def read_directory(data: bytes, place: int | None = None) -> Directory:
    """The first page, or the directory at a place.

    Raises:
        struct.error: it lies behind the end of the file, or makes no sense.
    """
    order = "<" if data[:2] == b"II" else ">"
    is_big = struct.unpack_from(f"{order}H", data, 2)[0] == 43
    count_code, entry, word = ("Q", "HHQ8s", "Q") if is_big else ("H", "HHI4s", "I")
    if place is None:
        place = struct.unpack_from(f"{order}{word}", data, 8 if is_big else 4)[0]
    if place < 8:
        raise struct.error("no directory")
    count = struct.unpack_from(f"{order}{count_code}", data, place)[0]
    place += struct.calcsize(f"={count_code}")
    step = struct.calcsize(f"={entry}")
    if place + count * step > len(data):
        raise struct.error("a directory behind the end")
    tags: dict[int, tuple[int, int, bytes]] = {}
    is_cut = False
    for number in range(count):
        tag, kind, length, value = struct.unpack_from(f"{order}{entry}", data, place + number * step)
        size = length * _SIZES.get(kind, 0)
        if size > len(value):
            start = struct.unpack(f"{order}{word}", value)[0]
            if start + size > len(data):
                is_cut |= tag in _MATTERING
                continue
            if length > _MAX_VALUES and kind in _TYPES and kind != 1:
                raise PhotoTooLargeError(f"a TIFF with {length:,} strips or tiles")
            value = data[start : start + size]
        tags.setdefault(tag, (kind, length, value[:size]))
    place += count * step
    end = place + struct.calcsize(f"={word}")
    next_page = struct.unpack_from(f"{order}{word}", data, place)[0] if end <= len(data) else 0
    return Directory(order, is_big, tags, next_page, is_cut)


def is_whole(data: bytes) -> bool:
    """Whether all strips and tiles of all pages lie inside the file."""
    place, seen = None, set[int]()
    for _ in range(_MAX_PAGES):
        page = read_directory(data, place)
        if page.is_cut:
            return False
        for offsets, sizes in ((STRIP_OFFSETS, STRIP_BYTES), (TILE_OFFSETS, TILE_BYTES)):
            starts, lengths = page.numbers(offsets), page.numbers(sizes)
            if any(start + length > len(data) for start, length in zip(starts, lengths, strict=False)):
                return False
        place = page.next_page
        if not place or place in seen:
            break
        seen.add(place)
    return bool(read_directory(data).tags)


def is_camera_raw(data: bytes) -> bool:
    """Whether a TIFF is a camera's RAW file (NEF, ARW, DNG …): its first page is a small preview."""
    page = read_directory(data)
    is_preview = bool(page.number(254, 0) & 1)
    return page.number(PHOTOMETRIC, 0) in (32803, 34892) or (
        is_preview and SUB_DIRECTORIES in page.tags and 271 in page.tags
    )


def needs_own_reader(data: bytes) -> bool:
    """Whether it holds numbers that Pillow refuses or misreads: floats, 32-bit integers, 16-bit grey with alpha …"""
    page = read_directory(data)
    bits, samples = page.number(BITS, 1), page.number(SAMPLES, 1)
    if page.number(COMPRESSION, 1) not in _PLAIN_COMPRESSIONS or page.number(PHOTOMETRIC, 1) not in _PLAIN_PHOTOMETRICS:
        return False
    is_float = page.number(SAMPLE_FORMAT, 1) == 3
    if is_float:
        return bits in (16, 32, 64)
    deep_planes = bits == 16 and (samples > 1) and (page.number(PLANAR, 1) == 2 or page.number(PHOTOMETRIC, 1) < 2)
    return bits in (32, 64) or deep_planes or (bits == 16 and samples > 4)


def has_alpha(data: bytes) -> bool:
    """Whether the first sample behind the colours is opacity."""
    return read_directory(data).number(EXTRA_SAMPLES, 0) in (1, 2)


def classic(
    data: bytes, changed: Mapping[int, int | list[int]] | None = None, *, dropped: frozenset[int] = frozenset()
) -> bytes:
    """The first page as an ordinary TIFF in the same byte order, with other values for some tags.

    The new directory is put behind the file, whose strips stay where they are.
    """
    page = read_directory(data)
    appended = io.BytesIO()
    place = _write_directory(data, page, appended, len(data) + len(data) % 2, changed or {}, dropped)
    head = (b"II*\0" if page.order == "<" else b"MM\0*") + struct.pack(f"{page.order}I", place)
    return b"".join((head, data[8:], b"\0" * (len(data) % 2), appended.getvalue()))


def _write_directory(
    data: bytes,
    page: Directory,
    out: io.BytesIO,
    base: int,
    changed: Mapping[int, int | list[int]],
    dropped: frozenset[int] = frozenset(),
) -> int:
    order, entries = page.order, {}
    for tag, (kind, count, raw) in page.tags.items():
        if tag in dropped or tag == SUB_DIRECTORIES:
            continue
        if tag in (_EXIF, _GPS) and page.is_big:
            try:
                child = read_directory(data, page.number(tag, 0))
            except struct.error:
                continue
            changed = {**changed, tag: _write_directory(data, child, out, base, {})}
        elif kind in (16, 17, 18):
            raw = struct.pack(f"{order}{count}I", *(value & 0xFFFFFFFF for value in page.numbers(tag)))
            kind = 4
        entries[tag] = (kind, count, raw)
    for tag, value in changed.items():
        values = value if isinstance(value, list) else [value]
        entries[tag] = (4, len(values), struct.pack(f"{order}{len(values)}I", *values))
    rows = []
    for tag, (kind, count, raw) in sorted(entries.items()):
        if len(raw) > 4:
            out.write(b"\0" * (out.tell() % 2))
            start = base + out.tell()
            out.write(raw)
            raw = struct.pack(f"{order}I", start)
        rows.append(struct.pack(f"{order}HHI", tag, kind, count) + raw.ljust(4, b"\0"))
    out.write(b"\0" * (out.tell() % 2))
    place = base + out.tell()
    out.write(struct.pack(f"{order}H", len(rows)) + b"".join(rows) + b"\0\0\0\0")
    return place


def metadata_of(data: bytes) -> Image.Image:
    """An opened TIFF with the size, EXIF and profile of the picture, to be read but not decoded."""
    dropped = frozenset({EXTRA_SAMPLES, SAMPLE_FORMAT, PREDICTOR, PLANAR, _COLOUR_MAP})
    return TiffImagePlugin.TiffImageFile(
        io.BytesIO(classic(data, {BITS: 8, SAMPLES: 1, PHOTOMETRIC: 1, COMPRESSION: 1}, dropped=dropped))
    )


def read_samples(data: bytes, *, max_bytes: int) -> NDArray[Any]:
    """All numbers of the first page, [H, W, samples], not turned; white-is-zero is turned to black-is-zero.

    libtiff unpacks the bytes, as if they were a grey picture of one byte a pixel; what they mean is decided here.

    Raises:
        PhotoTooLargeError: more bytes than allowed.
        PhotoError: a combination that is not read.
    """
    page = read_directory(data)
    width, height, samples, bits = (page.number(tag, 1) for tag in (WIDTH, HEIGHT, SAMPLES, BITS))
    if not 0 < samples <= 16 or set(page.numbers(BITS)) != {bits}:
        raise PhotoError(f"kind not read yet: TIFF of {samples} samples with {page.numbers(BITS)[:16]} bits")
    if (size := width * height * samples * bits // 8) > max_bytes:
        raise PhotoTooLargeError(f"{size / 1e6:,.0f} MB decoded, more than {max_bytes / 1e6:,.0f}")
    kind = {1: "u", 2: "i", 3: "f"}.get(page.number(SAMPLE_FORMAT, 1), "u")
    number = np.dtype(f"{page.order}{kind}{bits // 8}")
    is_planar = page.number(PLANAR, 1) == 2 and samples > 1
    planes = [_plane(data, page, number, plane, 1) for plane in range(samples)] if is_planar else []
    values = np.concatenate(planes, axis=-1) if planes else _plane(data, page, number, 0, samples)
    if page.number(PHOTOMETRIC, 1) == 0:
        full = 1 if kind == "f" else np.iinfo(number).max
        return np.asarray(full - values)
    return values


def _plane(data: bytes, page: Directory, number: np.dtype[Any], plane: int, samples: int) -> NDArray[Any]:
    """[H, W, samples] of one plane, read a few strips or rows of tiles at a time."""
    width, height = page.number(WIDTH, 1), page.number(HEIGHT, 1)
    is_tiled = TILE_OFFSETS in page.tags
    cell_width = page.number(TILE_WIDTH, width) if is_tiled else width
    cell_height = page.number(TILE_HEIGHT, height) if is_tiled else min(page.number(ROWS_PER_STRIP, height), height)
    if cell_width < 1 or cell_height < 1 or cell_width > 2 * width + 4096:
        raise PhotoError("damaged: strips or tiles of an impossible size")
    across, down = -(-width // cell_width), -(-height // cell_height)
    starts = page.numbers(TILE_OFFSETS if is_tiled else STRIP_OFFSETS)[plane * across * down :]
    sizes = page.numbers(TILE_BYTES if is_tiled else STRIP_BYTES)[plane * across * down :]
    values = np.empty((height, width, samples), number)
    at_once = max(1, _PART_BYTES // (across * cell_width * cell_height * samples * number.itemsize))
    for first in range(0, down, at_once):
        top, bottom = first * cell_height, min(height, (first + at_once) * cell_height)
        part = slice(first * across, min(down, first + at_once) * across)
        cells = [data[start : start + size] for start, size in zip(starts[part], sizes[part], strict=True)]
        tags = {WIDTH: across * cell_width * samples * number.itemsize, HEIGHT: bottom - top, BITS: 8, SAMPLES: 1}
        tags |= {COMPRESSION: page.number(COMPRESSION, 1), PHOTOMETRIC: 1}
        if is_tiled:
            tags |= {TILE_WIDTH: cell_width * samples * number.itemsize, TILE_HEIGHT: cell_height}
        else:
            tags |= {ROWS_PER_STRIP: cell_height}
        packed = np.asarray(TiffImagePlugin.TiffImageFile(io.BytesIO(_bytes_tiff(page.order, tags, cells))))
        unpacked = packed.reshape(bottom - top, across, cell_width * samples * number.itemsize)
        undone = _without_predictor(unpacked, number, samples, page.number(PREDICTOR, 1))
        values[top:bottom] = undone.reshape(bottom - top, -1, samples)[:, :width]
    return values


def _without_predictor(cells: NDArray[np.uint8], number: np.dtype[Any], samples: int, predictor: int) -> NDArray[Any]:
    """Numbers from the rows of strips or tiles, [H, tiles across, bytes], which may hold differences of neighbours."""
    if predictor == 3:  # differences of bytes: the first bytes of all numbers, the second ones, …
        rows = cells.reshape(*cells.shape[:2], -1, samples).cumsum(axis=2, dtype=np.uint8)
        rows = rows.reshape(*cells.shape[:2], number.itemsize, -1).swapaxes(2, 3)
        return np.ascontiguousarray(rows).view(number.newbyteorder(">"))
    values = np.ascontiguousarray(cells).view(number)
    if predictor == 2:  # differences of whole numbers
        whole = values.view(f"{number.str[0]}u{number.itemsize}").astype(f"=u{number.itemsize}")
        whole = whole.reshape(*cells.shape[:2], -1, samples).cumsum(axis=2, dtype=whole.dtype)
        return whole.view(number.newbyteorder("="))
    return values


def _bytes_tiff(order: str, tags: Mapping[int, int], cells: list[bytes]) -> bytes:
    """A TIFF of the given strips or tiles."""
    offsets, sizes = (TILE_OFFSETS, TILE_BYTES) if TILE_WIDTH in tags else (STRIP_OFFSETS, STRIP_BYTES)
    starts, place = [], 8
    for cell in cells:
        starts.append(place)
        place += len(cell)
    body = b"".join(cells)
    body += b"\0" * (len(body) % 2)
    appended = io.BytesIO()
    empty = Directory(order, is_big=False, tags={}, next_page=0)
    changed: dict[int, int | list[int]] = {**tags, offsets: starts, sizes: [len(cell) for cell in cells]}
    place = _write_directory(b"", empty, appended, 8 + len(body), changed)
    return (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", place) + body + appended.getvalue()
