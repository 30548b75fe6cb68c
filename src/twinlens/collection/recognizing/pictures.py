"""A photo as a text recognizer gets it: upright, of a size that it can read, long ones in parts."""

from collections.abc import Iterator

from PIL import Image

SHORT_SIDE, LONG_SIDE = 960, 1280  # pixels of a part: an A4 page of 60 lines was read as well as with more
OVERLAP = 80  # pixels that two parts share, so that one of them has each line whole
MOST_PARTS = 12  # of a screenshot of a long page, or a panorama


def parts_to_read(image: Image.Image) -> list[Image.Image]:
    """The picture, or its parts along the longer side if it is much longer than wide.

    Args:
        image: in any size; it is reduced, never enlarged.
    """
    short, long = sorted(image.size)
    scale = min(1.0, SHORT_SIDE / short)
    if long * scale <= LONG_SIDE * 1.25:
        scale = min(1.0, LONG_SIDE / long)
    scale = min(scale, MOST_PARTS * (LONG_SIDE - OVERLAP) / long)
    if scale < 1.0:
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        image = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    return list(_cut(image))


def _cut(image: Image.Image) -> Iterator[Image.Image]:
    length, is_upright = max(image.size), image.height >= image.width
    if length <= LONG_SIDE * 1.25:
        yield image
        return
    count = -(-(length - OVERLAP) // (LONG_SIDE - OVERLAP))
    step = (length - OVERLAP) / count
    for number in range(count):
        start, end = round(number * step), min(length, round((number + 1) * step) + OVERLAP)
        yield image.crop((0, start, image.width, end) if is_upright else (start, 0, end, image.height))
