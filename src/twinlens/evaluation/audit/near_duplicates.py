"""Near-duplicate photos across splits: copies that were scaled, recompressed, brightened or slightly cropped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinlens.data.photo_hash import COPY_BITS, differing_bits
from twinlens.types import Embeddings, PhotoHash

# 90 % of copies cropped by 3 % per side are within 61 bits, but so are 300 pairs of different photos, so the
# embeddings must be close as well.
CROPPED_BITS = 64
CROPPED_COSINE = 0.9
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

    Two photos are near duplicates if at most 30 of 256 bits differ, or at most 64 bits
    and the cosine of their embeddings is 0.9 or more.

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
        for row, column in np.argwhere(bits <= CROPPED_BITS):
            one, other, distance = own[start + row], others[column], int(bits[row, column])
            cosine = _cosine(vectors, one, other)
            if distance <= COPY_BITS or (cosine is not None and cosine >= CROPPED_COSINE):
                found.append(NearDuplicate(one, other, split_of[other], distance, cosine))
    return sorted(found, key=lambda pair: (pair.bits, pair.image_id, pair.other_id))


def _with_hash(hashes: Mapping[str, PhotoHash | None], names: Sequence[str]) -> tuple[list[str], NDArray[np.uint64]]:
    known = {name: bits for name in names if (bits := hashes[name]) is not None}
    return list(known), np.array(list(known.values()), dtype=np.uint64)


def _cosine(vectors: Mapping[str, Embeddings] | None, one: str, other: str) -> float | None:
    if vectors is None or one not in vectors or other not in vectors:
        return None
    return round(float(vectors[one] @ vectors[other]), 4)
