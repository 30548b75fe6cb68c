"""The vectors of an archive, row by row, checked."""

import zipfile
from collections.abc import Iterator

import numpy as np

from twinlens.collection.catalog.rows import MOST_DIM, are_unit_rows

ROWS_AT_ONCE = 256


def vectors_of(
    archive: zipfile.ZipFile, name: str, count: int, kind: str, *, dim: int | None = None
) -> Iterator[bytes]:
    """The rows of an array [count, D]; asking for one more than it has raises.

    Args:
        archive: that has it.
        name: of the array's part.
        count: how many rows it must have.
        kind: "<f4" for embeddings, which are of unit length; "<f2" for features.
        dim: D; None = any.

    Raises:
        ValueError: it is another array, too short, or a row was overwritten.
    """
    with archive.open(name) as member:
        if np.lib.format.read_magic(member) != (1, 0):
            raise ValueError(f"{name} is of another version of npy")
        shape, is_fortran, found = np.lib.format.read_array_header_1_0(member)
        is_right = len(shape) == 2 and shape[0] == count and 0 < shape[1] <= MOST_DIM
        if not is_right or is_fortran or found != np.dtype(kind):
            raise ValueError(f"{name} is {shape} of {found}")
        if dim not in (None, shape[1]):
            raise ValueError(f"{name} has {shape[1]} numbers a row, the model {dim}")
        size = shape[1] * np.dtype(kind).itemsize
        while block := member.read(size * ROWS_AT_ONCE):
            rows = np.frombuffer(block[: len(block) // size * size], dtype=kind).reshape(-1, shape[1])
            if not np.isfinite(rows).all() or (kind == "<f4" and not are_unit_rows(rows)):
                raise ValueError(f"a row of {name} was overwritten")
            yield from (row.tobytes() for row in rows)
    raise ValueError(f"{name} is too short")
