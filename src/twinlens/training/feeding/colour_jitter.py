"""Colour jitter, as in SimCLR: brightness, contrast, saturation and hue of a photo.

Chen et al. 2020, "A Simple Framework for Contrastive Learning of Visual Representations", appendix A.
"""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageEnhance

APPLIED = 0.8  # share of photos that change at all
FACTOR_RANGE = 0.8  # at strength 1 brightness, contrast and saturation are times 0.2 to 1.8
HUE_RANGE = 0.2  # at strength 1, of the colour circle, both ways


def jitter_colours(image: Image.Image, strength: float, random: np.random.Generator) -> Image.Image:
    """An RGB photo with its colours changed, or unchanged for one of five.

    Args:
        image: RGB.
        strength: 0 changes nothing, 1 is SimCLR's for ImageNet.
        random: source of randomness; as much is drawn whatever comes of it.
    """
    applied = random.random() < APPLIED
    reach = FACTOR_RANGE * strength
    brightness, contrast, saturation = random.uniform(1 - reach, 1 + reach, size=3).tolist()
    turn = random.uniform(-HUE_RANGE * strength, HUE_RANGE * strength)
    changes: list[Callable[[Image.Image], Image.Image]] = [
        lambda photo: ImageEnhance.Brightness(photo).enhance(brightness),
        lambda photo: ImageEnhance.Contrast(photo).enhance(contrast),
        lambda photo: ImageEnhance.Color(photo).enhance(saturation),
        lambda photo: turn_hue(photo, turn),
    ]
    for number in random.permutation(len(changes)) if applied else ():
        image = changes[number](image)
    return image


def turn_hue(image: Image.Image, turn: float) -> Image.Image:
    """The colours of an RGB photo moved along the colour circle, 1.0 being once around."""
    steps = round(turn * 256) % 256
    if steps == 0:  # HSV in bytes would round the colours
        return image
    hue, saturation, value = image.convert("HSV").split()
    turned = hue.point([(level + steps) % 256 for level in range(256)])
    return Image.merge("HSV", (turned, saturation, value)).convert("RGB")
