"""Difference hash: 256 bits that recognize a photo after scaling, recompression and brightening.

The signs of the brightness differences between neighbouring pixels of a 17 × 16 picture, as in Krawetz's
dHash, whose usual 64 bits are too few: on Flickr8k, different photos differ in as few as 2 of them.
"""

from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from twinlens.data.guarded.photos import open_guarded
from twinlens.embedding.local import map_ahead
from twinlens.errors import PhotoError

COLUMNS, ROWS = 17, 16
FLAT_RANGE = 20  # of 255; below this the hash would be noise. The flattest photo of Flickr8k has 35
OPENED_SIDE = 32
REPORTED_EVERY = 64

PhotoHash: TypeAlias = NDArray[np.uint64]
"""[4], 256 bits."""


def photo_hash(image: Image.Image) -> PhotoHash | None:
    """The hash of an upright photo; None if it has too little contrast."""
    small = image.convert("L").resize((COLUMNS, ROWS), Image.Resampling.BOX)
    grey = np.asarray(small, dtype=np.int16)  # [16, 17]
    if int(grey.max()) - int(grey.min()) < FLAT_RANGE:
        return None
    return np.packbits(grey[:, 1:] > grey[:, :-1]).view(np.uint64)


def hash_photos(
    paths: Sequence[Path], *, on_progress: Callable[[int, int], None] | None = None
) -> list[PhotoHash | None]:
    """The hash of each photo file; None if it cannot be read or has too little contrast.

    Args:
        paths: photo files.
        on_progress: called with the number of photos done and the total.
    """
    hashes: list[PhotoHash | None] = []
    hashed = map_ahead(_hash_file, paths)
    while chunk := list(islice(hashed, REPORTED_EVERY)):
        hashes += [found for _, found in chunk]
        if on_progress:
            on_progress(len(hashes), len(paths))
    return hashes


def _hash_file(path: Path) -> PhotoHash | None:
    try:
        return photo_hash(open_guarded(path, min_side=OPENED_SIDE).image)
    except PhotoError:  # the survey reports photos that cannot be read
        return None
