"""A file that ends too early is refused at any cut, in every format; a whole one always opens."""

import struct

import numpy as np
import pytest

from data.made_pictures import KINDS, noisy, picture, tiled_heic
from twinlens.data.decoding.completeness import refuse_truncated
from twinlens.data.images import open_photo
from twinlens.errors import PhotoError

CUTS = (1, 5, 10, 25, 50, 75, 90, 95, 99)  # percent of the bytes that are left
FEW_CUTS = (1, 50, 99)
SMALL = (256, 128)  # pixels; two tiles of a HEIC


def refuse_all_cuts(data: bytes, cuts: tuple[int, ...]) -> None:
    assert open_photo(data).image.mode == "RGB"
    for percent in cuts:
        for min_side in (None, 64):
            with pytest.raises(PhotoError, match=r"truncated|damaged"):
                open_photo(data[: len(data) * percent // 100], min_side=min_side)
    with pytest.raises(PhotoError, match=r"^truncated: the file ends too early$"):
        open_photo(data[: len(data) // 2])


@pytest.mark.parametrize("kind", KINDS)
def test_a_cut_file_is_refused(kind):
    refuse_all_cuts(picture(kind, *SMALL), FEW_CUTS)


@pytest.mark.thorough
@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_cut_file_of_real_size_is_refused_at_any_cut(kind):
    refuse_all_cuts(picture(kind, 1024, 1024), CUTS)


def test_tiled_heic_gives_its_picture():
    image = noisy(256, 256)
    found = np.asarray(open_photo(tiled_heic(image)).image, np.float32)
    assert np.abs(found - np.asarray(image, np.float32)).mean() < 12  # the noise is coded roughly


@pytest.mark.parametrize("lost", [1, 100, 5000])
def test_tiled_heic_that_lost_only_its_end_is_refused(lost):
    with pytest.raises(PhotoError, match="truncated"):
        open_photo(tiled_heic(noisy(256, 256))[:-lost])


def test_an_extent_behind_the_end_is_truncated_even_if_all_boxes_are_whole():
    data = tiled_heic(noisy(256, 256))
    start = data.index(b"mdat") - 4
    short = data[:start] + struct.pack(">I4s", 108, b"mdat") + data[start + 8 :][:100]
    with pytest.raises(PhotoError, match="truncated"):
        refuse_truncated(short, "HEIF")


@pytest.mark.parametrize(
    "kind", ["JPEG", "PNG", "WebP", "GIF", "animated GIF", "TIFF", "BMP", "HEIC", "tiled HEIC", "MPO"]
)
@pytest.mark.parametrize(
    "trailer", [b"\0" * 100, b"made by a camera \xff\xd8\xff and more" * 9], ids=["zeros", "notes"]
)
def test_what_follows_the_picture_is_no_matter(kind, trailer):
    data = picture(kind, *SMALL)
    assert np.array_equal(np.asarray(open_photo(data + trailer).image), np.asarray(open_photo(data).image))


def test_an_mpo_whose_other_pictures_an_editor_dropped_is_read():
    data = picture("MPO", 256, 256)
    second = data.index(b"\xff\xd8\xff", 2)
    assert open_photo(data[:second]).image.size == (256, 256)


def test_a_gif_without_its_trailer_is_read():
    data = picture("GIF", 256, 256)
    assert data.endswith(b";")
    assert open_photo(data[:-1]).image.size == (256, 256)
