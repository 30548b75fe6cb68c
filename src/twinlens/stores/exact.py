"""Exact search over vectors in flat files; the reference for all other engines."""

import json
import logging
import os
import re
import weakref
import zlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from twinlens.errors import VectorsDamagedError
from twinlens.protocols import Neighbours
from twinlens.stores.checked_rows import CheckedRows, Sums, row_sums
from twinlens.types import Embeddings, Ids
from twinlens.whole_file import whole_file

logger = logging.getLogger(__name__)

STAMP = "stamp.json"
FORMAT = 2  # files of another format are rebuilt
# our files: rows, lists of ids, and lists that were not completed
_OURS = re.compile(r"vectors-(?P<serial>\d{1,18})\.(f32|f16)|\.?ids-\d{1,18}-\d{1,18}\.(i64|partial|i64\.partial)")
DEAD = -1  # id of a row that was removed or replaced
DEAD_SHARE = 0.25  # above this the files are rewritten without dead rows
# Rounding both unit vectors to float16 changes a cosine by at most 2 · 2⁻¹¹ (Cauchy-Schwarz); doubled, since
# two scores are compared, plus a quarter for rounding errors of float32 sums.
HALF_MARGIN = 5 * 2.0**-11
THREADS = min(4, os.cpu_count() or 1)  # few threads saturate the memory bandwidth
ROWS_WORTH_A_THREAD = 10_000
MOST_SCANS = 16  # whose results are kept: "no people" asks for eight things
MOST_TOGETHER = 16  # queries that are looked for at once
MOST_SCANNED_BYTES = 64_000_000  # of those results together: eight million photos leave room for two


@dataclass(frozen=True)
class Stamp:
    """The catalog state that the files contain; written last, so that it is never ahead of them."""

    format: int
    owner: str
    dim: int
    generation: int
    serial: int
    rows: int
    checksum: int  # of the file of ids


class _View(NamedTuple):
    """One state of the files; replaced as a whole, so that searches in other threads see a consistent state."""

    stamp: Stamp
    ids: Ids  # [N], DEAD where a row was removed or replaced
    sums: Sums  # [files, N], checksums of the rows of each file
    files: Mapping[str, CheckedRows]  # [N, D] each, by precision
    alive: NDArray[np.bool_] | None  # [N]; None when all are

    @property
    def vectors(self) -> CheckedRows:
        """[N, D], as precise as they are kept."""
        return next(iter(self.files.values()))

    @property
    def halves(self) -> CheckedRows:
        """[N, D], float16."""
        return self.files["f16"]


class _Scanned(NamedTuple):
    """What a scan found, never changed; keeps no file open."""

    halves: "weakref.ref[CheckedRows]"
    query: NDArray[np.float32]
    rough: NDArray[np.float32]


class ExactStore:
    """Implements ``VectorStore`` with three flat files in a folder.

    The vectors are float32 rows. A query first reads a float16 copy, at half the
    memory traffic; every row that could be among the best k despite the rounding
    is then scored in float32, so the result is exact.

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

    _PRECISIONS: ClassVar[Mapping[str, DTypeLike]] = {"f32": np.float32, "f16": np.float16}
    """The files of rows, the most precise one first, and what a number is in each."""

    def __init__(self, folder: Path, *, dim: int, owner: str) -> None:
        self._folder, self._dim, self._owner = folder, dim, owner
        self._view = self._empty_view()
        self._pool: ThreadPoolExecutor | None = None
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
            stamp = self._read_stamp()
            if stamp is None:
                break
            try:
                if stamp != self._view.stamp:
                    self._map(stamp)
                elif stamp.rows:
                    for file in self._view.files.values():
                        file.check_length()
            except FileNotFoundError:
                continue
            except VectorsDamagedError as error:
                logger.warning("the vector files in %s are damaged (%s) and are rebuilt", self._folder, error)
                self._remove_stamp()
                break
            return
        if self._view.stamp.generation:
            self.clear()

    def clear(self) -> None:
        """Removes all vectors; the files are replaced at the next update."""
        self._view = self._empty_view()

    def update(self, added: Iterator[tuple[Ids, Embeddings]], removed: Ids, *, generation: int) -> None:
        """Drops ``removed``, then adds or replaces ``added``, block by block."""
        self._folder.mkdir(parents=True, exist_ok=True)
        rows, ids, sums = self._view.stamp.rows, self._view.ids.copy(), [self._view.sums]
        # files that are not extended may still be mapped by another process, so they are never overwritten
        serial = self._view.stamp.serial if rows else self._unused_serial()
        ids[np.isin(ids, removed)] = DEAD
        new_ids: list[Ids] = []
        with ExitStack() as opened:
            files = [opened.enter_context(self._open_at(kind, serial, rows)) for kind in self._PRECISIONS]
            for block_ids, block in added:
                written = [np.ascontiguousarray(block, dtype=dtype) for dtype in self._PRECISIONS.values()]
                for file, part in zip(files, written, strict=True):
                    file.write(part.tobytes())
                sums.append(np.stack([row_sums(part) for part in written]))
                new_ids.append(block_ids)
            for file in files:
                file.flush()
                os.fsync(file.fileno())
        if new_ids:
            fresh = np.concatenate(new_ids).astype(np.int64)
            ids[np.isin(ids, fresh)] = DEAD
            ids = np.concatenate([ids, fresh])
        self._publish(ids, np.concatenate(sums, axis=1), generation=generation, serial=serial)
        if np.count_nonzero(ids == DEAD) > DEAD_SHARE * len(ids):
            self._compact()

    def search(self, queries: Embeddings, k: int, *, among: Ids | None = None) -> Neighbours:
        """The k rows with the highest cosine for each query [Q, D]; equal scores are ordered by id.

        Raises:
            VectorsDamagedError: the files are damaged; the store is now empty.
        """
        view = self._view
        try:
            return self._search(view, queries, k, among)
        except VectorsDamagedError as error:
            self._discard(view)
            raise VectorsDamagedError(f"the vector files in {self._folder} are damaged ({error})") from error

    def _search(self, view: _View, queries: Embeddings, k: int, among: Ids | None) -> Neighbours:
        for file in view.files.values():
            file.check_unchanged()
        usable = _usable(view, among)
        available = len(view.ids) if usable is None else int(np.count_nonzero(usable))
        k = min(k, available)
        ids = np.empty((len(queries), k), dtype=np.int64)
        scores = np.empty((len(queries), k), dtype=np.float32)
        if k:
            wanted = np.asarray(queries, dtype=np.float32)
            if 1 < len(wanted) <= MOST_TOGETHER and k < available:
                self._keep(view.halves, wanted, self._scan(view.halves, wanted))
            for row, query in enumerate(wanted):
                ids[row], scores[row] = self._search_one(view, query, k, usable)
        return Neighbours(ids, scores)

    def differs(self, ids: Ids, vectors: Embeddings) -> bool:
        """Whether the stored vectors of ``ids`` (ascending, all present) differ from ``vectors`` [N, D]."""
        view = self._view
        rows = np.flatnonzero(np.isin(view.ids, ids))
        rows = rows[np.argsort(view.ids[rows])]
        return any(
            not np.array_equal(view.files[kind].array[rows], vectors.astype(dtype, copy=False))
            for kind, dtype in self._PRECISIONS.items()
        )

    def _search_one(
        self, view: _View, query: NDArray[np.float32], k: int, usable: NDArray[np.bool_] | None
    ) -> tuple[Any, Any]:
        if usable is not None and np.count_nonzero(usable) == k:  # all of them: nothing is to be picked
            rows = np.flatnonzero(usable)
        else:
            rough = self._rough_scores(view.halves, query)
            if usable is not None:
                rough = np.where(usable, rough, np.float32(-np.inf))
            kth = rough[np.argpartition(rough, -k)[-k:]].min()
            rows = np.flatnonzero(rough >= kth - HALF_MARGIN)
        # not "@": its summation order depends on a row's position, so that scores of equal rows may differ
        scores = np.vecdot(self._unit_rows(view, rows), query)
        best = np.lexsort((view.ids[rows], -scores))[:k]
        return view.ids[rows[best]], scores[best].clip(-1.0, 1.0)

    def _unit_rows(self, view: _View, rows: NDArray[np.int64]) -> Embeddings:
        """These rows, checked, as float32."""
        return view.vectors.check(rows)

    def _rough_scores(self, halves: CheckedRows, query: NDArray[np.float32]) -> NDArray[np.float32]:
        """[N], dot products of the float16 copies.

        The last ones are kept: where many match, more are asked for, and a query may be several, in turns.
        """
        scans = self._scans
        for one in scans:
            if one.halves() is halves and halves.is_checked and np.array_equal(one.query, query):
                self._scans = (one, *(other for other in scans if other is not one))
                return one.rough
        (rough,) = self._scan(halves, query[None])
        self._keep(halves, query[None], [rough])
        return rough

    def _keep(self, halves: CheckedRows, queries: NDArray[np.float32], scores: Sequence[NDArray[np.float32]]) -> None:
        """Remembers what a scan has found for each query."""
        new = [_Scanned(weakref.ref(halves), query.copy(), rough) for query, rough in zip(queries, scores, strict=True)]
        most = max(1, min(MOST_SCANS, MOST_SCANNED_BYTES // max(1, 4 * len(halves.array))))
        self._scans = (*new, *self._scans)[:most]

    def _scan(self, halves: CheckedRows, queries: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """For each query [Q, D] the dot products [N] of the float16 copies, all from one look at them."""
        import numkong  # takes 20 ms, so only when searching

        total = len(halves.array)
        parts = max(1, min(THREADS, total // ROWS_WORTH_A_THREAD))
        bounds = np.linspace(0, total, parts + 1, dtype=int).tolist()
        rough = np.empty((len(queries), total), dtype=np.float32)
        wanted, is_checked = queries.astype(np.float16), halves.is_checked
        packed = numkong.dots_pack(wanted) if len(queries) > 1 else None  # slower for a single query

        def score(part: int) -> None:
            rows = slice(bounds[part], bounds[part + 1])
            if not is_checked:
                halves.check_all(rows.start, rows.stop)
            if packed is None:
                rough[0, rows] = np.asarray(numkong.cdist(wanted, halves.array[rows], metric="dot")).ravel()
            else:
                rough[:, rows] = np.asarray(numkong.dots_packed(halves.array[rows], packed)).T

        if parts == 1:
            score(0)
        else:
            self._pool = self._pool or ThreadPoolExecutor(THREADS, thread_name_prefix="exact")
            list(self._pool.map(score, range(parts)))
        halves.is_checked = True
        return [row.copy() for row in rough] if len(queries) > 1 else [rough[0]]  # one kept keeps not all

    def _empty_view(self) -> _View:
        stamp = Stamp(FORMAT, self._owner, self._dim, generation=0, serial=0, rows=0, checksum=0)
        return self._view_of(stamp, np.empty(0, np.int64), np.empty((len(self._PRECISIONS), 0), np.uint64))

    def _view_of(self, stamp: Stamp, ids: Ids, sums: Sums) -> _View:
        files = {
            kind: CheckedRows(
                self._rows_file(kind, stamp.serial) if stamp.rows else Path(os.devnull),
                dtype=dtype,
                dim=self._dim,
                sums=sums[place],
            )
            for place, (kind, dtype) in enumerate(self._PRECISIONS.items())
        }
        alive = ids != DEAD
        return _View(stamp, ids, sums, files, None if alive.all() else alive)

    def _map(self, stamp: Stamp) -> None:
        content = self._ids_file(stamp.generation, stamp.serial).read_bytes()
        columns_in_file = 1 + len(self._PRECISIONS)
        if zlib.crc32(content) != stamp.checksum or len(content) != 8 * columns_in_file * stamp.rows:
            raise VectorsDamagedError("the ids were overwritten")
        columns = np.frombuffer(content, dtype=np.int64).reshape(columns_in_file, stamp.rows)
        self._view = self._view_of(stamp, columns[0], columns[1:].view(np.uint64))

    def _read_stamp(self) -> Stamp | None:
        file = self._folder / STAMP
        try:
            fields = json.loads(file.read_text(encoding="utf-8"))
            if fields["format"] != FORMAT:
                return None
            stamp = Stamp(**fields["stamp"])
            if fields["checksum"] != zlib.crc32(repr(stamp).encode()):
                raise ValueError("its checksum is wrong")
        except FileNotFoundError:
            return None
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            logger.warning("%s is damaged (%s); the vector files are rebuilt", file, error)
            self._remove_stamp()
            return None
        return stamp if (stamp.owner, stamp.dim) == (self._owner, self._dim) else None

    def _discard(self, view: _View) -> None:
        """Makes damaged files unused, in this process and in others."""
        if self._view is view:
            self.clear()
        if self._read_stamp() == view.stamp:  # otherwise another process has replaced them already
            self._remove_stamp()

    def _remove_stamp(self) -> None:
        try:
            (self._folder / STAMP).unlink(missing_ok=True)
        except OSError as error:
            logger.debug("%s is kept: %s", self._folder / STAMP, error)

    def _publish(self, ids: Ids, sums: Sums, *, generation: int, serial: int) -> None:
        ids_file = self._ids_file(generation, serial)
        content = ids.tobytes() + np.ascontiguousarray(sums).tobytes()
        with whole_file(ids_file) as place:
            place.write_bytes(content)
        stamp = Stamp(FORMAT, self._owner, self._dim, generation, serial, rows=len(ids), checksum=zlib.crc32(content))
        fields = {"format": FORMAT, "checksum": zlib.crc32(repr(stamp).encode()), "stamp": asdict(stamp)}
        with whole_file(self._folder / STAMP) as place:
            place.write_text(json.dumps(fields), encoding="utf-8")
        self._map(stamp)
        keep = {ids_file, *(self._rows_file(kind, serial) for kind in self._PRECISIONS)}
        for file in self._folder.iterdir():
            if file not in keep and _OURS.fullmatch(file.name):
                _unlink_unless_in_use(file)

    def _compact(self) -> None:
        view, serial = self._view, self._unused_serial()
        alive = np.flatnonzero(view.ids != DEAD)
        for kind, rows in view.files.items():
            with self._rows_file(kind, serial).open("wb") as file:
                for start in range(0, len(alive), 4096):
                    file.write(rows.check(alive[start : start + 4096]).tobytes())
                file.flush()
                os.fsync(file.fileno())
        self._publish(view.ids[alive], view.sums[:, alive], generation=view.stamp.generation, serial=serial)

    def _unused_serial(self) -> int:
        names = (_OURS.fullmatch(file.name) for file in self._folder.iterdir())
        return max((int(name["serial"]) for name in names if name and name["serial"]), default=-1) + 1

    def _open_at(self, kind: str, serial: int, rows: int) -> Any:
        """Opens a rows file positioned after the valid rows; what an interrupted update wrote is truncated."""
        path = self._rows_file(kind, serial)
        path.touch()
        file = path.open("r+b")
        file.truncate(rows * self._dim * np.dtype(self._PRECISIONS[kind]).itemsize)
        file.seek(0, os.SEEK_END)
        return file

    def _ids_file(self, generation: int, serial: int) -> Path:
        # includes the serial, so that a compaction does not replace the list that the previous stamp refers to
        return self._folder / f"ids-{generation}-{serial}.i64"

    def _rows_file(self, kind: str, serial: int) -> Path:
        return self._folder / f"vectors-{serial}.{kind}"


class HalfStore(ExactStore):
    """The same, with float16 rows only, which are then made unit vectors again: a third of the disk space.

    For vectors that are known no better, such as features. A cosine is off by at most 2⁻¹¹, and by far less
    where it is near 1; the order is exactly that of the rounded rows.
    """

    _PRECISIONS: ClassVar[Mapping[str, DTypeLike]] = {"f16": np.float16}

    def differs(self, ids: Ids, vectors: Embeddings) -> bool:
        """Whether they differ by more than the rounding, which another processor may do differently."""
        view = self._view
        rows = np.flatnonzero(np.isin(view.ids, ids))
        rows = rows[np.argsort(view.ids[rows])]
        kept = view.halves.array[rows].astype(np.float32)
        return kept.shape != vectors.shape or not np.allclose(kept, vectors, rtol=2.0**-10, atol=1e-6)

    def _unit_rows(self, view: _View, rows: NDArray[np.int64]) -> Embeddings:
        taken: Embeddings = view.halves.check(rows).astype(np.float32)
        taken /= np.maximum(np.linalg.norm(taken, axis=1, keepdims=True), np.float32(1e-6))
        return taken


def _usable(view: _View, among: Ids | None) -> NDArray[np.bool_] | None:
    if among is not None:
        usable: NDArray[np.bool_] = np.isin(view.ids, among) & (view.ids != DEAD)
        return usable
    return view.alive


def _unlink_unless_in_use(file: Path) -> None:
    try:
        file.unlink()
    except PermissionError:  # Windows: a searching process still maps it; the next update tries again
        logger.debug("%s is in use", file)
