import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from PIL import Image
from pydantic import ValidationError

from twinlens.model.preprocess import Preprocessing

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
FILTERS = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}


def preprocessing(**changes: object) -> Preprocessing:
    fields = {"image_size": 32, "resize_mode": "squash", "interpolation": "bilinear", "mean": MEAN, "std": STD}
    return Preprocessing.model_validate(fields | changes)


def noise(width: int, height: int) -> Image.Image:
    pixels = np.random.default_rng(width * 1000 + height).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def waves(width: int, height: int) -> Image.Image:
    """Smooth, and far from black and white, where filters would be clipped."""
    rows, columns = np.mgrid[0:height, 0:width]
    planes = [np.sin(columns / 7), np.cos(rows / 7), np.sin((rows + 2 * columns) / 9)]
    return Image.fromarray((128 + 80 * np.stack(planes, axis=-1)).astype(np.uint8))


def normalized_by_torch(image: Image.Image) -> torch.Tensor:
    """[3, H, W] as torchvision's ToTensor and Normalize define it."""
    planes = torch.from_numpy(np.array(image)).permute(2, 0, 1).to(torch.float64) / 255
    mean, std = (torch.tensor(values, dtype=torch.float64)[:, None, None] for values in (MEAN, STD))
    return (planes - mean) / std


def model_input(settings: Preprocessing, image: Image.Image) -> torch.Tensor:
    return torch.from_numpy(settings.normalize(settings.pixels(image)[None])[0]).to(torch.float64)


class TestSquash:
    @pytest.mark.parametrize("size", [(32, 32), (640, 480), (97, 61), (61, 97), (17, 300), (300, 17), (1, 1), (8, 5)])
    @pytest.mark.parametrize("interpolation", FILTERS)
    def test_whole_photo_is_scaled_to_the_square(self, size, interpolation):
        image = noise(*size)
        wanted = normalized_by_torch(image.resize((32, 32), FILTERS[interpolation]))
        got = model_input(preprocessing(interpolation=interpolation), image)
        torch.testing.assert_close(got, wanted, atol=1e-5, rtol=0)

    def test_crop_fraction_does_not_matter(self):
        image = noise(97, 61)
        assert (preprocessing(crop_fraction=0.5).pixels(image) == preprocessing().pixels(image)).all()

    def test_photo_of_the_right_size_keeps_its_pixels(self):
        image = noise(32, 32)
        assert (preprocessing().pixels(image) == np.asarray(image)).all()


class TestCrop:
    @pytest.mark.parametrize(
        ("size", "crop_fraction", "box"),
        [
            ((64, 64), 1.0, (0, 0, 64, 64)),
            ((97, 61), 1.0, (18, 0, 79, 61)),
            ((61, 97), 1.0, (0, 18, 61, 79)),
            ((100, 61), 1.0, (19.5, 0, 80.5, 61)),
            ((640, 480), 0.5, (200, 120, 440, 360)),
            ((90, 300), 0.8, (9, 114, 81, 186)),
            ((500, 11), 0.5, (247.25, 2.75, 252.75, 8.25)),
        ],
    )
    @pytest.mark.parametrize("interpolation", FILTERS)
    def test_centre_square_worked_out_by_hand_is_scaled(self, size, crop_fraction, box, interpolation):
        image = noise(*size)
        settings = preprocessing(resize_mode="crop", crop_fraction=crop_fraction, interpolation=interpolation)
        wanted = normalized_by_torch(image.resize((32, 32), FILTERS[interpolation], box=box))
        torch.testing.assert_close(model_input(settings, image), wanted, atol=1e-5, rtol=0)

    # sizes where the scale and the margins are whole numbers, so that both roads take the same samples
    @pytest.mark.parametrize(
        ("size", "crop_fraction"),
        [((64, 64), 1.0), ((128, 64), 1.0), ((64, 128), 1.0), ((320, 64), 0.5), ((128, 128), 0.5), ((96, 240), 0.8)],
    )
    @pytest.mark.parametrize("interpolation", FILTERS)
    def test_centre_square_is_that_of_resize_then_crop(self, size, crop_fraction, interpolation):
        image, shorter = waves(*size), round(32 / crop_fraction)
        width, height = (round(side * shorter / min(size)) for side in size)
        resized = image.resize((width, height), FILTERS[interpolation])
        left, top = (width - 32) // 2, (height - 32) // 2
        wanted = np.asarray(resized.crop((left, top, left + 32, top + 32)), np.int16)
        settings = preprocessing(resize_mode="crop", crop_fraction=crop_fraction, interpolation=interpolation)
        assert np.abs(settings.pixels(image) - wanted).max() <= 1  # Pillow may take rows or columns first

    @pytest.mark.parametrize("size", [(64, 64), (97, 61), (61, 97), (301, 40), (500, 333), (33, 180), (40, 35)])
    @pytest.mark.parametrize("kept", [1.0, 0.875])
    @pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])  # the filters of published models
    def test_whole_pixel_crop_is_that_of_resize_then_crop_whatever_the_size(self, size, kept, interpolation):
        image, shorter = waves(*size), round(32 / kept)
        width, height = (int(side * shorter / min(size)) for side in size)
        left, top = (width - 32) // 2, (height - 32) // 2
        resized = image.resize((width, height), FILTERS[interpolation])
        wanted = np.asarray(resized.crop((left, top, left + 32, top + 32)), np.int16)
        settings = preprocessing(resize_mode="whole-pixel-crop", crop_fraction=kept, interpolation=interpolation)
        assert np.abs(settings.pixels(image) - wanted).max() <= 1  # Pillow may take rows or columns first

    @pytest.mark.parametrize("size", [(64, 64), (320, 128), (128, 320), (256, 64)])
    @pytest.mark.parametrize("interpolation", FILTERS)
    def test_squash_crop_is_the_centre_of_the_squashed_photo(self, size, interpolation):
        image = waves(*size)
        squashed = image.resize((64, 64), FILTERS[interpolation])
        wanted = np.asarray(squashed.crop((16, 16, 48, 48)), np.int16)
        settings = preprocessing(resize_mode="squash-crop", crop_fraction=0.5, interpolation=interpolation)
        assert settings.resized_side == 64
        assert settings.seen_box(image) == (size[0] / 4, size[1] / 4, size[0] * 0.75, size[1] * 0.75)
        assert np.abs(settings.pixels(image) - wanted).max() <= 1  # Pillow may take rows or columns first

    @pytest.mark.parametrize("size", [(97, 61), (61, 97), (33, 31), (500, 35), (35, 500), (640, 481), (20, 11)])
    @pytest.mark.parametrize("crop_fraction", [1.0, 0.875, 0.61])
    @pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
    def test_odd_sizes_are_sampled_at_the_exact_centre(self, size, crop_fraction, interpolation):
        image = waves(*size)
        settings = preprocessing(resize_mode="crop", crop_fraction=crop_fraction, interpolation=interpolation)
        square = min(size) * 32 / round(32 / crop_fraction)
        wanted = resampled(np.asarray(image, np.float64), square, KERNELS[interpolation])
        assert np.abs(settings.pixels(image) - wanted).max() < 1.5  # Pillow rounds to whole levels, twice

    @pytest.mark.parametrize("size", [(1, 500), (500, 1), (1, 1), (2, 3)])
    def test_slivers_give_the_full_square_too(self, size):
        assert preprocessing(resize_mode="crop", crop_fraction=0.5).pixels(noise(*size)).shape == (32, 32, 3)

    @pytest.mark.parametrize("size", [(200, 100), (100, 200)])
    def test_only_the_middle_of_a_long_photo_is_seen(self, size):
        image = Image.new("RGB", size, "red")
        image.paste("lime", (size[0] // 2 - 45, size[1] // 2 - 45, size[0] // 2 + 45, size[1] // 2 + 45))
        pixels = preprocessing(resize_mode="crop", crop_fraction=0.8).pixels(image)
        assert (pixels == (0, 255, 0)).all()
        assert not (preprocessing(resize_mode="crop").pixels(image) == (0, 255, 0)).all()

    def test_shorter_side_is_the_size_over_the_fraction(self):
        assert preprocessing(resize_mode="crop", image_size=224, crop_fraction=0.875).resized_side == 256
        assert preprocessing(resize_mode="crop", image_size=260).resized_side == 260
        assert preprocessing(resize_mode="squash", image_size=224, crop_fraction=0.875).resized_side == 224


def triangle(x: float) -> float:
    return max(0.0, 1.0 - abs(x))


def keys_cubic(x: float) -> float:
    x = abs(x)
    if x < 1:
        return 1.5 * x**3 - 2.5 * x**2 + 1
    return -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2 if x < 2 else 0.0


KERNELS: dict[str, tuple[Callable[[float], float], float]] = {"bilinear": (triangle, 1.0), "bicubic": (keys_cubic, 2.0)}


def sampling_matrix(length: int, square: float, kernel: tuple[Callable[[float], float], float]) -> np.ndarray:
    """[32, length] weights: an antialiased filter over the centre ``square`` of a side, as a plain loop."""
    weigh, radius = kernel
    scale, start = square / 32, (length - square) / 2
    reach = radius * max(scale, 1.0)
    weights = np.zeros((32, length))
    for row in range(32):
        centre = start + (row + 0.5) * scale
        first, last = max(0, math.floor(centre - reach + 0.5)), min(length, math.floor(centre + reach + 0.5))
        for column in range(first, last):
            weights[row, column] = weigh((column + 0.5 - centre) / max(scale, 1.0))
        weights[row] /= weights[row].sum()
    return weights


def resampled(pixels: np.ndarray, square: float, kernel: tuple[Callable[[float], float], float]) -> np.ndarray:
    """[32, 32, C]: the centre square of pixels [H, W, C], not rounded."""
    across = sampling_matrix(pixels.shape[1], square, kernel)
    down = sampling_matrix(pixels.shape[0], square, kernel)
    return np.moveaxis(down @ np.moveaxis(across @ pixels, 2, 0), 0, 2)


class TestNormalize:
    def test_batch_is_planes_of_float32_in_one_block(self):
        batch = preprocessing().normalize(np.zeros((5, 32, 32, 3), dtype=np.uint8))
        assert batch.shape == (5, 3, 32, 32)
        assert batch.dtype == np.float32
        assert batch.flags.c_contiguous

    def test_every_level_is_what_the_formula_says(self):
        levels = np.repeat(np.arange(256, dtype=np.uint8), 3).reshape(1, 16, 16, 3)
        for channel in range(3):
            wanted = (np.arange(256) / 255 - MEAN[channel]) / STD[channel]
            got = preprocessing().normalize(levels)[0, channel].ravel()
            np.testing.assert_allclose(got, wanted, atol=1e-5)

    def test_neighbours_in_a_batch_change_nothing(self):
        settings = preprocessing()
        pixels = np.stack([settings.pixels(noise(40 + number, 30)) for number in range(4)])
        together = settings.normalize(pixels)
        for number in range(4):
            assert (settings.normalize(pixels[number : number + 1])[0] == together[number]).all()

    def test_empty_batch_stays_empty(self):
        assert preprocessing().normalize(np.zeros((0, 32, 32, 3), dtype=np.uint8)).shape == (0, 3, 32, 32)


class TestManifest:
    @pytest.mark.parametrize("changes", [{}, {"resize_mode": "crop", "crop_fraction": 0.875, "std": (1.0, 0.1, 1 / 3)}])
    def test_settings_survive_the_manifest(self, changes):
        settings = preprocessing(**changes)
        assert Preprocessing.model_validate_json(settings.model_dump_json()) == settings
        assert Preprocessing.model_validate(settings.model_dump(mode="json")) == settings

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("image_size", 0),
            ("image_size", 5000),
            ("resize_mode", "stretch"),
            ("crop_fraction", 0.0),
            ("crop_fraction", 1.5),
            ("interpolation", "nearest"),
            ("mean", (0.5, 0.5)),
            ("size", 32),
        ],
    )
    def test_impossible_setting_is_refused_by_name(self, field, value):
        with pytest.raises(ValidationError, match=field):
            preprocessing(**{field: value})

    def test_settings_cannot_be_changed(self):
        with pytest.raises(ValidationError, match="frozen"):
            preprocessing().image_size = 64


def test_what_is_seen_of_a_photo_is_all_of_it_or_the_centre_square() -> None:
    photo = noise(100, 60)
    assert preprocessing().seen_box(photo) == (0, 0, 100, 60)
    assert preprocessing(resize_mode="crop").seen_box(photo) == (20, 0, 80, 60)
    left, top, right, bottom = preprocessing(resize_mode="crop", crop_fraction=0.8).seen_box(photo)
    assert (left + right, top + bottom) == pytest.approx((100, 60))
    assert right - left == pytest.approx(bottom - top) == pytest.approx(0.8 * 60)
