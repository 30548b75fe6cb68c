"""Hash many photo files, decoded in parallel."""

from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

from twinlens.data.photo_hash import hash_file
from twinlens.embedding.local import map_ahead
from twinlens.types import PhotoHash

REPORTED_EVERY = 64


def hash_photos(
    paths: Sequence[Path], *, on_progress: Callable[[int, int], None] | None = None
) -> list[PhotoHash | None]:
    """The hash of each photo file; None if it cannot be read or has too little contrast.

    Args:
        paths: photo files.
        on_progress: called with the number of photos done and the total.
    """
    hashes: list[PhotoHash | None] = []
    hashed = map_ahead(hash_file, paths)
    while chunk := list(islice(hashed, REPORTED_EVERY)):
        hashes += [found for _, found in chunk]
        if on_progress:
            on_progress(len(hashes), len(paths))
    return hashes
