"""TIFF of any numbers, written here by hand as Pillow writes few of them."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from data.made_pictures import encoded
from twinlens.data.decoding.tiff import read_directory, read_samples
from twinlens.data.images import open_photo
from twinlens.errors import PhotoError, PhotoTooLargeError

H, W = 40, 48
RAMP = np.add.outer(np.arange(H), np.arange(W)) / (H + W - 2)  # [H, W], 0 to 1
COLOURS = np.stack([RAMP, RAMP[::-1], RAMP[:, ::-1]], axis=-1)  # [H, W, 3]


def predicted(rows: np.ndarray, predictor: int, order: str) -> bytes:
    """Rows [H, W, samples] as differences to the left neighbour."""
    if predictor == 2:
        whole = np.ascontiguousarray(rows).view(f"{order}u{rows.itemsize}").astype(f"u{rows.itemsize}")
        whole[:, 1:] -= whole[:, :-1].copy()
        return whole.astype(f"{order}u{rows.itemsize}").tobytes()
    if predictor == 3:
        height, _, samples = rows.shape
        planes = rows.astype(rows.dtype.newbyteorder(">")).view(np.uint8).reshape(height, -1, rows.itemsize)
        planes = planes.swapaxes(1, 2).reshape(height, -1, samples)
        planes[:, 1:] -= planes[:, :-1].copy()
        return planes.tobytes()
    return rows.tobytes()


def tiff(
    values: np.ndarray,
    *,
    order: str = "<",
    big: bool = False,
    packed: bool = False,
    predictor: int = 1,
    planar: bool = False,
    tile: int | None = None,
    extra: dict[int, int] | None = None,
) -> bytes:
    """A TIFF of [H, W, samples] in strips of 16 rows or in square tiles."""
    values = values.astype(values.dtype.newbyteorder(order))
    height, width, samples = values.shape
    planes = [values[..., band : band + 1] for band in range(samples)] if planar else [values]
    if tile:
        padding = ((0, -height % tile), (0, -width % tile), (0, 0))
        planes = [np.pad(plane, padding) for plane in planes]
        cells = [
            plane[top : top + tile, left : left + tile]
            for plane in planes
            for top in range(0, height, tile)
            for left in range(0, width, tile)
        ]
    else:
        cells = [plane[top : top + 16] for plane in planes for top in range(0, height, 16)]
    data = [predicted(cell, predictor, order) for cell in cells]
    data = [zlib.compress(cell) for cell in data] if packed else data
    header = 16 if big else 8
    starts = [header + sum(len(cell) for cell in data[:number]) for number in range(len(data))]
    kind = {"u": 1, "i": 2, "f": 3}[values.dtype.kind]
    tags: dict[int, list[int]] = {
        256: [width], 257: [height], 258: [values.itemsize * 8] * samples, 259: [8 if packed else 1],
        262: [2 if samples > 2 else 1], 277: [samples], 284: [2 if planar else 1], 317: [predictor],
        339: [kind] * samples, (324 if tile else 273): starts, (325 if tile else 279): [len(cell) for cell in data],
    }  # fmt: skip
    tags |= {322: [tile], 323: [tile]} if tile else {278: [16]}
    tags |= {tag: [value] for tag, value in (extra or {}).items()}
    entries, behind = b"", b""
    place = header + sum(len(cell) for cell in data)
    row, word, code = (20, 8, "Q") if big else (12, 4, "I")
    free = place + (8 if big else 2) + row * len(tags) + word
    for tag, numbers in sorted(tags.items()):
        raw = struct.pack(f"{order}{len(numbers)}{code}", *numbers)
        if len(raw) > word:
            raw, behind = struct.pack(f"{order}{code}", free + len(behind)), behind + raw
        entries += struct.pack(f"{order}HH{code}", tag, 16 if big else 4, len(numbers)) + raw
    mark = b"II" if order == "<" else b"MM"
    start = struct.pack(f"{order}HHHQ", 43, 8, 0, place) if big else struct.pack(f"{order}HI", 42, place)
    count = struct.pack(f"{order}{'Q' if big else 'H'}", len(tags))
    return mark + start + b"".join(data) + count + entries + bytes(word) + behind


def error(data: bytes, expected: np.ndarray) -> float:
    return float(np.abs(np.asarray(open_photo(data).image, np.float32) - expected * 255).max())


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("options", [{}, {"packed": True}, {"packed": True, "tile": 32}, {"planar": True}])
@pytest.mark.parametrize("kind", ["f2", "f4", "f8", "u4", "u2", "u1"])
def test_colours_in_any_numbers_and_layout(kind, options, order):
    full = 1 if kind[0] == "f" else np.iinfo(kind).max
    assert error(tiff((COLOURS * full).astype(kind), order=order, **options), COLOURS) <= 1.5


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("samples", [1, 3])
@pytest.mark.parametrize(("kind", "predictor"), [("f2", 3), ("f4", 3), ("f8", 3), ("u4", 2), ("f4", 2)])
@pytest.mark.parametrize("tile", [None, 32])
def test_differences_of_neighbours_are_undone(kind, predictor, samples, tile, order):
    full = 1 if kind[0] == "f" else np.iinfo(kind).max
    values = (COLOURS[..., :samples] * full).astype(kind)
    data = tiff(values, order=order, packed=True, predictor=predictor, tile=tile)
    assert np.array_equal(read_samples(data, max_bytes=10**7), values)
    assert error(data, COLOURS if samples == 3 else RAMP[..., None]) <= 1.5


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", ["u1", "u2", "f4"])
@pytest.mark.parametrize("packed", [False, True])
def test_big_tiff_in_both_byte_orders(kind, packed, order):
    full = 1 if kind[0] == "f" else np.iinfo(kind).max
    assert error(tiff((COLOURS * full).astype(kind), order=order, big=True, packed=packed), COLOURS) <= 1.5


def test_float_grey_is_turned_upright():
    photo = open_photo(tiff(RAMP[..., None].astype("f4"), extra={274: 6}))
    assert photo.image.size == (H, W)
    assert (photo.details.width, photo.details.height) == (H, W)
    assert abs(photo.image.getpixel((0, 0))[0] - RAMP[-1, 0] * 255) <= 1


def test_deep_grey_with_opacity_lies_on_white():
    values = np.stack([RAMP * 65535, np.zeros((H, W))], axis=-1).astype("u2")
    assert error(tiff(values, extra={338: 2}), np.ones((H, W, 3))) == 0


def test_grey_whose_zero_is_white_is_turned_round():
    assert error(tiff(1 - RAMP[..., None].astype("f8"), extra={262: 0}), RAMP[..., None]) <= 1.5


def test_decoded_bytes_are_limited_before_they_are_decoded():
    data = bytearray(tiff(COLOURS.astype("f8")))
    place = data.index(struct.pack("<HHII", 256, 4, 1, W))
    data[place + 8 : place + 12] = struct.pack("<I", 2_000_000)
    with pytest.raises(PhotoTooLargeError):
        open_photo(bytes(data))
    with pytest.raises(PhotoTooLargeError):
        read_samples(tiff(COLOURS.astype("f8")), max_bytes=1000)


def test_a_directory_behind_the_end_is_truncated():
    data = tiff(COLOURS.astype("f4"))
    for cut in (9, len(data) // 2, len(data) - 3):
        with pytest.raises(PhotoError, match="truncated"):
            open_photo(data[:cut])


def test_large_float_grey_is_read():
    data = encoded(Image.fromarray(np.full((3000, 4000), 0.5, np.float32)), "TIFF", compression="tiff_adobe_deflate")
    assert open_photo(data).image.getpixel((7, 7)) == (127, 127, 127)


def test_tags_of_a_page_are_read():
    page = read_directory(tiff(COLOURS.astype("f4"), order=">"))
    assert (page.number(256, 0), page.numbers(258), page.next_page) == (W, [32, 32, 32], 0)
