"""Match map: where in a photo the query matches, drawn over the photo."""

from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps
from PIL.PngImagePlugin import PngInfo

from twinlens.errors import QueryError
from twinlens.types import Box, Embeddings, Grids
from twinlens.whole_file import whole_file

DIMMED = 0.25  # brightness of regions that do not match: still recognizable
ROUNDING = 1e-5  # of a score: a photo of one colour has no map, although its copies are not equal bit for bit
MARK = "twinlens match map"  # in every map, so that other files are never overwritten


def match_map(query: Embeddings, grid: Grids) -> NDArray[np.float32]:
    """[rows, columns] in [0, 1]: how much the score increases with a cell's weight; 1 is the strongest cell.

    The embedding is the normalized mean of the cells, so the score is
    cos(sum of cells, query), and its derivative with respect to a cell's weight is

        cell · (query - score · embedding) / |sum of cells|

    It sums to 0 over the photo; negative values are clipped to 0. A cell's plain share of the
    score, cell · query / |sum|, localizes less well, because it includes what all cells
    have in common.

    Args:
        query: [D], length 1.
        grid: [rows, columns, D], of ``OnnxDualEncoder.encode_grid``.

    >>> match_map(np.array([1.0, 0.0]), np.array([[[3.0, 0.0], [0.0, 1.0], [0.0, 2.0]]]))
    array([[1., 0., 0.]], dtype=float32)
    """
    total = grid.sum(axis=(0, 1))
    embedding = total / max(float(np.linalg.norm(total)), 1e-12)
    gains = np.asarray(grid @ (query - (query @ embedding) * embedding), dtype=np.float32)
    return _from_0_to_1(gains)


def occlusion_map(query: Embeddings, drops: Grids) -> NDArray[np.float32]:
    """[rows, columns] in [0, 1]: how much more than a mean cell each lowers the score when it is covered.

    Args:
        query: [D], length 1.
        drops: [rows, columns, D], of ``occlusion.cover_cells``.

    >>> occlusion_map(np.array([1.0, 0.0]), np.array([[[0.6, 0.0], [0.2, 0.1], [-0.2, 0.3]]]))
    array([[1., 0., 0.]], dtype=float32)
    """
    gains = np.asarray(drops @ query, dtype=np.float32)
    gains -= gains.mean()
    return _from_0_to_1(np.where(gains > ROUNDING, gains, np.float32(0)))


def spread(relevance: NDArray[np.float32], size: tuple[int, int], *, box: Box | None = None) -> NDArray[np.float32]:
    """A match map scaled smoothly to a photo: [H, W] in [0, 1].

    Args:
        relevance: [rows, columns] of ``match_map`` or ``occlusion_map``.
        size: W and H of the photo, pixels.
        box: the part of the photo that the model sees, pixels (``Preprocessing.seen_box``);
            None = all. The rest is 0.
    """
    left, top, right, bottom = (round(edge) for edge in box or (0, 0, *size))
    cells = Image.fromarray(relevance.astype(np.float32))
    drawn = cells.resize((right - left, bottom - top), Image.Resampling.BICUBIC)
    heat = np.zeros((size[1], size[0]), dtype=np.float32)
    heat[top:bottom, left:right] = np.asarray(drawn)
    return _from_0_to_1(heat)


def peak(heat: NDArray[np.float32]) -> tuple[float, float]:
    """Position of the maximum of a map [H, W], from left and top, as fractions of width and height."""
    row, column = np.unravel_index(int(heat.argmax()), heat.shape)
    return (float(column) + 0.5) / heat.shape[1], (float(row) + 0.5) / heat.shape[0]


def draw_match_map(photo: Image.Image, heat: NDArray[np.float32]) -> Image.Image:
    """The photo, dark and grey where the query does not match.

    Brightness instead of colours: a red map is invisible on a red coat, and to colour-blind people.

    Args:
        photo: RGB, upright.
        heat: [H, W], from ``spread`` with the photo's size.
    """
    grey = ImageOps.grayscale(photo).convert("RGB").point(lambda value: int(DIMMED * value))
    return Image.composite(photo, grey, Image.fromarray(np.rint(255 * heat).astype(np.uint8)))


def write_match_map(picture: Image.Image, path: Path, *, how: str) -> None:
    """Writes a map as PNG, with how it was made in its description; an existing map is replaced, other files are not.

    Raises:
        QueryError: unsupported file extension, another file is there, or the file cannot be written.
    """
    check_map_path(path)
    try:
        with whole_file(path) as place:
            save_match_map(picture, place, how=how)
    except OSError as error:
        raise QueryError(f"{path} cannot be written: {error.strerror or error}") from error


def save_match_map(picture: Image.Image, target: Path | IO[bytes], *, how: str) -> None:
    """Saves a map as PNG, with how it was made in its description."""
    note = PngInfo()
    note.add_text("Software", MARK)
    note.add_text("Description", how)
    picture.save(target, "PNG", pnginfo=note)


def check_map_path(path: Path) -> None:
    """Checks that a map can be written here.

    Raises:
        QueryError: the extension is not .png, or another file is there.
    """
    if path.suffix.lower() != ".png":
        raise QueryError(f"the match map must end in .png, got {path.name!r}")
    try:
        with path.open("rb") as file:
            is_map = MARK.encode() in file.read(4096)
    except FileNotFoundError:
        return
    except OSError as error:
        raise QueryError(f"{path} cannot be written: {error.strerror or error}") from error
    if not is_map:
        raise QueryError(f"{path} already exists and is not a match map; choose another name")


def _from_0_to_1(values: NDArray[np.float32]) -> NDArray[np.float32]:
    positive = np.maximum(values, 0, dtype=np.float32)
    highest = positive.max()
    scaled: NDArray[np.float32] = positive / highest if highest > 0 else positive
    return scaled
