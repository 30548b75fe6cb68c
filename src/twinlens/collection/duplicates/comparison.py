"""The evidence that two photos are copies, an original and its edited copy, or shots of one series."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from twinlens.collection.duplicates.candidates import Buckets, Places
from twinlens.collection.duplicates.found import Kind
from twinlens.collection.likeness.near_copies import ReadVectors
from twinlens.collection.likeness.series import EDITED_LIKENESS, SERIES_LIKENESS, SERIES_S
from twinlens.data.photo_hash import differing_bits
from twinlens.relevance.near_copy import CROPPED_BITS, are_copies_by_hash
from twinlens.types import Ids, PhotoHash, PhotoHashes


class Evidence(NamedTuple):
    """Why a photo is like another one."""

    kind: Kind
    figures: dict[str, float]


@dataclass(frozen=True, eq=False)
class Hashes:
    """Hashes of some photos' pictures, by their places in a list.

    Attributes:
        bits: [N], zeros where there is no hash.
        known: [N].
    """

    bits: PhotoHashes
    known: NDArray[np.bool_]

    @classmethod
    def of(cls, found: Mapping[int, PhotoHash | None], total: int) -> Self:
        """From those that were found, by place."""
        bits, known = np.zeros((total, 4), dtype=np.uint64), np.zeros(total, dtype=np.bool_)
        for place, one in found.items():
            if one is not None:
                bits[place], known[place] = one, True
        return cls(bits, known)

    def differing(self, place: int, others: Places) -> NDArray[np.int64]:
        """[M], in how many bits of 256 each differs from one; 256 where it is not known."""
        both = self.known[others] & self.known[place]
        return np.where(both, differing_bits(self.bits[place][None], self.bits[others])[0], 256)


@dataclass(frozen=True, eq=False)
class Comparison:
    """Compares photos, given by their places in a list.

    Attributes:
        ids: [N], the catalog's keys, ascending.
        shot_s: [N], see ``candidates.moments``.
        rolls: [N], see ``candidates.rolls``.
        hashes: of those that may be near copies.
        buckets: what is worth comparing, by kind: "edited", "near" and "series", or some of them.
        read: vectors by id; all these photos have features.
    """

    ids: Ids
    shot_s: NDArray[np.float64]
    rolls: NDArray[np.int64]
    hashes: Hashes
    buckets: Mapping[Kind, Buckets]
    read: ReadVectors

    def of(self, best: int, free: NDArray[np.bool_]) -> dict[int, Evidence]:
        """Evidence of the photos that are like one, among those that are free."""
        likely = {kind: self._likely(kind, best, bucket.of(best), free) for kind, bucket in self.buckets.items()}
        others = sorted({int(place) for places in likely.values() for place in places})
        if not others:
            return {}
        both = np.array(sorted([*others, best]))
        vectors, own = self.read(self.ids[both]), int(np.searchsorted(both, best))
        alike, cosines = (dict(zip(both.tolist(), (space @ space[own]).tolist(), strict=True)) for space in vectors)
        told = {
            other: self._evidence([kind for kind in likely if other in likely[kind]], best, other, alike, cosines)
            for other in others
        }
        return {other: evidence for other, evidence in told.items() if evidence is not None}

    def _likely(self, kind: Kind, best: int, bucket: Places, free: NDArray[np.bool_]) -> Places:
        others = bucket[free[bucket] & (bucket != best)]
        apart = np.abs(self.shot_s[others] - self.shot_s[best])
        # a copy keeps the moment of its original: two moments are two shots
        is_likely = apart <= SERIES_S if kind == "series" else ~(apart > 0)
        if kind == "near":
            is_likely &= self.hashes.differing(best, others) <= CROPPED_BITS
            is_likely &= ~((apart == 0) & (self.rolls[others] == self.rolls[best]))  # several shots in a second
        likely: Places = others[is_likely]
        return likely

    def _evidence(
        self, kinds: Sequence[Kind], best: int, other: int, alike: Mapping[int, float], cosines: Mapping[int, float]
    ) -> Evidence | None:
        """Of the first kind that holds."""
        figures = {"likeness": round(alike[other], 3)}
        for kind in kinds:
            if kind == "edited" and alike[other] >= EDITED_LIKENESS:
                return Evidence(kind, figures)
            if kind == "near":
                bits = self.hashes.differing(best, np.array([other]))
                if are_copies_by_hash(bits, np.array([cosines[other]]))[0]:
                    return Evidence(kind, {"bits": int(bits[0]), **figures})
            if kind == "series" and alike[other] >= SERIES_LIKENESS:
                return Evidence(kind, {"seconds": float(abs(self.shot_s[other] - self.shot_s[best])), **figures})
        return None
