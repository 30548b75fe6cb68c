"""Map of a library: photos that look alike lie close together. First by PCA, then, in the background, by neighbours."""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.place.photo_folders import PhotoFolders
from twinlens.collection.showing.maps.groups import MapGroup, groups_of
from twinlens.collection.showing.maps.kept_layout import KeptLayout, LayoutFile, digest_of
from twinlens.collection.showing.maps.layout import neighbour_layout
from twinlens.errors import TwinlensError
from twinlens.types import Embeddings, Ids, Space

logger = logging.getLogger(__name__)

MOST_PHOTOS = 20_000  # more points would overlap, and their features take more than 60 MB
LEAST_LEFT = 3  # photos of a group: what all had in common need not hold for one or two of them
LEAST_PHOTOS = 200  # of fewer, PCA shows as much
ROWS_AT_ONCE = 2048
BLOCK, ITERATIONS = 8, 60  # the error shrinks by (9th / 2nd eigenvalue) per iteration

Halves: TypeAlias = NDArray[np.float16]
"""[N, D], vectors at half the memory."""

Places: TypeAlias = NDArray[np.float32]
"""[N, 2], x and y in [0, 1]."""


@dataclass(frozen=True, slots=True)
class Projection:
    """Photos as points in the plane.

    Attributes:
        generation: of the catalog.
        num_photos: photos that are asked for; of a large library only a sample is projected.
        numbers: [N], ids in the catalog, ascending.
        ids: [N], as in hits.
        places: [N, 2], coordinates.
        sides: [N], width and height in pixels, upright; None if unknown.
        space: what is projected: the photos' features or, if some have none, their embeddings.
        groups: of photos that lie close together.
        is_final: no better one is being computed.
    """

    generation: int
    num_photos: int
    numbers: Ids
    ids: list[str]
    places: Places
    sides: list[tuple[int | None, int | None]]
    space: Space = "shared"
    groups: tuple[MapGroup, ...] = ()
    is_final: bool = True

    def only(self, wanted: Ids) -> "Projection":
        """The same map with some of its photos, each where it was; groups of which too few are left are no groups.

        Args:
            wanted: ids in the catalog, also of photos that the map does not have.
        """
        rows = np.flatnonzero(np.isin(self.numbers, wanted))
        places = self.places[rows]
        row_now = np.full(len(self.numbers), -1)
        row_now[rows] = np.arange(len(rows))
        left = [(group, now[now >= 0]) for group in self.groups for now in (row_now[group.rows],)]
        groups = [
            replace(group, rows=now, x=float(places[now, 0].mean()), y=float(places[now, 1].mean()))
            for group, now in left
            if len(now) >= LEAST_LEFT
        ]
        return replace(
            self,
            num_photos=len(wanted),
            numbers=self.numbers[rows],
            ids=[self.ids[row] for row in rows],
            places=places,
            sides=[self.sides[row] for row in rows],
            groups=tuple(sorted(groups, key=lambda group: -len(group.rows))),
        )


IsWanted: TypeAlias = Callable[[], bool]
"""Asked between the steps of something long."""

NameGroups: TypeAlias = Callable[[Sequence[Ids], IsWanted], Sequence[tuple[str, int] | None]]
"""What groups of photos, by their ids in the catalog, have in common, and the photo of each that shows it best."""


class Projector:
    """Computes the map of a collection, and keeps it until its photos change; may be shared between threads.

    Args:
        catalog: of the photos.
        folders: of the photos.
        most: maximum number of points; of a larger library, every n-th photo is used.
        name_groups: names the groups; None for no names.
        file: keeps the map when this process has ended; None keeps nothing.
    """

    def __init__(
        self,
        catalog: Catalog,
        folders: PhotoFolders,
        *,
        most: int = MOST_PHOTOS,
        name_groups: NameGroups | None = None,
        file: LayoutFile | None = None,
    ) -> None:
        self._catalog, self._folders, self._most, self._name_groups = catalog, folders, most, name_groups
        self._file = file
        self._guard = threading.Lock()
        self._known: Projection | None = None
        self._computing: threading.Thread | None = None
        self._is_closed = False

    def projection(self) -> Projection:
        """The current map: at first by PCA; in a library of 200 photos or more a better one is computed meanwhile.

        A map that was kept is there at once, if the photos look as they did then.
        """
        with self._guard:
            if self._known is None or self._known.generation != self._catalog.generation:
                self._known = self._begun()
            return self._known

    def _begun(self) -> Projection:
        with self._catalog.snapshot():  # another process may be indexing
            first = _drawn(self._catalog, self._folders, self._most)
            kept = self._file.read() if self._file and len(first.numbers) >= LEAST_PHOTOS else None
            if kept is not None and not np.array_equal(kept.numbers, first.numbers):
                kept = None
            if kept is not None and kept.generation == first.generation:
                return replace(first, places=kept.places, groups=kept.groups)
            space, vectors = _vectors(self._catalog, first.numbers)
        first, made_of = replace(first, space=space), digest_of(vectors)
        if kept is not None and kept.made_of == made_of:
            self._keep(kept._replace(generation=first.generation))
            return replace(first, places=kept.places, groups=kept.groups)
        first = replace(first, places=flat_places(vectors))
        if len(first.numbers) < LEAST_PHOTOS or self._is_closed:
            return first
        self._known = replace(first, is_final=False)  # before the thread asks whether it is wanted
        self._compute(self._known, vectors, made_of)
        return self._known

    def close(self) -> None:
        """Ends what is being computed."""
        with self._guard:
            self._is_closed = True
            computing = self._computing
        if computing is not None:
            computing.join()

    def _compute(self, first: Projection, vectors: Halves, made_of: str) -> None:
        arguments = first, vectors, made_of, self._computing
        self._computing = threading.Thread(target=self._improve, args=arguments, name="map", daemon=True)
        self._computing.start()

    def _improve(self, first: Projection, vectors: Halves, made_of: str, before: threading.Thread | None) -> None:
        def is_wanted() -> bool:
            known = self._known
            return not self._is_closed and known is not None and known.generation == first.generation

        if before is not None:
            before.join()  # it ends soon, for its map is no longer wanted
        better = first
        try:
            places = neighbour_layout(vectors, first.places, is_wanted=is_wanted)
            if places is not None:
                better = replace(first, places=places, groups=tuple(groups_of(places)))
                self._take(better)
                if self._name_groups is not None and is_wanted():
                    names = self._name_groups([first.numbers[group.rows] for group in better.groups], is_wanted)
                    rows = dict(zip(first.numbers.tolist(), range(len(first.numbers)), strict=True))
                    groups = [
                        group.called(name[0], rows[name[1]]) if name else group
                        for group, name in zip(better.groups, names, strict=True)
                    ]
                    better = replace(better, groups=tuple(groups))
                if is_wanted():
                    self._keep(KeptLayout(first.generation, made_of, first.numbers, places, better.groups))
        except TwinlensError as error:
            logger.warning("the groups of the map have no names: %s", error)
        finally:
            self._take(replace(better, is_final=True))

    def _keep(self, layout: KeptLayout) -> None:
        if self._file is not None:
            self._file.write(layout)

    def _take(self, better: Projection) -> None:
        """Unless the library has changed."""
        with self._guard:
            if self._known is not None and self._known.generation == better.generation:
                self._known = better


def flat_places(vectors: Embeddings | Halves) -> Places:
    """PCA of vectors [N, D] to two dimensions, each scaled to [0, 1]; deterministic up to rounding.

    >>> flat_places(np.array([[0, 0, 0], [2, 1, 0], [4, 2, 0]], dtype=np.float32))[:, 0].round(2).tolist()
    [0.0, 0.5, 1.0]
    """
    if not len(vectors):
        return np.zeros((0, 2), dtype=np.float32)
    middle = vectors.mean(axis=0, dtype=np.float32)
    covariance = np.zeros((vectors.shape[1], vectors.shape[1]), dtype=np.float64)
    for centred in _centred(vectors, middle):
        covariance += centred.T @ centred
    widest = _widest_axes(covariance)
    strongest = np.abs(widest).argmax(axis=0)
    widest = widest * np.where(widest[strongest, [0, 1]] < 0, -1, 1)  # fixes the sign of each axis
    places = np.concatenate([centred @ widest.astype(np.float32) for centred in _centred(vectors, middle)])
    low, high = places.min(axis=0), places.max(axis=0)
    spread = np.where(high > low, high - low, 1)
    flat: Places = ((places - low) / spread).astype(np.float32)
    return flat


def _centred(vectors: Embeddings | Halves, middle: Embeddings) -> Iterator[Embeddings]:
    """The vectors without their mean, block by block: at once they would take the memory twice."""
    for start in range(0, len(vectors), ROWS_AT_ONCE):
        yield vectors[start : start + ROWS_AT_ONCE].astype(np.float32) - middle


def _widest_axes(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """[D, 2], the eigenvectors of the largest eigenvalues, by subspace iteration.

    LAPACK would compute all D: about a second in many small multi-threaded steps, or ten
    seconds when other programs use the cores.
    """
    dim = len(covariance)
    block = np.random.default_rng(0).normal(size=(dim, min(BLOCK, dim)))
    for _ in range(ITERATIONS):
        block = np.linalg.qr(np.einsum("ij,jk->ik", covariance, block))[0]  # einsum is single-threaded
    _, turns = np.linalg.eigh(block.T @ covariance @ block)  # ascending
    axes = block @ turns[:, ::-1]
    widest: NDArray[np.float64] = axes[:, :2] if dim > 1 else np.hstack([axes, 0 * axes])
    return widest


def _drawn(catalog: Catalog, folders: PhotoFolders, most: int) -> Projection:
    """The photos of the map, which have no places yet."""
    everything = catalog.select_ids()
    numbers = everything[:: -(-len(everything) // most) or 1]
    records = catalog.photos(numbers.tolist())
    prefixes = {folder.id: folder.prefix for folder in folders.all()}
    return Projection(
        generation=catalog.generation,
        num_photos=len(everything),
        numbers=numbers,
        ids=[prefixes[record.folder_id] + record.path for record in records.values()],
        places=np.zeros((len(numbers), 2), dtype=np.float32),
        sides=[(record.width, record.height) for record in records.values()],
        space=catalog.features.space(catalog.model()),
    )


def _vectors(catalog: Catalog, numbers: Ids) -> tuple[Space, Halves]:
    """What tells how alike photos are [N, D], in a space that has all of them."""
    space: Space = "likeness"
    known, vectors = _stacked(catalog.features.embeddings(numbers))
    if len(known) < len(numbers):
        space = "shared"
        known, vectors = _stacked(catalog.embeddings(numbers))
    assert np.array_equal(known, numbers), "every photo has a vector"
    return space, vectors


def _stacked(blocks: Iterable[tuple[Ids, Embeddings]]) -> tuple[Ids, Halves]:
    """Ids [N] and vectors [N, D], rounded to half the memory."""
    parts = [(ids, vectors.astype(np.float16)) for ids, vectors in blocks]
    if not parts:
        return np.zeros(0, dtype=np.int64), np.zeros((0, 2), dtype=np.float16)
    return np.concatenate([ids for ids, _ in parts]), np.concatenate([vectors for _, vectors in parts])
