"""Photos under guard: the same pixels, the same errors, and limits."""

import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data.made_pictures import KINDS, colour_profile, encoded, noisy, picture
from twinlens.data.guarded.guard import Guard
from twinlens.data.guarded.limits import Limits
from twinlens.data.guarded.photos import open_guarded, read_guarded, shrunk
from twinlens.data.images import open_photo
from twinlens.errors import PhotoError, PhotoTooLargeError, PhotoTooSlowError


@pytest.fixture(scope="module")
def guard():
    with Guard() as made:
        yield made


@pytest.mark.parametrize("kind", KINDS)
def test_the_pixels_are_those_of_decoding_here(guard: Guard, kind: str) -> None:
    data = picture(kind, 256, 128)
    for min_side in (None, 30):
        shrink = partial(shrunk, side=100)
        small, details = read_guarded(data, shrink, min_side=min_side, guard=guard, trusts_nothing=True)
        expected = open_photo(data, min_side=min_side)
        assert open_guarded(data, min_side=min_side, guard=guard).image.tobytes() == expected.image.tobytes()
        assert small.tobytes() == shrunk(expected.image, side=100).tobytes()
        assert details == expected.details


def test_colours_and_orientation_are_applied_under_guard_too(guard: Guard) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encoded(noisy(256, 128), "TIFF", exif=exif, icc_profile=colour_profile("Display P3"))
    found = open_guarded(data, guard=guard)
    assert found.image.size == (128, 256)
    np.testing.assert_array_equal(found.image, open_photo(data).image)
    profiles = [image.info["icc_profile"] for image in (found.image, open_photo(data).image)]  # sRGB now
    assert len({profile[:24] + profile[36:] for profile in profiles}) == 1  # between: the second it was made in


@pytest.mark.parametrize("data", [b"", b"text", b"\xff\xd8\xff\xe0", picture("TIFF", 256, 128)[:900]])
def test_the_reasons_are_those_of_decoding_here(guard: Guard, data: bytes) -> None:
    with pytest.raises(PhotoError) as here:
        open_photo(data)
    with pytest.raises(type(here.value)) as there:
        read_guarded(data, shrunk, guard=guard, trusts_nothing=True)
    assert str(there.value) == str(here.value)


def test_the_limit_of_megapixels_holds(guard: Guard) -> None:
    with pytest.raises(PhotoTooLargeError, match="megapixels"):
        read_guarded(picture("PNG", 256, 128), shrunk, max_megapixels=0.01, guard=guard, trusts_nothing=True)


@pytest.mark.skipif(sys.platform == "win32", reason="no CPU timers there")
def test_a_small_file_that_takes_long_is_given_up() -> None:
    bomb = encoded(Image.new("L", (12_000, 12_000)), "PNG")  # 140 KB; half a second
    with Guard(Limits(cpu_s=0.05, wall_s=600)) as guard, pytest.raises(PhotoTooSlowError):
        open_guarded(bomb, guard=guard)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux limits memory")
def test_a_small_file_that_takes_much_memory_is_given_up() -> None:
    bomb = encoded(Image.new("L", (12_000, 12_000)), "PNG")
    with Guard(Limits(memory_bytes=250_000_000)) as guard, pytest.raises(PhotoTooLargeError, match="memory"):
        open_guarded(bomb, guard=guard)


def test_large_photos_take_turns_and_all_are_decoded(tmp_path: Path) -> None:
    (tmp_path / "large.png").write_bytes(encoded(Image.new("L", (7000, 6000)), "PNG"))
    with Guard(processes=3) as guard, ThreadPoolExecutor(3) as threads:
        shrink = partial(shrunk, side=8)
        read = partial(read_guarded, tmp_path / "large.png", shrink, guard=guard)
        reading = [threads.submit(read) for _ in range(4)]
        assert [future.result()[0].size for future in reading] == [(8, 7)] * 4
