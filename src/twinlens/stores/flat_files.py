"""The flat files of a store: rows of vectors and of codes, their ids, and a stamp that says what is valid."""

import json
import logging
import os
import re
import zlib
from collections.abc import Iterable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from twinlens.errors import VectorsDamagedError
from twinlens.stores.checked_rows import CheckedRows, Sums, row_sums
from twinlens.stores.codes import Codes, Floats, packed, unpacked, width
from twinlens.types import Ids
from twinlens.whole_file import whole_file

logger = logging.getLogger(__name__)

STAMP = "stamp.json"
FORMAT = 3  # files of another format are rebuilt
# our files: rows, lists of ids, and lists that were not completed
_OURS = re.compile(r"vectors-(?P<serial>\d{1,18})\.(f32|f16|i8)|\.?ids-\d{1,18}-\d{1,18}\.(i64|partial|i64\.partial)")
CODES = "i8"  # the file of codes; the other one, float32 or float16, keeps the vectors
TYPES: Mapping[str, DTypeLike] = {"f32": np.float32, "f16": np.float16, CODES: np.int8}
COLUMNS = 4  # of the file of ids: ids, checksums of vectors and of codes, scales and errors of the codes
DEAD = -1  # id of a row that was removed or replaced
DEAD_SHARE = 0.25  # above this the files are rewritten without dead rows


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


class View(NamedTuple):
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


class FlatFiles:
    """The files in a folder; ``exact.ExactStore`` says how several processes share them.

    Args:
        folder: created at the first update.
        kept: type of the vectors, ``f32`` or ``f16``.
        dim: D.
        owner: identifies the catalog and model of the vectors; files of another owner are as good as none.
    """

    def __init__(self, folder: Path, *, kept: str, dim: int, owner: str) -> None:
        self._folder, self._dim, self._owner = folder, dim, owner
        self._kinds = (kept, CODES)

    def empty(self) -> View:
        """A state without rows."""
        stamp = Stamp(FORMAT, self._owner, self._dim, generation=0, serial=0, rows=0, checksum=0)
        return self._view_of(stamp, np.empty((COLUMNS, 0), np.int64))

    def stamp(self) -> Stamp | None:
        """The stamp of our valid files; None without them, a damaged one is removed."""
        file = self._folder / STAMP
        try:
            fields = json.loads(file.read_text(encoding="utf-8"))
            if fields["format"] != FORMAT:
                return None
            stamp = Stamp(**fields["stamp"])
            if fields["checksum"] != zlib.crc32(repr(stamp).encode()):
                raise ValueError("its checksum is wrong")
        except (FileNotFoundError, IsADirectoryError):  # what is in its place is told of when it is written
            return None
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            logger.warning("%s is damaged (%s); the vector files are rebuilt", file, error)
            self.disown()
            return None
        return stamp if (stamp.owner, stamp.dim) == (self._owner, self._dim) else None

    def disown(self) -> None:
        """Removes the stamp: the files are then no longer used, here and in other processes."""
        try:
            (self._folder / STAMP).unlink(missing_ok=True)
        except OSError as error:
            logger.debug("%s is kept: %s", self._folder / STAMP, error)

    def opened(self, stamp: Stamp) -> View:
        """The state that a stamp describes.

        Raises:
            FileNotFoundError: a later update has replaced it.
            VectorsDamagedError: the ids were overwritten.
        """
        content = self._ids_file(stamp.generation, stamp.serial).read_bytes()
        if zlib.crc32(content) != stamp.checksum or len(content) != 8 * COLUMNS * stamp.rows:
            raise VectorsDamagedError("the ids were overwritten")
        return self._view_of(stamp, np.frombuffer(content, dtype=np.int64).reshape(COLUMNS, stamp.rows))

    def has_ids(self, view: View) -> bool:
        """Whether the list of ids of a state is still there."""
        return self._ids_file(view.stamp.generation, view.stamp.serial).exists()

    def appended(
        self,
        view: View,
        blocks: Iterable[tuple[Ids, NDArray[Any], Codes]],
        removed: Ids,
        *,
        generation: int,
    ) -> View:
        """The next state: without ``removed``, and with the ids, rows [B, D] and codes of each block."""
        rows, ids, sums, scales = view.stamp.rows, view.ids.copy(), [view.sums], [packed(view.scales, view.errors)]
        # files that are not extended may still be mapped by another process, so they are never overwritten
        serial = view.stamp.serial if rows else self._unused_serial()
        ids[np.isin(ids, removed)] = DEAD
        new_ids: list[Ids] = []
        with ExitStack() as opened:
            files = [opened.enter_context(self._open_at(kind, serial, rows)) for kind in self._kinds]
            for block_ids, kept, codes in blocks:
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
        return self._publish(ids, columns, generation=generation, serial=serial)

    def compacted(self, view: View) -> View:
        """The same state in new files without dead rows, if they are worth it."""
        if np.count_nonzero(view.ids == DEAD) <= DEAD_SHARE * len(view.ids):
            return view
        serial = self._unused_serial()
        alive = np.flatnonzero(view.ids != DEAD)
        for kind, rows in view.files.items():
            with self._rows_file(kind, serial).open("wb") as file:
                for start in range(0, len(alive), 4096):
                    file.write(rows.check(alive[start : start + 4096]).tobytes())
                file.flush()
                os.fsync(file.fileno())
        columns = np.vstack([view.sums.view(np.int64), packed(view.scales, view.errors)])[:, alive]
        return self._publish(view.ids[alive], columns, generation=view.stamp.generation, serial=serial)

    def kept(self, view: View, generation: int) -> View:
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
        self._remove_others(stamp)
        return view._replace(stamp=stamp)

    def _publish(self, ids: Ids, others: NDArray[np.int64], *, generation: int, serial: int) -> View:
        ids_file = self._ids_file(generation, serial)
        checksum = 0
        with whole_file(ids_file) as place, place.open("wb") as file:
            for part in (ids, np.ascontiguousarray(others)):  # not as one: 32 MB for a million rows
                file.write(part.data)
                checksum = zlib.crc32(part.data, checksum)
        stamp = Stamp(FORMAT, self._owner, self._dim, generation, serial, rows=len(ids), checksum=checksum)
        self._write_stamp(stamp)
        view = self.opened(stamp)
        self._remove_others(stamp)
        return view

    def _write_stamp(self, stamp: Stamp) -> None:
        fields = {"format": FORMAT, "checksum": zlib.crc32(repr(stamp).encode()), "stamp": asdict(stamp)}
        with whole_file(self._folder / STAMP) as place:
            place.write_text(json.dumps(fields), encoding="utf-8")

    def _remove_others(self, stamp: Stamp) -> None:
        """Removes files of other states."""
        keep = {
            self._ids_file(stamp.generation, stamp.serial),
            *(self._rows_file(kind, stamp.serial) for kind in self._kinds),
        }
        for file in self._folder.iterdir():
            if file not in keep and _OURS.fullmatch(file.name):
                _unlink_unless_in_use(file)

    def _view_of(self, stamp: Stamp, columns: NDArray[np.int64]) -> View:
        ids, sums = columns[0], columns[1:-1].view(np.uint64)
        files = {
            kind: CheckedRows(
                self._rows_file(kind, stamp.serial) if stamp.rows else Path(os.devnull),
                dtype=TYPES[kind],
                dim=self._row_width(kind),
                sums=sums[place],
            )
            for place, kind in enumerate(self._kinds)
        }
        alive = ids != DEAD
        return View(stamp, ids, sums, *unpacked(columns[-1]), files, None if alive.all() else alive)

    def _row_width(self, kind: str) -> int:
        return width(self._dim) if kind == CODES else self._dim

    def _unused_serial(self) -> int:
        names = (_OURS.fullmatch(file.name) for file in self._folder.iterdir())
        return max((int(name["serial"]) for name in names if name and name["serial"]), default=-1) + 1

    def _open_at(self, kind: str, serial: int, rows: int) -> Any:
        """Opens a rows file positioned after the valid rows; what an interrupted update wrote is truncated."""
        path = self._rows_file(kind, serial)
        path.touch()
        file = path.open("r+b")
        file.truncate(rows * self._row_width(kind) * np.dtype(TYPES[kind]).itemsize)
        file.seek(0, os.SEEK_END)
        return file

    def _ids_file(self, generation: int, serial: int) -> Path:
        # includes the serial, so that a compaction does not replace the list that the previous stamp refers to
        return self._folder / f"ids-{generation}-{serial}.i64"

    def _rows_file(self, kind: str, serial: int) -> Path:
        return self._folder / f"vectors-{serial}.{kind}"


def _unlink_unless_in_use(file: Path) -> None:
    try:
        file.unlink()
    except PermissionError:  # Windows: a searching process still maps it; the next update tries again
        logger.debug("%s is in use", file)
