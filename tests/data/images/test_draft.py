"""Large photos are decoded small, and damaged bytes open or are refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from data.images.conftest import difference, encoded, scene
from twinlens.data.images import open_photo
from twinlens.errors import PhotoError


@pytest.fixture(scope="module")
def large_jpeg() -> bytes:
    rows, columns = np.mgrid[0:900, 0:1200]
    pixels = np.stack([columns / 1200 * 255, rows / 900 * 255, ((rows // 60 + columns // 60) % 2) * 80], axis=-1)
    return encoded(Image.fromarray(pixels.astype(np.uint8)), "JPEG", quality=92)


class TestDraft:
    @pytest.mark.parametrize("min_side", [1, 16, 56, 57, 112, 113, 224, 225, 260, 450, 451, 3000])
    def test_shorter_side_is_larger_than_the_least_side_or_the_photo_is_whole(self, large_jpeg, min_side):
        photo = open_photo(large_jpeg, min_side=min_side)
        assert min(photo.image.size) >= min(1.4 * min_side, 900)
        assert (photo.details.width, photo.details.height) == (1200, 900)

    def test_small_model_makes_a_small_decode(self, large_jpeg):
        assert open_photo(large_jpeg, min_side=56).image.size == (150, 113)
        assert open_photo(large_jpeg, min_side=150).image.size == (300, 225)
        assert open_photo(large_jpeg, min_side=224).image.size == (600, 450)

    @pytest.mark.parametrize("side", [56, 112, 224])
    def test_small_decode_resizes_to_the_pixels_of_the_full_decode(self, large_jpeg, side):
        full = open_photo(large_jpeg).image
        draft = open_photo(large_jpeg, min_side=side).image
        assert draft.width < full.width
        small = [image.resize((side, side), Image.Resampling.BICUBIC) for image in (draft, full)]
        assert difference(*small) < 1.5
        assert np.abs(np.subtract(*(np.asarray(image, np.float32) for image in small))).max() < 20

    def test_photo_smaller_than_asked_is_decoded_whole(self, large_jpeg):
        assert difference(open_photo(large_jpeg, min_side=3000).image, open_photo(large_jpeg).image) == 0

    def test_other_formats_are_decoded_whole(self):
        for data in (encoded(scene(), "PNG"), encoded(scene(), "WEBP", lossless=True)):
            assert open_photo(data, min_side=4).image.size == (48, 32)

    def test_grey_jpeg_decoded_small_is_rgb(self):
        image = open_photo(encoded(scene(800, 600).convert("L"), "JPEG"), min_side=32).image
        assert image.mode == "RGB"
        assert image.width < 800


def small_files() -> dict[str, bytes]:
    noise = np.random.default_rng(2).integers(-20, 21, (24, 40, 3))
    image = Image.fromarray((np.asarray(scene(40, 24)) + noise).clip(0, 255).astype(np.uint8))
    exif = Image.Exif()
    exif[274], exif[271], exif[306] = 6, "Maker", "2023:06:01 12:30:45"
    exif.get_ifd(34853).update({1: "N", 2: (48.0, 51.0, 29.0), 3: "E", 4: (2.0, 17.0, 40.0)})
    with_exif = exif.tobytes()
    return {
        "JPEG": encoded(image, "JPEG", exif=with_exif),
        "PNG": encoded(image, "PNG", exif=with_exif),
        "palette PNG": encoded(image.convert("P"), "PNG"),
        "WEBP": encoded(image, "WEBP", exif=with_exif),
        "TIFF": encoded(image, "TIFF", exif=with_exif),
        "GIF": encoded(image, "GIF"),
        "HEIC": encoded(image, "HEIF", exif=with_exif),
    }


SMALL_FILES = small_files()
places = st.floats(min_value=0, max_value=1, exclude_max=True)


@pytest.mark.filterwarnings("ignore")  # what a user's run has too: a warning is no refusal
@settings(max_examples=500, deadline=None, derandomize=True, database=None)
@given(
    kind=st.sampled_from(sorted(SMALL_FILES)),
    changes=st.lists(st.tuples(places, st.integers(0, 255)), max_size=8),
    kept=st.one_of(st.just(1.0), places),
    min_side=st.sampled_from([None, 4]),
)
def test_damaged_bytes_open_as_upright_rgb_or_are_refused(kind, changes, kept, min_side):
    data = bytearray(SMALL_FILES[kind])
    for place, value in changes:
        data[int(place * len(data))] = value
    try:
        photo = open_photo(bytes(data[: int(kept * len(data))]), min_side=min_side)
    except PhotoError:
        return
    assert photo.image.mode == "RGB"
    if min_side is None:
        assert photo.image.size == (photo.details.width, photo.details.height)


def test_undamaged_small_files_all_open():
    for data in SMALL_FILES.values():
        assert open_photo(data).image.size in {(40, 24), (24, 40)}
