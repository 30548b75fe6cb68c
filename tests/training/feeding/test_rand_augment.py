"""RandAugment's operations, each against its formula in NumPy."""

import numpy as np
import pytest
from PIL import Image

from twinlens.training.feeding.rand_augment import FILL, OPERATIONS, rand_augment

SIDE = 40
PAPER = (
    "identity auto_contrast equalize rotate solarize color posterize contrast brightness sharpness "
    "shear_x shear_y translate_x translate_y"
).split()


def noise(side: int = SIDE) -> np.ndarray:
    return np.random.default_rng(0).integers(20, 200, size=(side, side, 3), dtype=np.uint8)


def apply(name: str, pixels: np.ndarray, strength: float) -> np.ndarray:
    return np.asarray(OPERATIONS[name](Image.fromarray(pixels), strength)).astype(int)


def test_the_fourteen_operations_are_the_papers() -> None:
    assert list(OPERATIONS) == PAPER


@pytest.mark.parametrize("name", sorted(set(PAPER) - {"auto_contrast", "equalize"}))
def test_strength_zero_changes_nothing(name: str) -> None:
    assert np.array_equal(apply(name, noise(), 0.0), noise())


@pytest.mark.parametrize("name", sorted(set(PAPER) - {"identity"}))
def test_full_strength_changes_something(name: str) -> None:
    assert not np.array_equal(apply(name, noise(), 1.0), noise())


@pytest.mark.parametrize("name", ["auto_contrast", "equalize", "solarize", "posterize"])
def test_operations_without_direction_take_the_size_of_the_strength(name: str) -> None:
    assert np.array_equal(apply(name, noise(), 0.6), apply(name, noise(), -0.6))


@pytest.mark.parametrize("name", ["rotate", "color", "contrast", "brightness", "sharpness", "shear_x", "translate_y"])
def test_operations_with_direction_go_both_ways(name: str) -> None:
    assert not np.array_equal(apply(name, noise(), 0.6), apply(name, noise(), -0.6))


@pytest.mark.parametrize("strength", [0.5, 1.0])
def test_solarize_inverts_what_is_brighter_than_the_threshold(strength: float) -> None:
    pixels = noise().astype(int)
    expected = np.where(pixels < 256 * (1 - strength), pixels, 255 - pixels)
    assert np.array_equal(apply("solarize", noise(), strength), expected)


@pytest.mark.parametrize(("strength", "step"), [(0.25, 2), (0.5, 4), (1.0, 16)])
def test_posterize_keeps_the_leading_bits(strength: float, step: int) -> None:
    assert np.array_equal(apply("posterize", noise(), strength), noise().astype(int) // step * step)


@pytest.mark.parametrize("strength", [-1.0, 0.5, 1.0])
def test_enhancements_move_from_their_grey_by_one_plus_nine_tenths_of_the_strength(strength: float) -> None:
    pixels, factor = noise().astype(float), 1 + 0.9 * strength
    luma = pixels @ [0.299, 0.587, 0.114]
    greys = {"brightness": np.zeros(1), "contrast": np.array([luma.mean()]), "color": luma[..., None]}
    for name, grey in greys.items():
        expected = (grey + factor * (pixels - grey)).clip(0, 255)
        assert np.abs(apply(name, noise(), strength) - expected).max() <= 2, name


def test_auto_contrast_stretches_each_channel_to_the_full_range() -> None:
    pixels = noise().astype(float)
    least, most = pixels.min(axis=(0, 1)), pixels.max(axis=(0, 1))
    expected = (pixels - least) * 255 / (most - least)
    assert np.abs(apply("auto_contrast", noise(), 0.3) - expected).max() <= 1


def test_equalize_spreads_the_levels_evenly() -> None:
    dark = (noise(256) // 4).astype(np.uint8)  # levels from 5 to 49
    answer = apply("equalize", dark, 0.0)
    for channel in range(3):
        levels, top = dark[..., channel], dark[..., channel].max()
        for level in np.unique(levels):
            share_below = np.mean(levels < level) / np.mean(levels < top)  # 0 for the darkest, 1 for the brightest
            assert np.abs(answer[..., channel][levels == level] - 255 * share_below).max() <= 3


@pytest.mark.parametrize(("strength", "pixels_moved"), [(0.5, 9), (-1.0, -18)])
def test_translations_move_by_a_share_of_the_side_and_fill_with_grey(strength: float, pixels_moved: int) -> None:
    source = noise()
    moved = {"translate_x": apply("translate_x", source, strength)}
    moved["translate_y"] = apply("translate_y", source.transpose(1, 0, 2), strength).transpose(1, 0, 2)
    for answer in moved.values():
        for column in range(SIDE):
            origin = column + pixels_moved
            expected = source[:, origin] if 0 <= origin < SIDE else np.broadcast_to(FILL, (SIDE, 3))
            assert np.array_equal(answer[:, column], expected)


@pytest.mark.parametrize("strength", [0.5, -1.0])
def test_shears_slide_each_row_in_proportion_to_its_number(strength: float) -> None:
    columns = np.repeat(np.arange(SIDE)[None, :] * 6, SIDE, axis=0)
    ramp = np.stack([columns] * 3, axis=-1).astype(np.uint8)  # a pixel's level is six times its column
    answers = {"shear_x": apply("shear_x", ramp, strength)}
    answers["shear_y"] = apply("shear_y", ramp.transpose(1, 0, 2), strength).transpose(1, 0, 2)
    for answer in answers.values():
        for row in range(SIDE):
            origins = np.arange(SIDE) + 0.3 * strength * (row + 0.5)
            inside = (origins >= 1) & (origins <= SIDE - 2)
            assert np.abs(answer[row, inside, 0] - 6 * origins[inside]).max() <= 4


def test_rotation_turns_by_up_to_thirty_degrees_about_the_centre() -> None:
    pixels = np.zeros((101, 101, 3), dtype=np.uint8)
    pixels[48:53, 88:93] = 255  # a spot 40 pixels right of the centre
    rows, columns = np.nonzero(apply("rotate", pixels, 1.0)[..., 0] > 200)
    angle = np.degrees(np.arctan2(50 - rows.mean(), columns.mean() - 50))
    assert angle == pytest.approx(30, abs=1)
    assert np.hypot(50 - rows.mean(), columns.mean() - 50) == pytest.approx(40, abs=1)
    assert apply("rotate", pixels, 1.0)[0, 0].tolist() == list(FILL)


def test_as_many_operations_as_asked_for_follow_each_other() -> None:
    photo = Image.fromarray(noise())
    assert rand_augment(photo, 0, 10, np.random.default_rng(1)).tobytes() == photo.tobytes()
    for seed in range(20):
        twin = np.random.default_rng(seed)
        numbers, signs = twin.integers(14, size=2), twin.choice([-1, 1], size=2)
        expected = photo
        for number, sign in zip(numbers, signs, strict=True):
            expected = OPERATIONS[PAPER[number]](expected, sign * 0.7)
        assert rand_augment(photo, 2, 7, np.random.default_rng(seed)).tobytes() == expected.tobytes()
