"""Groups of near copies: photos of one picture.

Each photo joins the most similar leader that is near enough, or becomes one. So groups never grow into chains, and
do not depend on a search. Comparing all photos with all others would take minutes for 100,000; short sketches of
their vectors find the few pairs that are worth comparing.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from twinlens.collection.catalog.rows import VectorDelta
from twinlens.collection.likeness.leaders import Leaders
from twinlens.relevance.near_copy import NEAR_COSINE, NEAR_LIKENESS, are_copies_by_likeness
from twinlens.types import Embeddings, Ids

SKETCH_DIM = 64
# The cosine of two sketches of vectors with cosine c has a standard deviation of about (1 - c²) / √64: 0.012 at 0.95
SKETCH_SLACK = 0.05
BLOCK = 512
LEADERS_READ = 4096  # vectors that are compared with those of a block at once, 30 MB


class Vectors(NamedTuple):
    """Vectors of the same photos in two spaces."""

    likeness: Embeddings  # [N, F]
    shared: Embeddings  # [N, D]


ReadVectors: TypeAlias = Callable[[Ids], Vectors]
"""Ascending ids, all present → their vectors."""


class Groups(NamedTuple):
    """The photos that have near copies, and what their groups are called."""

    ids: Ids  # [N], ascending
    leaders: Ids  # [N], the id of one photo of the group, which may be gone

    def without(self, ids: Ids) -> "Groups":
        """Those of no photo of some, of which the groups are known as a whole."""
        others = ~np.isin(self.ids, ids)
        return Groups(self.ids[others], self.leaders[others])

    def and_those(self, more: "Groups") -> "Groups":
        """And those of other photos."""
        ids, leaders = (np.concatenate(parts) for parts in zip(self, more, strict=True))
        order = np.argsort(ids)
        return Groups(ids[order], leaders[order])

    def keys(self, ids: Ids) -> Ids:
        """For each of [M] ids: its group's leader, or itself."""
        if not len(self.ids):
            return ids
        places = np.searchsorted(self.ids, ids).clip(max=len(self.ids) - 1)
        return np.where(self.ids[places] == ids, self.leaders[places], ids)


NO_IDS: Ids = np.empty(0, dtype=np.int64)
NO_GROUPS = Groups(NO_IDS, NO_IDS)


def groups_of(ids: Ids, leaders: Ids) -> Groups:
    """The groups of two or more, of photos [N] with their leaders [N] in any order."""
    _, place, sizes = np.unique(leaders, return_inverse=True, return_counts=True)
    order = np.argsort(ids, kind="stable")
    order = order[sizes[place][order] > 1]
    return Groups(ids[order], leaders[order])


@dataclass(frozen=True, eq=False)
class NearCopies:
    """All photos with features: their leaders, and the sketches that find leaders for new ones.

    Attributes:
        ids: [N].
        leaders: [N], one of ``ids`` each.
        sketches: [N, S], float16.
        at_least: the likeness of each photo and its leader.
    """

    ids: Ids
    leaders: Ids
    sketches: NDArray[np.float16]
    at_least: float = NEAR_LIKENESS

    @classmethod
    def none(cls, *, at_least: float = NEAR_LIKENESS) -> Self:
        """Those of no photos."""
        return cls(NO_IDS, NO_IDS, np.empty((0, SKETCH_DIM), dtype=np.float16), at_least)

    def after(self, changes: VectorDelta, read: ReadVectors) -> "NearCopies":
        """The same when photos were added, replaced and removed; those that lost their leader find another one."""
        gone = np.concatenate([changes.added, changes.removed])
        stays = ~np.isin(self.ids, gone)
        is_led = ~np.isin(self.leaders, gone)
        kept = stays & is_led
        known = self
        if not kept.all():
            known = NearCopies(self.ids[kept], self.leaders[kept], self.sketches[kept], self.at_least)
        new = np.sort(np.concatenate([changes.added, self.ids[stays & ~is_led]]))
        building = _Building(known, read, expected=len(new))
        for start in range(0, len(new), BLOCK):
            building.add(new[start : start + BLOCK])
        return building.result()

    def groups(self, *, without: Ids = NO_IDS) -> Groups:
        """The groups of two or more, without photos that have changed since."""
        known = ~np.isin(self.ids, without)
        return groups_of(self.ids[known], self.leaders[known])


class _Building:
    def __init__(self, known: NearCopies, read: ReadVectors, *, expected: int) -> None:
        self._ids, self._leaders, self._sketches = [known.ids], [known.leaders], [known.sketches]
        self._known_leaders = Leaders(known.ids, known.sketches, known.ids == known.leaders, expected=expected)
        self._at_least, self._read = known.at_least, read

    def add(self, ids: Ids) -> None:
        """Finds leaders for a block of ascending ids, or makes them leaders."""
        vectors = self._read(ids)
        drawn = sketches_of(vectors.likeness)
        compared = self._known_leaders.worth_comparing(drawn, self._at_least - SKETCH_SLACK)
        outside, known = self._nearest(vectors, compared)
        inside = np.where(np.tri(len(ids), k=-1, dtype=np.bool_), self._nearness(vectors, vectors), -1.0)
        leaders = ids.copy()
        is_first = np.ones(len(ids), dtype=np.bool_)  # rows that become leaders
        for row in np.flatnonzero(np.maximum(outside, inside.max(axis=1)) > 0).tolist():
            among = np.where(is_first, inside[row], -1.0)
            nearest = among.argmax()
            if outside[row] >= max(among[nearest], 0):
                leaders[row] = known[row]
            elif among[nearest] > 0:
                leaders[row] = ids[nearest]
            is_first[row] = leaders[row] == ids[row]
        self._ids.append(ids)
        self._leaders.append(leaders)
        self._sketches.append(drawn.astype(np.float16))
        self._known_leaders.add(ids[is_first], drawn[is_first])

    def result(self) -> NearCopies:
        ids, leaders = np.concatenate(self._ids), np.concatenate(self._leaders)
        return NearCopies(ids, leaders, np.concatenate(self._sketches), self._at_least)

    def _nearest(self, some: Vectors, leaders: Ids) -> tuple[NDArray[np.float32], Ids]:
        """For each of [N], how alike it and the nearest of some leaders are, and which that is; -1 without any."""
        nearness, nearest = np.full(len(some.likeness), -1.0, dtype=np.float32), np.zeros(len(some.likeness), np.int64)
        for start in range(0, len(leaders), LEADERS_READ):
            part = leaders[start : start + LEADERS_READ]
            found = self._nearness(some, self._read(part))
            best, nearer = part[found.argmax(axis=1)], found.max(axis=1)
            nearest = np.where(nearer > nearness, best, nearest)
            nearness = np.maximum(nearer, nearness)
        return nearness, nearest

    def _nearness(self, some: Vectors, others: Vectors) -> NDArray[np.float32]:
        """[N, M], how alike each pair is; -1 where they are no near copies."""
        alike = some.likeness @ others.likeness.T
        is_near = are_copies_by_likeness(alike, some.shared @ others.shared.T, at_least=self._at_least)
        nearness: NDArray[np.float32] = np.where(is_near, alike, np.float32(-1.0))
        return nearness


def sketches_of(vectors: Embeddings) -> NDArray[np.float32]:
    """Unit vectors [N, S] whose cosines are about those of vectors [N, F]."""
    drawn: NDArray[np.float32] = vectors @ _directions(vectors.shape[1])
    drawn /= np.maximum(np.linalg.norm(drawn, axis=1, keepdims=True), np.float32(1e-12))
    return drawn


def sketch_version(dim: int, *, at_least: float = NEAR_LIKENESS) -> int:
    """Changes with whatever makes sketches and groups incomparable with earlier ones."""
    return zlib.crc32(repr((at_least, NEAR_COSINE)).encode(), zlib.crc32(_directions(dim).tobytes()))


def _directions(dim: int) -> NDArray[np.float32]:
    signs = np.random.default_rng(0).integers(0, 2, size=(dim, SKETCH_DIM), dtype=np.int8)
    return (2 * signs - 1).astype(np.float32)
