import logging
import struct

import numpy as np
import pytest
from PIL import Image

from data.made_pictures import encoded, noisy
from twinlens.data.decoding import jpeg
from twinlens.data.images import open_photo
from twinlens.errors import PhotoError, PhotoTooLargeError


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}, {"restart_marker_rows": 1}])
@pytest.mark.parametrize("lost", [1, 2])
@pytest.mark.parametrize("min_side", [None, 50])
def test_a_jpeg_that_lacks_only_its_end_marker_is_read(options, lost, min_side):
    data = encoded(noisy(256, 192), "JPEG", **options)
    expected = np.asarray(open_photo(data, min_side=min_side).image)
    assert np.array_equal(np.asarray(open_photo(data[:-lost], min_side=min_side).image), expected)


@pytest.mark.parametrize("options", [{}, {"progressive": True}])
@pytest.mark.parametrize("min_side", [None, 8])
def test_a_jpeg_that_lacks_more_is_refused(options, min_side):
    data = encoded(noisy(256, 192), "JPEG", **options)
    for lost in (3, 4, 5, 10, 30, 100, 1000):
        with pytest.raises(PhotoError, match="truncated"):
            open_photo(data[:-lost], min_side=min_side)


def test_a_jpeg_without_a_picture_is_told_in_our_words():
    with pytest.raises(PhotoError, match="damaged: its header cannot be read"):
        open_photo(b"\xff\xd8\xff\xed\0\x04ab\xff\xd9")


def test_a_progressive_jpeg_without_its_last_scan_is_refused():
    data = encoded(noisy(256, 192), "JPEG", progressive=True)
    with pytest.raises(PhotoError, match="truncated"):
        open_photo(data[: data.rindex(b"\xff\xda")])


def test_a_missing_end_marker_is_said_once(caplog, monkeypatch):
    monkeypatch.setattr(jpeg, "_told", type(jpeg._told)())
    data = encoded(noisy(64, 64), "JPEG")[:-2]
    with caplog.at_level(logging.WARNING, "twinlens.data.decoding.jpeg"):
        for _ in range(3):
            open_photo(data)
    assert len(caplog.records) == 1


def test_a_turned_jpeg_without_end_marker_is_upright():
    exif = Image.Exif()
    exif[274] = 6
    assert open_photo(encoded(noisy(64, 32), "JPEG", exif=exif)[:-2]).image.size == (32, 64)


def jpeg_of(width: int, height: int, **options: object) -> bytes:
    """A grey JPEG of the given size in its header, with the data of a small one: decoding it fills the rest."""
    data = bytearray(encoded(Image.new("L", (16, 16), 120), "JPEG", **options))
    for marker in (b"\xff\xc0", b"\xff\xc2"):
        if (place := data.find(marker)) > 0:
            data[place + 5 : place + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def test_a_photo_of_200_megapixels_is_read_at_a_reduced_scale():
    photo = open_photo(jpeg_of(16_320, 12_240), min_side=260)
    assert photo.image.size == (2040, 1530)
    assert (photo.details.width, photo.details.height) == (16_320, 12_240)


def test_an_upload_is_limited_by_its_megapixels_in_any_format():
    with pytest.raises(PhotoTooLargeError, match="200 megapixels, more than 100"):
        open_photo(jpeg_of(16_320, 12_240), min_side=260, max_megapixels=100)


def test_what_does_not_fit_at_any_scale_is_refused():
    with pytest.raises(PhotoTooLargeError, match="megapixels"):
        open_photo(jpeg_of(65_000, 65_000))
    with pytest.raises(PhotoTooLargeError, match="megapixels"):  # its coefficients are held whole
        open_photo(jpeg_of(65_000, 65_000, progressive=True), min_side=16)


def test_a_progressive_jpeg_of_endless_scans_is_refused():
    data = jpeg_of(10_000, 10_000, progressive=True)
    scan = data[data.rindex(b"\xff\xda") : -2]
    with pytest.raises(PhotoTooLargeError, match="scans"):
        open_photo(data[:-2] + scan * 500 + b"\xff\xd9", min_side=16)
