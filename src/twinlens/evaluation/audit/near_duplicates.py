"""Near copies across splits: pairs of a photo in the audited split and one in another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinlens.data.photo_hash import differing_bits
from twinlens.relevance.near_copy import CROPPED_BITS, are_copies_by_hash
from twinlens.types import Embeddings, PhotoHash

BLOCK_ROWS = 256  # photos compared at once with all others


@dataclass(frozen=True, slots=True)
class NearDuplicate:
    """Two nearly identical photos in different splits.

    Attributes:
        image_id: id of the photo in the audited split.
        other_id: id of the other photo.
        other_split: split of the other photo.
        bits: number of differing bits, of 256.
        cosine: of their embeddings; None if they were not embedded.
    """

    image_id: str
    other_id: str
    other_split: str
    bits: int
    cosine: float | None

    def __str__(self) -> str:
        return f"{self.image_id} ≈ {self.other_split}/{self.other_id}"


def near_duplicates(
    hashes: Mapping[str, PhotoHash | None],
    split_of: Mapping[str, str],
    split: str,
    *,
    vectors: Mapping[str, Embeddings] | None = None,
) -> list[NearDuplicate]:
    """Pairs of a photo in the audited split and one in another split, nearest first.

    ``relevance.near_copy`` decides which pairs are near copies.

    Args:
        hashes: image id → hash; photos without one are left out.
        split_of: image id → split.
        split: the audited split.
        vectors: image id → unit vector [D]; None = compare photos by hash only.
    """
    own, own_bits = _with_hash(hashes, [name for name in hashes if split_of.get(name) == split])
    others, other_bits = _with_hash(hashes, [name for name in hashes if split_of.get(name, split) != split])
    found: list[NearDuplicate] = []
    if not own or not others:
        return found
    for start in range(0, len(own), BLOCK_ROWS):
        bits = differing_bits(own_bits[start : start + BLOCK_ROWS], other_bits)  # [B, N]
        near = np.argwhere(bits <= CROPPED_BITS)
        pairs = [(own[start + row], others[column]) for row, column in near]
        cosines = [_cosine(vectors, one, other) for one, other in pairs]
        distances = bits[near[:, 0], near[:, 1]]
        are_copies = are_copies_by_hash(distances, np.array(cosines, dtype=np.float64))  # None becomes NaN
        for (one, other), distance, cosine, is_copy in zip(pairs, distances, cosines, are_copies, strict=True):
            if is_copy:
                found.append(NearDuplicate(one, other, split_of[other], int(distance), cosine))
    return sorted(found, key=lambda pair: (pair.bits, pair.image_id, pair.other_id))


def _with_hash(hashes: Mapping[str, PhotoHash | None], names: Sequence[str]) -> tuple[list[str], NDArray[np.uint64]]:
    known = {name: bits for name in names if (bits := hashes[name]) is not None}
    return list(known), np.array(list(known.values()), dtype=np.uint64)


def _cosine(vectors: Mapping[str, Embeddings] | None, one: str, other: str) -> float | None:
    if vectors is None or one not in vectors or other not in vectors:
        return None
    return round(float(vectors[one] @ vectors[other]), 4)
