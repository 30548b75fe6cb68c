"""Exact search over vectors in flat files; the reference for all other engines."""

import logging
import weakref
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twinlens.errors import VectorsDamagedError
from twinlens.protocols import Neighbours
from twinlens.stores.checked_rows import CheckedRows
from twinlens.stores.codes import Codes, Floats, Rough, Scanner
from twinlens.stores.flat_files import DEAD, TYPES, FlatFiles, View
from twinlens.types import Embeddings, Ids

logger = logging.getLogger(__name__)

TAKEN_AT_ONCE = 512  # rows, 1 MB: they are copied, checked and compared while they are in the processor's cache
MANY = 1_000  # results for which it is worth while to narrow the bounds first
MOST_SCANS = 16  # whose results are kept: "no people" asks for eight things
MOST_SCANNED_BYTES = 64_000_000  # of those results together: eight million photos leave room for two


class _Scanned(NamedTuple):
    """What a scan found, never changed; keeps no file open."""

    codes: "weakref.ref[CheckedRows]"
    query: Floats
    rough: Rough


class ExactStore:
    """Implements ``VectorStore`` with three flat files in a folder.

    The vectors are float32 rows. A query first reads a copy in 8-bit numbers, a quarter of
    the bytes; every row that could be among the best k despite the rounding is then scored
    in float32, so the result is exact.

    Everything has checksums: of the ids in the stamp, of each row beside the ids. Before an answer is
    given, all that it depends on has been checked. Damaged files are discarded, so that the next update
    writes new ones.

    Several processes may search while one updates: rows are only appended, and the list
    of ids is replaced atomically. Only one process or thread may update at a time.

    Args:
        folder: of the files; created at the first update.
        dim: D.
        owner: identifies the catalog and model of the vectors. Files of another
            owner, or damaged ones, are ignored: the store is then empty.
    """

    _KEPT: ClassVar[str] = "f32"
    """The file of vectors."""

    def __init__(self, folder: Path, *, dim: int, owner: str) -> None:
        self._folder, self._files = folder, FlatFiles(folder, kept=self._KEPT, dim=dim, owner=owner)
        self._view = self._files.empty()
        self._scanner = Scanner()
        self._scans: tuple[_Scanned, ...] = ()  # the last ones, the latest first
        self._sorted: tuple[Ids, Ids] | None = None  # the ids of a view, and the same ascending
        self.refresh()

    @property
    def generation(self) -> int:
        """The catalog generation that the files contain; 0 if empty."""
        return self._view.stamp.generation

    def __len__(self) -> int:
        return int(np.count_nonzero(self._view.ids != DEAD))

    def ids(self) -> Ids:
        """[N], ascending."""
        view, known = self._view, self._sorted
        if known is None or known[0] is not view.ids:
            ids = np.sort(view.ids[view.ids != DEAD])
            ids.flags.writeable = False  # the same array is given to all that ask
            known = self._sorted = view.ids, ids
        return known[1]

    def refresh(self) -> None:
        """Opens files written by another process since; if the files were removed, the store is empty."""
        for _ in range(5):  # the list of ids may be replaced while it is being opened
            stamp = self._files.stamp()
            if stamp is None:
                break
            try:
                if stamp != self._view.stamp:
                    self._view = self._files.opened(stamp)
                elif stamp.rows:
                    for file in self._view.files.values():
                        file.check_length()
            except FileNotFoundError:
                continue
            except VectorsDamagedError as error:
                logger.warning("the vector files in %s are damaged (%s) and are rebuilt", self._folder, error)
                self._files.disown()
                break
            return
        if self._view.stamp.generation:
            self.clear()

    def clear(self) -> None:
        """Removes all vectors; the files are replaced at the next update."""
        self._view = self._files.empty()

    def update(self, added: Iterator[tuple[Ids, Embeddings]], removed: Ids, *, generation: int) -> None:
        """Drops ``removed``, then adds or replaces ``added``, block by block."""
        self._folder.mkdir(parents=True, exist_ok=True)
        view = self._view
        blocks = iter(added)
        first = next(blocks, None)
        if first is None and view.stamp.rows and not np.isin(view.ids, removed).any() and self._files.has_ids(view):
            self._view = self._files.kept(view, generation)
            return
        encoded = (self._encoded(*block) for block in chain([] if first is None else [first], blocks))
        self._view = self._files.appended(view, encoded, removed, generation=generation)
        self._view = self._files.compacted(self._view)

    def _encoded(self, ids: Ids, block: Embeddings) -> tuple[Ids, NDArray[Any], Codes]:
        kept = np.ascontiguousarray(block, dtype=TYPES[self._KEPT])
        return ids, kept, Codes.of(self._unit(kept))

    def search(self, queries: Embeddings, k: int, *, among: Ids | None = None) -> Neighbours:
        """The k rows with the highest cosine for each query [Q, D]; equal scores are ordered by id.

        Raises:
            VectorsDamagedError: the files are damaged; the store is now empty.
        """
        view = self._view
        try:
            return self._search(view, queries, k, among)
        except VectorsDamagedError as error:
            raise self._discarded(view, error) from error

    def _search(self, view: View, queries: Embeddings, k: int, among: Ids | None) -> Neighbours:
        for file in view.files.values():
            file.check_unchanged()
        usable = _usable(view, among)
        available = len(view.ids) if usable is None else int(np.count_nonzero(usable))
        k = min(k, available)
        ids = np.empty((len(queries), k), dtype=np.int64)
        scores = np.empty((len(queries), k), dtype=np.float32)
        if k:
            for row, query in enumerate(np.asarray(queries, dtype=np.float32)):
                ids[row], scores[row] = self._search_one(view, query, k, usable)
        return Neighbours(ids, scores)

    def at_least(self, query: Embeddings, least: float, *, among: Ids | None = None) -> Ids:
        """All ids whose cosine with a query [D] is at least ``least``, ascending; exact vectors decide close calls.

        Raises:
            VectorsDamagedError: the files are damaged; the store is now empty.
        """
        view, asked = self._view, np.asarray(query, dtype=np.float32)
        if not len(view.ids):
            return view.ids
        try:
            for file in view.files.values():
                file.check_unchanged()
            sure, open_ = self._rough(view, asked).split(least, _usable(view, among))
            close = open_[self._cosines(view, open_, asked).clip(-1.0, 1.0) >= least]
        except VectorsDamagedError as error:
            raise self._discarded(view, error) from error
        return np.sort(view.ids[np.concatenate([sure, close])])

    def differs(self, ids: Ids, vectors: Embeddings) -> bool:
        """Whether the stored vectors of ``ids`` (ascending, all present) differ from ``vectors`` [N, D]."""
        view = self._view
        rows = np.flatnonzero(np.isin(view.ids, ids))
        rows = rows[np.argsort(view.ids[rows])]
        kept = view.vectors.array[rows]
        return self._kept_differ(kept, vectors) or not _codes_of(view, rows).fit(self._unit(kept))

    def _search_one(
        self, view: View, query: NDArray[np.float32], k: int, usable: NDArray[np.bool_] | None
    ) -> tuple[Any, Any]:
        if usable is not None and np.count_nonzero(usable) == k:  # all of them: nothing is to be picked
            rows = np.flatnonzero(usable)
            scores = self._cosines(view, rows, query)
        else:
            rows, scores = self._candidates(view, self._rough(view, query), query, k, usable)
        best = np.lexsort((view.ids[rows], -scores))[:k]
        return view.ids[rows[best]], scores[best].clip(-1.0, 1.0)

    def _candidates(
        self, view: View, rough: Rough, query: Floats, k: int, usable: NDArray[np.bool_] | None
    ) -> tuple[NDArray[np.int64], Floats]:
        """Rows among which are the best k, and their cosines."""
        rows = rough.could_be_best(k, usable)
        if k < MANY or len(rows) == k:
            return rows, self._cosines(view, rows, query)
        # the cosines of the first ones tell better than their bounds what others must reach
        first = min(len(rows), k + k // 8)
        order = np.argpartition(-rough.scores[rows], first - 1)
        likely = np.sort(rows[order[:first]])
        scores = self._cosines(view, likely, query)
        others = np.sort(rough.may_reach(float(np.partition(scores, -k)[-k]), rows[order[first:]]))
        return np.concatenate([likely, others]), np.concatenate([scores, self._cosines(view, others, query)])

    def _cosines(self, view: View, rows: NDArray[np.int64], query: Floats) -> Floats:
        """Of a query with these rows, which are checked."""
        cosines = np.empty(len(rows), dtype=np.float32)
        for start in range(0, len(rows), TAKEN_AT_ONCE):
            part = slice(start, start + TAKEN_AT_ONCE)
            # not "@": its summation order depends on a row's position, so that scores of equal rows may differ
            cosines[part] = np.vecdot(self._unit(view.vectors.check(rows[part])), query)
        return cosines

    def _unit(self, kept: NDArray[Any]) -> Embeddings:
        """Unit vectors of rows as they are kept."""
        return kept

    def _kept_differ(self, kept: NDArray[Any], vectors: Embeddings) -> bool:
        return not np.array_equal(kept, vectors)

    def _rough(self, view: View, query: Floats) -> Rough:
        """By the codes.

        The last ones are kept: where many match, more are asked for, and a query may be several, in turns.
        """
        codes, scans = view.codes, self._scans
        for one in scans:
            if one.codes() is codes and codes.is_checked and np.array_equal(one.query, query):
                self._scans = (one, *(other for other in scans if other is not one))
                return one.rough
        rough = self._scanner.scan(codes, view.scales, view.errors, query)
        most = max(1, min(MOST_SCANS, MOST_SCANNED_BYTES // max(1, rough.scores.nbytes)))
        self._scans = (_Scanned(weakref.ref(codes), query.copy(), rough), *scans)[:most]
        return rough

    def _discarded(self, view: View, error: VectorsDamagedError) -> VectorsDamagedError:
        """Makes damaged files unused, in this process and in others; the error to raise."""
        if self._view is view:
            self.clear()
        if self._files.stamp() == view.stamp:  # otherwise another process has replaced them already
            self._files.disown()
        return VectorsDamagedError(f"the vector files in {self._folder} are damaged ({error})")


class HalfStore(ExactStore):
    """The same, with float16 rows, which are then made unit vectors again: half of the disk space.

    For vectors that are known no better, such as features. A cosine is off by at most 2⁻¹¹, and by far less
    where it is near 1; the order is exactly that of the rounded rows.
    """

    _KEPT: ClassVar[str] = "f16"

    def _kept_differ(self, kept: NDArray[Any], vectors: Embeddings) -> bool:
        """Whether they differ by more than the rounding, which another processor may do differently."""
        rows = kept.astype(np.float32)
        return rows.shape != vectors.shape or not np.allclose(rows, vectors, rtol=2.0**-10, atol=1e-6)

    def _unit(self, kept: NDArray[Any]) -> Embeddings:
        unit: Embeddings = kept.astype(np.float32)
        unit /= np.maximum(np.linalg.norm(unit, axis=1, keepdims=True), np.float32(1e-6))
        return unit


def _codes_of(view: View, rows: NDArray[np.int64]) -> Codes:
    return Codes(view.codes.array[rows], view.scales[rows], view.errors[rows])


def _usable(view: View, among: Ids | None) -> NDArray[np.bool_] | None:
    if among is not None:
        usable: NDArray[np.bool_] = np.isin(view.ids, among) & (view.ids != DEAD)
        return usable
    return view.alive
