"""RAW files: the camera's preview where it is large enough, else a development at half the size."""

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data.cr3_files import cr3
from data.raw_files import BYTE, LONG, MAKERS, Tag, dng, raf
from twinlens.data.decoding.kinds import find_kind
from twinlens.data.decoding.raw_details import read_raw_details
from twinlens.data.guarded.light import is_light
from twinlens.data.images import open_photo
from twinlens.errors import PhotoError, PhotoTooLargeError

RED, BLUE = (200, 30, 30), (30, 40, 200)
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
    b"<xmp:Rating>4</xmp:Rating><dc:subject><rdf:Bag><rdf:li>harbour</rdf:li></rdf:Bag></dc:subject>"
    b"</rdf:Description></rdf:RDF></x:xmpmeta>"
)


@pytest.fixture
def sensor() -> np.ndarray:
    """Red on the left and blue on the right, as the sensor sees it."""
    pixels = np.zeros((240, 360, 3), np.uint8)
    pixels[:, :180], pixels[:, 180:] = RED, BLUE
    return pixels


def jpeg(pixels: np.ndarray, *, orientation: int | None = None) -> bytes:
    exif = Image.Exif()
    if orientation is not None:
        exif[0x0112] = orientation
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=95, exif=exif)
    return buffer.getvalue()


def is_red(image: Image.Image, place: tuple[int, int]) -> bool:
    red, _, blue = image.getpixel(place)  # type: ignore[misc]
    return bool(red > 150 and blue < 120)


def red_corners(image: Image.Image) -> list[bool]:
    """Whether the corners are red: top left, top right, bottom right."""
    right, bottom = image.width - 6, image.height - 6
    return [is_red(image, place) for place in ((5, 5), (right, 5), (right, bottom))]


CORNERS = {1: [True, False, False], 3: [False, True, True], 6: [True, True, False], 8: [False, False, True]}


@pytest.mark.parametrize("orientation", CORNERS)
def test_a_file_without_a_preview_is_developed_at_half_its_size_and_upright(
    sensor: np.ndarray, orientation: int
) -> None:
    photo = open_photo(dng(sensor, orientation=orientation))
    size = (360, 240) if orientation in (1, 3) else (240, 360)
    assert (photo.image.size, photo.image.mode) == ((size[0] // 2, size[1] // 2), "RGB")
    assert red_corners(photo.image) == CORNERS[orientation]
    assert (photo.details.width, photo.details.height) == size
    assert (photo.details.taken_at, photo.details.camera) == ("2023-06-30T12:00:00", "Twin Reflex")


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("orientation", CORNERS)
def test_a_preview_is_turned_once_whether_it_tells_its_orientation_or_not(
    sensor: np.ndarray, orientation: int, own: bool
) -> None:
    preview = jpeg(sensor, orientation=orientation if own else None)
    photo = open_photo(dng(sensor, orientation=orientation, preview=preview, preview_size=(360, 240)))
    assert photo.image.size == (photo.details.width, photo.details.height)
    assert red_corners(photo.image) == CORNERS[orientation]
    assert photo.details.camera == "Twin Reflex"


def test_a_small_preview_is_enough_for_a_model_and_not_for_people(sensor: np.ndarray) -> None:
    data = dng(sensor, preview=jpeg(sensor[:60, :90]), preview_size=(90, 60))
    assert open_photo(data, min_side=32).image.size == (90, 60)
    assert open_photo(data).image.size == (180, 120)
    assert open_photo(data, min_side=64).image.size == (180, 120)


def test_a_damaged_preview_is_told(sensor: np.ndarray) -> None:
    preview = jpeg(sensor)
    with pytest.raises(PhotoError, match="truncated"):
        open_photo(dng(sensor, preview=preview[: len(preview) // 2], preview_size=(360, 240)))


@pytest.mark.parametrize("content", [b"II*\0", b"FUJIFILMCCD-RAW 0201", b"IIU\0\x18\0\0\0", b"IIRO\x08\0\0\0"])
def test_what_only_begins_like_a_raw_file_is_refused(content: bytes) -> None:
    for padding in (0, 200):
        with pytest.raises(PhotoError, match=r"RAW|truncated|damaged"):
            open_photo(content + bytes(padding))


def test_a_file_cut_anywhere_is_refused_or_read_but_raises_nothing_else(sensor: np.ndarray) -> None:
    data = dng(sensor)
    for length in range(0, len(data), 9001):
        try:
            open_photo(data[:length])
        except PhotoError:
            continue


def test_a_preview_is_enough_where_the_sensor_s_data_are_cut_or_packed_in_a_new_way(sensor: np.ndarray) -> None:
    data = dng(sensor, preview=jpeg(sensor), preview_size=(360, 240), date="0000:00:00 00:00:00")
    packed = data.replace(struct.pack("<HHIHH", 259, 3, 1, 1, 0), struct.pack("<HHIHH", 259, 3, 1, 52546, 0))
    assert packed != data  # JPEG XL, as the newest phones pack theirs
    photo = open_photo(packed)
    assert (photo.image.size, photo.details.taken_at) == ((360, 240), None)


def test_a_grey_sensor_gives_a_grey_photo(sensor: np.ndarray) -> None:
    data = dng(sensor).replace(struct.pack("<HHIHH", 262, 3, 1, 32803, 0), struct.pack("<HHIHH", 262, 3, 1, 34892, 0))
    assert open_photo(data).image.mode == "RGB"


@pytest.mark.parametrize("orientation", CORNERS)
def test_a_dark_edge_of_the_sensor_is_not_shown(sensor: np.ndarray, orientation: int) -> None:
    edged = np.pad(sensor, ((8, 16), (40, 20), (0, 0)))
    area: list[Tag] = [(50719, LONG, [40, 8]), (50720, LONG, [360, 240])]
    photo = open_photo(dng(edged, orientation=orientation, more=area))
    size = (360, 240) if orientation in (1, 3) else (240, 360)
    assert (photo.image.size, photo.details.width, photo.details.height) == ((size[0] // 2, size[1] // 2), *size)
    assert red_corners(photo.image) == CORNERS[orientation]


def test_what_lightroom_writes_into_a_dng_is_read(sensor: np.ndarray) -> None:
    details = open_photo(dng(sensor, more=[(700, BYTE, XMP)])).details
    assert (details.rating, details.keywords, details.camera) == (4, ("harbour",), "Twin Reflex")
    assert open_photo(dng(sensor, more=[(700, BYTE, b"<damaged")])).details.camera == "Twin Reflex"


def test_the_picture_of_a_cr3_and_what_its_boxes_say(sensor: np.ndarray) -> None:
    photo = open_photo(cr3(jpeg(sensor), (360, 240), xmp=XMP))
    assert (photo.image.size, red_corners(photo.image)) == ((360, 240), CORNERS[1])
    found = photo.details
    assert (found.width, found.height, found.camera) == (360, 240, "Canon EOS R6")
    assert (found.taken_at, found.utc_offset_minutes, found.date_source) == ("2023-06-30T12:00:00", 120, "exif")
    assert (found.lens, found.latitude, found.longitude) == ("RF70-200mm F2.8 L IS USM", 48.85, 2.35)
    assert (found.rating, found.keywords) == (4, ("harbour",))


@pytest.mark.parametrize("orientation", CORNERS)
def test_the_picture_of_a_cr3_is_turned(sensor: np.ndarray, orientation: int) -> None:
    photo = open_photo(cr3(jpeg(sensor), (360, 240), orientation=orientation))
    assert photo.image.size == (photo.details.width, photo.details.height)
    assert red_corners(photo.image) == CORNERS[orientation]


def test_a_damaged_box_of_a_cr3_leaves_what_the_camera_box_says(sensor: np.ndarray) -> None:
    data = cr3(jpeg(sensor), (360, 240))
    place = data.index(b"CMT2") + 4
    found = read_raw_details(data[:place] + b"\xff" * 8 + data[place + 8 :])
    assert found is not None
    assert (found.camera, found.taken_at) == ("Canon EOS R6", None)


def test_a_cr3_cut_anywhere_is_refused(sensor: np.ndarray) -> None:
    data = cr3(jpeg(sensor), (360, 240))
    for length in range(0, len(data) - 1000, 501):
        open_photo(data)  # LibRaw leaves it in memory, and fills the next preview up with what is there
        with pytest.raises(PhotoError):
            open_photo(data[:length])


def test_megapixels_are_limited_before_it_is_developed(sensor: np.ndarray) -> None:
    with pytest.raises(PhotoTooLargeError, match=r"0 megapixels, more than 0\.01"):
        open_photo(dng(sensor), max_megapixels=0.01)


def test_a_raw_file_is_decoded_in_a_process_of_its_own(sensor: np.ndarray) -> None:
    assert not is_light(dng(sensor), is_reduced=True)
    for start in (b"IIRS\x08\0", b"\0\0\0\x18ftypcrx ", b"II*\0\x10\0\0\0CR\2\0"):
        kind = find_kind(start + bytes(40))
        assert kind is not None
        assert (kind.name, kind.is_read) == ("RAW", True)


def test_opening_changes_nothing(sensor: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "a.dng"
    path.write_bytes(dng(sensor))
    before = path.read_bytes(), path.stat().st_mtime_ns
    open_photo(path)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


@pytest.mark.parametrize("kind", [*MAKERS, "RAF"])
def test_the_preview_of_each_maker_s_file_is_read(sensor: np.ndarray, kind: str) -> None:
    shown, pixels = jpeg(sensor), np.repeat(np.repeat(sensor, 2, axis=0), 2, axis=1)
    if kind == "RAF":
        content = raf(pixels, preview=shown)
    else:
        content = dng(pixels, maker=MAKERS[kind], preview=shown, preview_size=(360, 240))
    found = find_kind(content)
    assert found is not None
    assert found.is_read
    photo = open_photo(content)
    assert (photo.image.size, red_corners(photo.image)) == ((360, 240), CORNERS[1])


@pytest.mark.parametrize("kind", ["CR2", "NEF", "ARW", "PEF"])
def test_what_the_sensors_of_several_makers_saw_is_developed(sensor: np.ndarray, kind: str) -> None:
    """Its colours are those of the camera's matrix, for which the cells of the file are not made."""
    photo = open_photo(dng(sensor, maker=MAKERS[kind]))
    assert photo.image.size == (180, 120)
    left, right = photo.image.getpixel((40, 60)), photo.image.getpixel((140, 60))
    assert left[0] > max(left[1:])  # type: ignore[index]
    assert right[2] > max(right[:2])  # type: ignore[index]
