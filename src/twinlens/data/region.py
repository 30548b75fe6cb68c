"""A region of a photo: the part of the upright picture that a search goes by."""

import re
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

from PIL import Image

from twinlens.data.video.names import is_video
from twinlens.errors import QueryError, RegionError

Unit: TypeAlias = Literal["fraction", "percent", "pixel"]
LEAST_PX = 8  # of a side; less shows nothing
OVERSHOOT = 0.01  # of a side: what is drawn by hand may end a little outside
WANTED = (
    "a region is x,y,width,height from the upper left corner, as fractions (0.1,0.2,0.5,0.5), "
    "in per cent (10%,20%,50%,50%) or in pixels (120,80,400,300); of a video, @ and a time in seconds may follow"
)
_NUMBER = re.compile(r"\s*(\d{1,9}(?:\.\d*)?|\.\d+)\s*(%?)\s*", re.ASCII)


class Region(NamedTuple):
    """A part of a photo, from its upper left corner, once it stands upright; of a video, at a time in seconds."""

    x: float
    y: float
    width: float
    height: float
    unit: Unit = "fraction"
    at_s: float | None = None

    def __str__(self) -> str:
        place = ",".join(f"{value:g}{'%' if self.unit == 'percent' else ''}" for value in self[:4])
        return place if self.at_s is None else f"{place}@{self.at_s:g}"

    def at_ms(self, source: object) -> int | None:
        """The time of a video's frame; None = the one that stands for it, or no video.

        Args:
            source: the file, or the content of a picture.

        Raises:
            RegionError: there is a time, and the source is no video.
        """
        if self.at_s is None:
            return None
        if not (isinstance(source, Path) and is_video(source)):
            raise RegionError(f"the region {self} is of a moment of a video, and this is none")
        return round(1000 * self.at_s)

    def cut(self, image: Image.Image) -> Image.Image:
        """The part of a photo that was decoded in its full size.

        Raises:
            RegionError: it lies outside of the photo, or is too small.
        """
        whole = {"fraction": 1.0, "percent": 100.0}.get(self.unit)
        across, down = (1.0, 1.0) if whole is None else (image.width / whole, image.height / whole)
        left, right = self.x * across, (self.x + self.width) * across
        top, bottom = self.y * down, (self.y + self.height) * down
        if right > image.width * (1 + OVERSHOOT) or bottom > image.height * (1 + OVERSHOOT):
            raise RegionError(f"the region {self} ends outside of it: it has {image.width} × {image.height} pixels")
        box = (round(left), round(top), min(round(right), image.width), min(round(bottom), image.height))
        width, height = box[2] - box[0], box[3] - box[1]
        if min(width, height) < LEAST_PX:
            size = f"{max(width, 0)} × {max(height, 0)} pixels"
            raise RegionError(f"the region {self} has only {size}, at least {LEAST_PX} × {LEAST_PX} are needed")
        return image.crop(box)


def parse_region(text: str) -> Region:
    """A region as it is written; numbers of at most 1 are fractions, and what follows an @ is a time of a video.

    Raises:
        QueryError: it is no region, or none of a photo of any size.

    >>> str(parse_region("10%, 20%, 50%, 50%")), parse_region("0,0,0.5,1").unit, parse_region("0,0,400,300").unit
    ('10%,20%,50%,50%', 'fraction', 'pixel')
    """
    place, at, time = text.partition("@")
    found, seconds = [_NUMBER.fullmatch(part) for part in place.split(",")], _NUMBER.fullmatch(time)
    signs = {match[2] for match in found if match}
    if len(found) != 4 or not all(found) or len(signs) != 1 or (at and (seconds is None or seconds[2])):
        raise QueryError(f"{WANTED}; got {text!r}")
    x, y, width, height = (float(match[1]) for match in found if match)
    unit: Unit = "percent" if signs == {"%"} else "fraction" if max(x, y, width, height) <= 1 else "pixel"
    if not width or not height:
        raise QueryError(f"the region {text!r} is empty: its width and height must be more than 0")
    most = {"fraction": 1.0, "percent": 100.0}.get(unit)
    if most is not None and max(x + width, y + height) > most * (1 + OVERSHOOT):
        raise QueryError(
            f"the region {text!r} ends outside of the photo: x + width and y + height are at most {most:g}"
        )
    return Region(x, y, width, height, unit, float(seconds[1]) if at and seconds else None)
