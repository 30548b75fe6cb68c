"""Colour jitter against formulas on single colours."""

import colorsys

import numpy as np
import pytest
from PIL import Image

from twinlens.training.feeding.colour_jitter import jitter_colours, shift_hue


def flat(colour: tuple[int, int, int]) -> Image.Image:
    return Image.new("RGB", (3, 2), colour)


@pytest.mark.parametrize("turn", [0.25, -0.1, 0.5, 1.3])
@pytest.mark.parametrize("colour", [(200, 30, 30), (30, 180, 40), (120, 90, 200)])
def test_hue_is_turned_as_the_colour_circle_says(colour: tuple[int, int, int], turn: float) -> None:
    hue, saturation, value = colorsys.rgb_to_hsv(*(level / 255 for level in colour))
    expected = [255 * level for level in colorsys.hsv_to_rgb((hue + turn) % 1, saturation, value)]
    assert np.allclose(shift_hue(flat(colour), turn).getpixel((0, 0)), expected, atol=6)  # HSV is rounded to bytes


def test_grey_has_no_hue_and_a_full_turn_changes_nothing() -> None:
    assert shift_hue(flat((90, 90, 90)), 0.3).getpixel((0, 0)) == (90, 90, 90)
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 256, (5, 5, 3), dtype=np.uint8))
    assert shift_hue(noise, 1.0).tobytes() == shift_hue(noise, 0.0).tobytes() == noise.tobytes()


def test_strength_zero_changes_nothing() -> None:
    for seed in range(10):
        photo = flat((200, 30, 60))
        assert jitter_colours(photo, 0.0, np.random.default_rng(seed)).tobytes() == photo.tobytes()


def test_brightness_of_grey_stays_within_its_range() -> None:
    # grey has no hue and no saturation, and a flat photo no contrast: what is left is brightness, times 0.6 to 1.4
    levels = [
        jitter_colours(flat((100, 100, 100)), 0.5, np.random.default_rng(seed)).getpixel((0, 0)) for seed in range(300)
    ]
    assert all(red == green == blue for red, green, blue in levels)
    reds = [red for red, _, _ in levels]
    assert 59 <= min(reds) < 66
    assert 134 < max(reds) <= 141


def test_as_much_is_drawn_whatever_comes_of_it() -> None:
    after = set()
    for strength in (0.0, 0.3, 1.0):
        random = np.random.default_rng(11)
        jitter_colours(flat((100, 50, 20)), strength, random)
        after.add(random.random())
    assert len(after) == 1
