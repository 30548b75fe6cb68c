"""Exact search over vectors in flat files; the reference for all other engines."""

import json
import logging
import os
import re
import weakref
import zlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from twinlens.errors import VectorsDamagedError
from twinlens.protocols import Neighbours
from twinlens.stores.checked_rows import CheckedRows, Sums, row_sums
from twinlens.stores.codes import Codes, Floats, Rough, Scanner, packed, unpacked, width
from twinlens.types import Embeddings, Ids
from twinlens.whole_file import whole_file

logger = logging.getLogger(__name__)

STAMP = "stamp.json"
FORMAT = 3  # files of another format are rebuilt
# our files: rows, lists of ids, and lists that were not completed
_OURS = re.compile(r"vectors-(?P<serial>\d{1,18})\.(f32|f16|i8)|\.?ids-\d{1,18}-\d{1,18}\.(i64|partial|i64\.partial)")
CODES = "i8"  # the file of codes; the other one, float32 or float16, keeps the vectors
_TYPES: Mapping[str, DTypeLike] = {"f32": np.float32, "f16": np.float16, CODES: np.int8}
COLUMNS = 4  # of the file of ids: ids, checksums of vectors and of codes, scales and errors of the codes
DEAD = -1  # id of a row that was removed or replaced
DEAD_SHARE = 0.25  # above this the files are rewritten without dead rows
TAKEN_AT_ONCE = 512  # rows, 1 MB: they are copied, checked and compared while they are in the processor's cache
MANY = 1_000  # results for which it is worth while to narrow the bounds first
MOST_SCANS = 16  # whose results are kept: "no people" asks for eight things
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
    scales: Floats  # [N], of the codes
    errors: Floats  # [N], of the codes
    files: Mapping[str, CheckedRows]  # vectors [N, D] and codes [N, W]
    alive: NDArray[np.bool_] | None  # [N]; None when all are

    @property
    def vectors(self) -> CheckedRows:
        """[N, D], as they are kept."""
        return next(iter(self.files.values()))

    @property
    def codes(self) -> CheckedRows:
        """[N, W], int8."""
        return self.files[CODES]


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
        self._folder, self._dim, self._owner = folder, dim, owner
        self._view = self._empty_view()
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
        view = self._view
        blocks = iter(added)
        first = next(blocks, None)
        ids_file = self._ids_file(view.stamp.generation, view.stamp.serial)
        if first is None and view.stamp.rows and not np.isin(view.ids, removed).any() and ids_file.exists():
            self._keep_rows(view, generation)
            return
        rows, ids, sums, scales = view.stamp.rows, view.ids.copy(), [view.sums], [packed(view.scales, view.errors)]
        # files that are not extended may still be mapped by another process, so they are never overwritten
        serial = view.stamp.serial if rows else self._unused_serial()
        ids[np.isin(ids, removed)] = DEAD
        new_ids: list[Ids] = []
        with ExitStack() as opened:
            files = [opened.enter_context(self._open_at(kind, serial, rows)) for kind in self._kinds]
            for block_ids, block in chain([] if first is None else [first], blocks):
                kept = np.ascontiguousarray(block, dtype=_TYPES[self._KEPT])
                codes = Codes.of(self._unit(kept))
                written = (kept, codes.numbers)
                for file, part in zip(files, written, strict=True):
                    file.write(part.tobytes())
                sums.append(np.stack([row_sums(part) for part in written]))
                scales.append(codes.packed())
                new_ids.append(block_ids)
            for file in files:
                file.flush()
                os.fsync(file.fileno())
        if new_ids:
            fresh = np.concatenate(new_ids).astype(np.int64)
            ids[np.isin(ids, fresh)] = DEAD
            ids = np.concatenate([ids, fresh])
        columns = np.vstack([np.concatenate(sums, axis=1).view(np.int64), np.concatenate(scales)])
        self._publish(ids, columns, generation=generation, serial=serial)
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
            raise self._discarded(view, error) from error

    def _search(self, view: _View, queries: Embeddings, k: int, among: Ids | None) -> Neighbours:
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
        self, view: _View, query: NDArray[np.float32], k: int, usable: NDArray[np.bool_] | None
    ) -> tuple[Any, Any]:
        if usable is not None and np.count_nonzero(usable) == k:  # all of them: nothing is to be picked
            rows = np.flatnonzero(usable)
            scores = self._cosines(view, rows, query)
        else:
            rows, scores = self._candidates(view, self._rough(view, query), query, k, usable)
        best = np.lexsort((view.ids[rows], -scores))[:k]
        return view.ids[rows[best]], scores[best].clip(-1.0, 1.0)

    def _candidates(
        self, view: _View, rough: Rough, query: Floats, k: int, usable: NDArray[np.bool_] | None
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

    def _cosines(self, view: _View, rows: NDArray[np.int64], query: Floats) -> Floats:
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

    def _rough(self, view: _View, query: Floats) -> Rough:
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

    @property
    def _kinds(self) -> tuple[str, str]:
        """The files of rows."""
        return self._KEPT, CODES

    def _row_width(self, kind: str) -> int:
        return width(self._dim) if kind == CODES else self._dim

    def _empty_view(self) -> _View:
        stamp = Stamp(FORMAT, self._owner, self._dim, generation=0, serial=0, rows=0, checksum=0)
        return self._view_of(stamp, np.empty((COLUMNS, 0), np.int64))

    def _view_of(self, stamp: Stamp, columns: NDArray[np.int64]) -> _View:
        ids, sums = columns[0], columns[1:-1].view(np.uint64)
        files = {
            kind: CheckedRows(
                self._rows_file(kind, stamp.serial) if stamp.rows else Path(os.devnull),
                dtype=_TYPES[kind],
                dim=self._row_width(kind),
                sums=sums[place],
            )
            for place, kind in enumerate(self._kinds)
        }
        alive = ids != DEAD
        return _View(stamp, ids, sums, *unpacked(columns[-1]), files, None if alive.all() else alive)

    def _map(self, stamp: Stamp) -> None:
        content = self._ids_file(stamp.generation, stamp.serial).read_bytes()
        if zlib.crc32(content) != stamp.checksum or len(content) != 8 * COLUMNS * stamp.rows:
            raise VectorsDamagedError("the ids were overwritten")
        self._view = self._view_of(stamp, np.frombuffer(content, dtype=np.int64).reshape(COLUMNS, stamp.rows))

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

    def _discarded(self, view: _View, error: VectorsDamagedError) -> VectorsDamagedError:
        """Makes damaged files unused, in this process and in others; the error to raise."""
        if self._view is view:
            self.clear()
        if self._read_stamp() == view.stamp:  # otherwise another process has replaced them already
            self._remove_stamp()
        return VectorsDamagedError(f"the vector files in {self._folder} are damaged ({error})")

    def _remove_stamp(self) -> None:
        try:
            (self._folder / STAMP).unlink(missing_ok=True)
        except OSError as error:
            logger.debug("%s is kept: %s", self._folder / STAMP, error)

    def _publish(self, ids: Ids, others: NDArray[np.int64], *, generation: int, serial: int) -> None:
        ids_file = self._ids_file(generation, serial)
        checksum = 0
        with whole_file(ids_file) as place, place.open("wb") as file:
            for part in (ids, np.ascontiguousarray(others)):  # not as one: 32 MB for a million rows
                file.write(part.data)
                checksum = zlib.crc32(part.data, checksum)
        stamp = Stamp(FORMAT, self._owner, self._dim, generation, serial, rows=len(ids), checksum=checksum)
        self._write_stamp(stamp)
        self._map(stamp)
        self._remove_others()

    def _keep_rows(self, view: _View, generation: int) -> None:
        """Says that the files are those of another generation, too: of what changed, nothing is in them."""
        stamp = replace(view.stamp, generation=generation)
        before, now = (self._ids_file(one.generation, one.serial) for one in (view.stamp, stamp))
        if now != before:
            with suppress(OSError):  # a file system without links; or left by an interrupted update
                os.link(before, now)
            if not now.exists() or not now.samefile(before):
                with whole_file(now) as place:
                    place.write_bytes(before.read_bytes())
        self._write_stamp(stamp)
        self._view = view._replace(stamp=stamp)
        self._remove_others()

    def _write_stamp(self, stamp: Stamp) -> None:
        fields = {"format": FORMAT, "checksum": zlib.crc32(repr(stamp).encode()), "stamp": asdict(stamp)}
        with whole_file(self._folder / STAMP) as place:
            place.write_text(json.dumps(fields), encoding="utf-8")

    def _remove_others(self) -> None:
        """Removes files of earlier states."""
        stamp = self._view.stamp
        keep = {
            self._ids_file(stamp.generation, stamp.serial),
            *(self._rows_file(kind, stamp.serial) for kind in self._kinds),
        }
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
        columns = np.vstack([view.sums.view(np.int64), packed(view.scales, view.errors)])[:, alive]
        self._publish(view.ids[alive], columns, generation=view.stamp.generation, serial=serial)

    def _unused_serial(self) -> int:
        names = (_OURS.fullmatch(file.name) for file in self._folder.iterdir())
        return max((int(name["serial"]) for name in names if name and name["serial"]), default=-1) + 1

    def _open_at(self, kind: str, serial: int, rows: int) -> Any:
        """Opens a rows file positioned after the valid rows; what an interrupted update wrote is truncated."""
        path = self._rows_file(kind, serial)
        path.touch()
        file = path.open("r+b")
        file.truncate(rows * self._row_width(kind) * np.dtype(_TYPES[kind]).itemsize)
        file.seek(0, os.SEEK_END)
        return file

    def _ids_file(self, generation: int, serial: int) -> Path:
        # includes the serial, so that a compaction does not replace the list that the previous stamp refers to
        return self._folder / f"ids-{generation}-{serial}.i64"

    def _rows_file(self, kind: str, serial: int) -> Path:
        return self._folder / f"vectors-{serial}.{kind}"


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


def _codes_of(view: _View, rows: NDArray[np.int64]) -> Codes:
    return Codes(view.codes.array[rows], view.scales[rows], view.errors[rows])


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
