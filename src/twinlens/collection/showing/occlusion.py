"""Occlusion: how the embedding of a photo changes when parts of it are covered; for any dual encoder.

Zeiler and Fergus, Visualizing and Understanding Convolutional Networks, 2014.
"""

import numpy as np
from PIL import Image

from twinlens.protocols import DualEncoder
from twinlens.types import Grids

CELLS = 7  # a side; docs/quality.md compares sizes and covers
PASSES = CELLS**2  # photos that go through the image tower for one map
BATCH = 16  # of covered copies, so that large towers need little memory


def cover_cells(encoder: DualEncoder, image: Image.Image) -> Grids:
    """[CELLS, CELLS, D], minus the embedding of the photo with one cell covered by the photo's mean colour.

    ``cell · query`` is how much the score drops without the cell, but for a number that all cells share.

    Args:
        encoder: any.
        image: RGB, upright; covered as the model sees it.
    """
    pixels = encoder.prepare(image)
    mean = pixels.mean(axis=(0, 1)).round().astype(np.uint8)
    rows, columns = (np.linspace(0, side, CELLS + 1).round().astype(int) for side in pixels.shape[:2])
    embeddings = []
    for numbers in np.array_split(np.arange(PASSES), -(-PASSES // BATCH)):
        copies = np.repeat(pixels[None], len(numbers), axis=0)
        for copy, row, column in zip(copies, *np.divmod(numbers, CELLS), strict=True):
            copy[rows[row] : rows[row + 1], columns[column] : columns[column + 1]] = mean
        embeddings.append(encoder.encode_pixels(copies).embeddings)
    return -np.concatenate(embeddings).reshape(CELLS, CELLS, -1)
