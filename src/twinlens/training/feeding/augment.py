"""Augmentation of photos and captions: random changes that keep their meaning."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from twinlens.training.feeding.colour_jitter import jitter_colours
from twinlens.training.feeding.rand_augment import MAX_MAGNITUDE, OPERATIONS, rand_augment
from twinlens.types import Pixels

CROP_SHAPES = (3 / 4, 4 / 3)  # aspect ratio (width : height) as in Inception
CROP_TRIES = 10
_SIDES = re.compile(r"\b(left|right)(-?hand(ed)?|-?most|wards?|-?side)?\b|clockwise\b", re.IGNORECASE)


@dataclass(frozen=True)
class Augmentation:
    """Random changes of prepared pixels. The result depends only on pixels and seed.

    Attributes:
        random_resized_crop: smallest and largest share of the area that a crop keeps (Szegedy et al. 2015,
            "Going Deeper with Convolutions"); crops are resized to the original size. None = no cropping.
        flip: probability of a horizontal flip.
        colour_jitter: strength of SimCLR's change of brightness, contrast, saturation and hue, from 0 to 1.
            Hue changes colour names: use small values if captions mention colours.
        rand_augment: number of RandAugment operations and their magnitude (0 to 10).

    Raises:
        ValueError: an option is out of range.
    """

    random_resized_crop: tuple[float, float] | None = (0.8, 1.0)
    flip: float = 0.5
    colour_jitter: float = 0.0
    rand_augment: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        if self.random_resized_crop and not 0 < self.random_resized_crop[0] <= self.random_resized_crop[1] <= 1:
            raise ValueError(
                "random_resized_crop is the smallest and the largest share of the area, above 0 and up to 1, "
                f"but {self.random_resized_crop} was given"
            )
        for name, value in (("flip", self.flip), ("colour_jitter", self.colour_jitter)):
            if not 0 <= value <= 1:
                raise ValueError(f"{name} is a number from 0 to 1, but {value} was given")
        if self.rand_augment and not (self.rand_augment[0] >= 0 and 0 <= self.rand_augment[1] <= MAX_MAGNITUDE):
            raise ValueError(
                f"rand_augment is a number of operations (of {len(OPERATIONS)}, with repetition) and a magnitude "
                f"from 0 to {MAX_MAGNITUDE}, but {self.rand_augment} was given"
            )

    def __call__(self, pixels: Pixels, seed: int, *, may_flip: bool = True) -> Pixels:
        """[H, W, 3] uint8 from [H, W, 3] uint8.

        Args:
            pixels: one prepared photo; not modified.
            seed: of all random choices; not negative.
            may_flip: false if a caption ``mentions_side``; other changes do not depend on it.
        """
        random = np.random.default_rng(seed)
        image = Image.fromarray(pixels)
        if self.random_resized_crop:
            image = _crop(image, self.random_resized_crop, random)
        if random.random() < self.flip and may_flip:
            image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        if self.rand_augment:
            image = rand_augment(image, *self.rand_augment, random)
        if self.colour_jitter:
            image = jitter_colours(image, self.colour_jitter, random)
        return np.array(image)


def mentions_side(caption: str) -> bool:
    """Whether an English caption mentions left or right, so that its photo should not be flipped.

    Has false positives: "she left the room" counts too.

    >>> [mentions_side(text) for text in ("a dog on the left", "right-hand traffic", "a bright upright lamp")]
    [True, True, False]
    """
    return bool(_SIDES.search(caption))


def drop_words(ids: Sequence[int], special: frozenset[int], share: float, seed: int) -> list[int]:
    """Word dropout (Iyyer et al. 2015): removes tokens of a caption at random.

    Args:
        ids: a caption's token ids.
        special: ids that are never dropped (start, end, padding).
        share: probability of dropping a token, from 0 to 1; at least one is kept.
        seed: of the random choice; not negative.

    Raises:
        ValueError: the share is not from 0 to 1.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"the share of words to drop must be from 0 to 1, got {share}")
    random = np.random.default_rng(seed)
    words = [place for place, token in enumerate(ids) if token not in special]
    dropped = {place for place, draw in zip(words, random.random(len(words)), strict=True) if draw < share}
    if words and len(dropped) == len(words):
        dropped.remove(words[random.integers(len(words))])
    return [token for place, token in enumerate(ids) if place not in dropped]


def _crop(image: Image.Image, area: tuple[float, float], random: np.random.Generator) -> Image.Image:
    """A random crop, resized to the photo's size; the whole photo if no random crop fits."""
    for _ in range(CROP_TRIES):
        share = random.uniform(*area)
        shape = math.exp(random.uniform(math.log(CROP_SHAPES[0]), math.log(CROP_SHAPES[1])))
        width = math.sqrt(share * image.width * image.height * shape)
        height = width / shape
        if width <= image.width and height <= image.height:
            left, top = random.uniform(0, image.width - width), random.uniform(0, image.height - height)
            return image.resize(image.size, Image.Resampling.BICUBIC, box=(left, top, left + width, top + height))
    return image
