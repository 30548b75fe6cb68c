"""Rows of equal length in a flat file, each with a checksum."""

import mmap
import os
import weakref
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

from twinlens.errors import VectorsDamagedError

# A file that another program cuts short kills a process that has it mapped (SIGBUS). Small ones are therefore
# read: 2 ms for 20,000 photos of 512 numbers, 50 MB with their codes.
MOST_BYTES_READ = 40_000_000
SAMPLE = 32  # rows of a mapped file that are checked when it is opened
BLOCK = 4096  # rows that are checked at once, 8 MB at most

Sums: TypeAlias = NDArray[np.uint64]
"""[N], a checksum for each row."""


def row_sums(rows: NDArray[Any]) -> Sums:
    """The checksum of each row [N, D]: the sum of its 64-bit words.

    Any flipped bit and nearly any overwritten byte changes it, and it is computed at the speed
    of memory: CRC-32 takes five times as long. Words that change places within a row do not change it.

    >>> row_sums(np.array([[1, 0], [0, 2]], dtype=np.uint64)).tolist()
    [1, 2]
    """
    row_bytes = rows.shape[1] * rows.itemsize
    word = next(size for size in (8, 4, 2, 1) if row_bytes % size == 0)
    sums: Sums = np.ascontiguousarray(rows).view(f"u{word}").sum(axis=1, dtype=np.uint64)
    return sums


class CheckedRows:
    """The first N rows of a file: read and checked if small, else memory-mapped and checked as they are used.

    Args:
        path: the file; may be longer.
        dtype: of a number.
        dim: D.
        sums: the rows' checksums.

    Attributes:
        array: [N, D], read-only.

    Raises:
        FileNotFoundError: there is no file.
        VectorsDamagedError: the file is too short, or a checksum is wrong.
    """

    def __init__(self, path: Path, *, dtype: DTypeLike, dim: int, sums: Sums) -> None:
        self._name, self._sums = path.name, sums
        self._num_bytes = len(sums) * dim * np.dtype(dtype).itemsize
        self._file = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        weakref.finalize(self, os.close, self._file)
        self._changed_ns = self.check_length()
        self.is_mapped = self._num_bytes > MOST_BYTES_READ
        self.is_checked = False
        content = mmap.mmap(self._file, self._num_bytes, access=mmap.ACCESS_READ) if self.is_mapped else self._read()
        self.array: NDArray[Any] = np.frombuffer(content, dtype=dtype).reshape(len(sums), dim)
        self.array.flags.writeable = False
        if self.is_mapped:
            self.check(np.linspace(0, len(sums) - 1, num=SAMPLE, dtype=int))
        else:
            self.check_all()

    def check_length(self) -> int:
        """The time when the file was last changed.

        Raises:
            VectorsDamagedError: the file is too short.
        """
        state = os.fstat(self._file)
        if state.st_size < self._num_bytes:
            raise VectorsDamagedError(f"{self._name} has {state.st_size:,} bytes instead of {self._num_bytes:,}")
        return state.st_mtime_ns

    def check_unchanged(self) -> None:
        """To be called before each use: notices a file that was cut short, or changed since it was checked.

        Raises:
            VectorsDamagedError: the file is too short.
        """
        changed_ns = self.check_length()
        if changed_ns != self._changed_ns and self.is_mapped:
            self._changed_ns, self.is_checked = changed_ns, False

    def check(self, rows: NDArray[np.int64]) -> NDArray[Any]:
        """These rows, checked, as an array of their own.

        Raises:
            VectorsDamagedError: a checksum is wrong.
        """
        taken: NDArray[Any] = self.array[rows]
        if not np.array_equal(row_sums(taken), self._sums[rows]):
            raise VectorsDamagedError(f"{self._name} was overwritten")
        return taken

    def check_all(self, start: int = 0, stop: int | None = None) -> None:
        """Checks all rows from ``start`` to ``stop``.

        Raises:
            VectorsDamagedError: a checksum is wrong.
        """
        stop = len(self._sums) if stop is None else stop
        for first in range(start, stop, BLOCK):
            part = slice(first, min(first + BLOCK, stop))
            if not np.array_equal(row_sums(self.array[part]), self._sums[part]):
                raise VectorsDamagedError(f"{self._name} was overwritten")
        self.is_checked = self.is_checked or (start, stop) == (0, len(self._sums))

    def _read(self) -> bytearray:
        content = bytearray(self._num_bytes)
        with open(self._file, "rb", buffering=0, closefd=False) as file:
            done = 0
            while done < self._num_bytes and (count := file.readinto(memoryview(content)[done:])):
                done += count
        if done < self._num_bytes:
            raise VectorsDamagedError(f"{self._name} was cut short while it was read")
        return content
