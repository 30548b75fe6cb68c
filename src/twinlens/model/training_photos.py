"""The photos that a model was trained on, as a list of hashes in its bundle or run folder."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from twinlens.errors import BundleError
from twinlens.types import PhotoHash, PhotoHashes
from twinlens.whole_file import whole_file

TRAINING_PHOTOS = "training_photos.npy"
"""[N, 4] uint64: 32 bytes a photo, from which no photo can be restored."""


def save_training_photos(path: Path, hashes: Iterable[PhotoHash | None]) -> None:
    """Writes the file atomically; photos without a hash are left out."""
    known = [own for own in hashes if own is not None]
    rows = np.array(known, dtype="<u8").reshape(-1, 4)
    with whole_file(path) as place, place.open("wb") as file:
        np.save(file, rows, allow_pickle=False)


def load_training_photos(path: Path) -> PhotoHashes:
    """Reads the file.

    Raises:
        BundleError: it cannot be read, or is not [N, 4] uint64.
    """
    try:
        rows = np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise BundleError(f"{path} cannot be read ({error}); get the bundle again") from error
    if rows.ndim != 2 or rows.shape[1] != 4 or rows.dtype != np.dtype("<u8"):
        raise BundleError(f"{path} must be [N, 4] uint64, got {list(rows.shape)} {rows.dtype}; get the bundle again")
    hashes: PhotoHashes = rows.astype(np.uint64)
    return hashes
