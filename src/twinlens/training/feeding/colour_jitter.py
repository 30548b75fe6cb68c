"""Colour jitter as in SimCLR: random brightness, contrast, saturation and hue.

Chen et al. 2020, "A Simple Framework for Contrastive Learning of Visual Representations", appendix A.
"""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageEnhance

APPLIED = 0.8  # probability that a photo is changed
FACTOR_RANGE = 0.8  # at strength 1, brightness, contrast and saturation are multiplied by 0.2 to 1.8
HUE_RANGE = 0.2  # at strength 1, largest shift on the colour circle in either direction


def jitter_colours(image: Image.Image, strength: float, random: np.random.Generator) -> Image.Image:
    """Changes the colours of a photo, with probability 0.8.

    Args:
        image: RGB.
        strength: 0 changes nothing, 1 is SimCLR's setting for ImageNet.
        random: source of randomness; the number of draws is always the same.
    """
    applied = random.random() < APPLIED
    reach = FACTOR_RANGE * strength
    brightness, contrast, saturation = random.uniform(1 - reach, 1 + reach, size=3).tolist()
    turn = random.uniform(-HUE_RANGE * strength, HUE_RANGE * strength)
    changes: list[Callable[[Image.Image], Image.Image]] = [
        lambda photo: ImageEnhance.Brightness(photo).enhance(brightness),
        lambda photo: ImageEnhance.Contrast(photo).enhance(contrast),
        lambda photo: ImageEnhance.Color(photo).enhance(saturation),
        lambda photo: shift_hue(photo, turn),
    ]
    for number in random.permutation(len(changes)) if applied else ():
        image = changes[number](image)
    return image


def shift_hue(image: Image.Image, turn: float) -> Image.Image:
    """Shifts the hue of an RGB photo; 1.0 is a full turn of the colour circle."""
    steps = round(turn * 256) % 256
    if steps == 0:  # conversion to 8-bit HSV and back would round the colours
        return image
    hue, saturation, value = image.convert("HSV").split()
    turned = hue.point([(level + steps) % 256 for level in range(256)])
    return Image.merge("HSV", (turned, saturation, value)).convert("RGB")
