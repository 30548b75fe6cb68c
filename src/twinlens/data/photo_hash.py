"""Difference hash: 256 bits that recognize a photo after scaling, recompression and brightening.

The signs of the brightness differences between neighbouring pixels of a 17 × 16 picture, as in Krawetz's
dHash, whose usual 64 bits are too few: on Flickr8k, different photos differ in as few as 2 of them.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from twinlens.data.guarded.photos import open_guarded
from twinlens.errors import PhotoError
from twinlens.types import PhotoHash, PhotoHashes

COLUMNS, ROWS = 17, 16
FLAT_RANGE = 20  # of 255; below this the hash would be noise. The flattest photo of Flickr8k has 35
OPENED_SIDE = 32


def photo_hash(image: Image.Image) -> PhotoHash | None:
    """The hash of an upright photo; None if it has too little contrast."""
    small = image.convert("L").resize((COLUMNS, ROWS), Image.Resampling.BOX)
    grey = np.asarray(small, dtype=np.int16)  # [16, 17]
    if int(grey.max()) - int(grey.min()) < FLAT_RANGE:
        return None
    return np.packbits(grey[:, 1:] > grey[:, :-1]).view(np.uint64)


def hash_file(source: Path | bytes) -> PhotoHash | None:
    """The hash of a photo file, or of its content; None if it cannot be read or has too little contrast."""
    try:
        return photo_hash(open_guarded(source, min_side=OPENED_SIDE).image)
    except PhotoError:  # whoever embeds the photo reports it
        return None


def differing_bits(some: PhotoHashes, others: PhotoHashes) -> NDArray[np.int64]:
    """[N, M], the number of bits of 256 in which each of N hashes differs from each of M."""
    bits: NDArray[np.int64] = np.bitwise_count(some[:, None] ^ others[None]).sum(axis=2, dtype=np.int64)
    return bits
