"""Find evaluated photos that the model was trained on, by the hashes in its bundle."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from twinlens.data.photo_hash import differing_bits
from twinlens.embedding.on_cluster import ClusterEmbedding
from twinlens.embedding.photo_hashes import hash_photos
from twinlens.protocols import DualEncoder
from twinlens.relevance.near_copy import are_copies_by_hash
from twinlens.types import PhotoHash, PhotoHashes

BLOCK_ROWS = 64  # photos compared at once with all training photos


def find_trained_on(
    encoder: DualEncoder,
    paths: Sequence[Path],
    *,
    on_progress: Callable[[int, int], None] | None = None,
    on: ClusterEmbedding | None = None,
) -> list[bool] | None:
    """For each photo, whether the model was trained on it or on a copy of it.

    A copy may be scaled, recompressed or brightened; a cropped one is not recognized, nor
    is a photo with too little contrast for a hash.

    Args:
        encoder: the model.
        paths: photo files.
        on_progress: called with the number of photos compared and the total.
        on: the machines that read the photos; None = this process.

    Returns:
        None if it is not known which photos the model was trained on.
    """
    trained = encoder.training_photos()
    if trained is None:
        return None
    hashes = (
        on.hash_photos(paths, encoder, on_progress=on_progress) if on else hash_photos(paths, on_progress=on_progress)
    )
    return are_among(hashes, trained)


def are_among(hashes: Sequence[PhotoHash | None], trained: PhotoHashes) -> list[bool]:
    """For each hash, whether a training photo is a near copy; False without a hash."""
    found = [False] * len(hashes)
    if not len(trained):
        return found
    places = [place for place, own in enumerate(hashes) if own is not None]
    rows = np.array([hashes[place] for place in places], dtype=np.uint64).reshape(-1, 4)
    for start in range(0, len(rows), BLOCK_ROWS):
        nearest = differing_bits(rows[start : start + BLOCK_ROWS], trained).min(axis=1)
        for place, is_copy in zip(places[start : start + BLOCK_ROWS], are_copies_by_hash(nearest), strict=True):
            found[place] = bool(is_copy)
    return found


def contamination_note(count: int, total: int) -> str:
    """What to tell of a result in which photos of the training set are counted.

    >>> contamination_note(300, 1000)
    'the model was trained on 300 of these 1,000 photos: the figures are too high'
    """
    return f"the model was trained on {count:,} of these {total:,} photos: the figures are too high"
