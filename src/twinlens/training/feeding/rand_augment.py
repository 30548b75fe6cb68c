"""RandAugment: random operations, all with the same magnitude.

Cubuk et al. 2020, "RandAugment: Practical Automated Data Augmentation with a Reduced Search Space";
the ranges are AutoAugment's. Magnitude 0 leaves a photo unchanged, except for the two operations without magnitude.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

MAX_MAGNITUDE = 10
MAX_DEGREES = 30
MAX_SHEAR = 0.3
MAX_SHIFT = 150 / 331  # of a side: AutoAugment shifts photos of 331 pixels by up to 150
MAX_ENHANCEMENT = 0.9
MAX_BITS_LOST = 4
FILL = (128, 128, 128)

Operation = Callable[[Image.Image, float], Image.Image]
"""Changes an RGB photo with a strength in [−1, 1]; operations without direction ignore the sign."""


def rand_augment(image: Image.Image, count: int, magnitude: int, random: np.random.Generator) -> Image.Image:
    """Applies ``count`` random operations (with repetition), each in a random direction.

    Args:
        image: RGB.
        count: number of operations.
        magnitude: of each operation, 0 to 10.
        random: source of randomness.
    """
    operations = list(OPERATIONS.values())
    for number, sign in zip(
        random.integers(len(operations), size=count), random.choice([-1, 1], size=count), strict=True
    ):
        image = operations[number](image, float(sign) * magnitude / MAX_MAGNITUDE)
    return image


def _enhanced(enhancer: Callable[[Image.Image], Any]) -> Operation:
    return lambda image, strength: enhancer(image).enhance(1 + MAX_ENHANCEMENT * strength)


def _rotated(image: Image.Image, strength: float) -> Image.Image:
    return image.rotate(MAX_DEGREES * strength, Image.Resampling.BILINEAR, fillcolor=FILL)


def _solarized(image: Image.Image, strength: float) -> Image.Image:
    return ImageOps.solarize(image, threshold=round(256 * (1 - abs(strength))))


def _posterized(image: Image.Image, strength: float) -> Image.Image:
    return ImageOps.posterize(image, 8 - round(MAX_BITS_LOST * abs(strength)))


def _moved(image: Image.Image, *matrix: float) -> Image.Image:
    """Output pixel (x, y) comes from (a x + b y + c, d x + e y + f)."""
    return image.transform(image.size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR, fillcolor=FILL)


OPERATIONS: dict[str, Operation] = {
    "identity": lambda image, _: image,
    "auto_contrast": lambda image, _: ImageOps.autocontrast(image),
    "equalize": lambda image, _: ImageOps.equalize(image),
    "rotate": _rotated,
    "solarize": _solarized,
    "color": _enhanced(ImageEnhance.Color),
    "posterize": _posterized,
    "contrast": _enhanced(ImageEnhance.Contrast),
    "brightness": _enhanced(ImageEnhance.Brightness),
    "sharpness": _enhanced(ImageEnhance.Sharpness),
    "shear_x": lambda image, strength: _moved(image, 1, MAX_SHEAR * strength, 0, 0, 1, 0),
    "shear_y": lambda image, strength: _moved(image, 1, 0, 0, MAX_SHEAR * strength, 1, 0),
    "translate_x": lambda image, strength: _moved(image, 1, 0, round(MAX_SHIFT * strength * image.width), 0, 1, 0),
    "translate_y": lambda image, strength: _moved(image, 1, 0, 0, 0, 1, round(MAX_SHIFT * strength * image.height)),
}
