"""The pointing game: does the maximum of a heat map lie on the object named in the query?

Zhang et al., Top-down Neural Attention by Excitation Backprop, 2016; without their tolerance of 15 pixels.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twinlens.data.readers.json_file import read_file_name, read_json, read_text
from twinlens.errors import DataError
from twinlens.evaluation.bootstrap import Interval, middle_95, resampled_means


class ObjectBox(NamedTuple):
    """An object in a photo, and the query for it."""

    photo: str
    words: str
    box: tuple[float, float, float, float]  # left, top, right, bottom, relative to the photo's size


@dataclass(frozen=True)
class PointingReport:
    """Results in per cent, all of them means over boxes.

    Attributes:
        n_boxes: number of objects.
        n_photos: number of photos.
        pointed: share of maps whose maximum is inside the box.
        ci95: its 95 % confidence interval, by bootstrap over photos.
        heat_inside: share of a map's total that is inside the box.
        centre: ``pointed`` of a map that always points at the centre of the photo.
        random: ``pointed`` of a random point, which is the mean area of the boxes.
        missed: the boxes that were not pointed at.
    """

    n_boxes: int
    n_photos: int
    pointed: float
    ci95: Interval
    heat_inside: float
    centre: float
    random: float
    missed: tuple[ObjectBox, ...]

    def to_json(self) -> dict[str, Any]:
        """The results by name; ``missed`` as photo and words."""
        names = ("n_boxes", "n_photos", "pointed", "heat_inside", "centre", "random")
        missed = [{"photo": own.photo, "words": own.words} for own in self.missed]
        return {**{name: getattr(self, name) for name in names}, "ci95": list(self.ci95), "missed": missed}

    def __str__(self) -> str:
        low, high = self.ci95
        return (
            f"pointing game, {self.n_boxes} objects in {self.n_photos} photos: {self.pointed:.1f} % [{low:.1f}, "
            f"{high:.1f}] pointed at (centre of the photo {self.centre:.1f} %, random {self.random:.1f} %), "
            f"{self.heat_inside:.1f} % of the heat inside the box"
        )


def read_boxes(path: Path) -> list[ObjectBox]:
    """Reads ``[{"file_name": …, "words": …, "box": [left, top, right, bottom]}]``, relative to the photo's size.

    Raises:
        DataError: the file cannot be read, has no boxes, or a box is invalid.
    """
    rows = read_json(path)
    if not isinstance(rows, list) or not rows:
        raise DataError(f"{path}: expected a list of {{file_name, words, box}}, got {str(rows)[:80]}")
    boxes = []
    for number, row in enumerate(rows):
        try:
            left, top, right, bottom = map(float, row["box"])
            if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
                raise ValueError("the box is empty or not inside the photo")
            boxes.append(ObjectBox(read_file_name(row), read_text(row, "words"), (left, top, right, bottom)))
        except (TypeError, KeyError, ValueError) as error:
            wanted = "file_name, words and box [left, top, right, bottom] from 0 to 1"
            raise DataError(f"{path}, entry {number}: expected {wanted}, got {row!r:.80} ({error})") from error
    return boxes


def pointing_game(heats: Sequence[NDArray[np.float32]], boxes: Sequence[ObjectBox]) -> PointingReport:
    """Compares heat maps with boxes.

    Args:
        heats: for each box a map [H, W] of the whole photo, not negative.
        boxes: as many.

    Raises:
        DataError: there are no boxes, or the numbers of maps and boxes differ.
    """
    if not boxes or len(heats) != len(boxes):
        raise DataError(f"the pointing game needs a map for each box, got {len(heats)} maps and {len(boxes)} boxes")
    inside = [_inside(heat.shape, own.box) for heat, own in zip(heats, boxes, strict=True)]
    pointed = np.array([mask.flat[heat.argmax()] for heat, mask in zip(heats, inside, strict=True)])
    shares = [heat[mask].sum() / (heat.sum() or 1.0) for heat, mask in zip(heats, inside, strict=True)]
    areas = [(own.box[2] - own.box[0]) * (own.box[3] - own.box[1]) for own in boxes]
    middle = [own.box[0] <= 0.5 <= own.box[2] and own.box[1] <= 0.5 <= own.box[3] for own in boxes]
    _, photo_of_box = np.unique([own.photo for own in boxes], return_inverse=True)
    drawn = resampled_means(100.0 * pointed[:, None], photo_of_box.astype(np.int64))
    return PointingReport(
        n_boxes=len(boxes),
        n_photos=int(photo_of_box.max()) + 1,
        pointed=round(100 * float(pointed.mean()), 4),
        ci95=middle_95(drawn[:, 0]),
        heat_inside=round(100 * float(np.mean(shares)), 4),
        centre=round(100 * float(np.mean(middle)), 4),
        random=round(100 * float(np.mean(areas)), 4),
        missed=tuple(own for own, hit in zip(boxes, pointed, strict=True) if not hit),
    )


def _inside(shape: tuple[int, ...], box: tuple[float, float, float, float]) -> NDArray[np.bool_]:
    """[H, W], true where a pixel's centre is in the box."""
    rows, columns = ((np.arange(length) + 0.5) / length for length in shape)
    left, top, right, bottom = box
    return np.outer((top <= rows) & (rows <= bottom), (left <= columns) & (columns <= right))
