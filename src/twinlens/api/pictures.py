"""A picture in memory as it is shown before anything is known of it."""

import math

from PIL import Image

from twinlens.data.images import DRAFT_OVERSAMPLING, open_photo


def picture_preview(data: bytes, *, side: int) -> Image.Image:
    """The picture upright, RGB, with no side longer than ``side`` pixels.

    Raises:
        PhotoError: it cannot be read.
    """
    image = open_photo(data, min_side=math.ceil(side / DRAFT_OVERSAMPLING)).image
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    return image
