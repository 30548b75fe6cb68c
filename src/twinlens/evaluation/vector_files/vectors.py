"""Vectors of another program with the names of their rows."""

from dataclasses import dataclass
from pathlib import Path

from twinlens.errors import DataError
from twinlens.evaluation.pairs import unit_rows
from twinlens.evaluation.vector_files.array_file import read_array
from twinlens.evaluation.vector_files.name_list import SUFFIXES, list_beside, read_names
from twinlens.types import Embeddings


@dataclass(frozen=True, eq=False)
class Vectors:
    """N rows of one kind.

    Attributes:
        rows: [N, D], unit rows.
        names: [N], file names of photos or captions; None if the rows have no list.
        source: the file or folder they are from.
        listed_in: the file with their names, for messages.
        notes: how the rows were changed.
    """

    rows: Embeddings
    names: tuple[str, ...] | None
    source: Path
    listed_in: Path
    notes: tuple[str, ...] = ()


def read_photo_vectors(path: Path) -> Vectors:
    """Vectors of photos and, from the list beside them, their file names.

    Raises:
        DataError: a file is missing, damaged or does not fit the other one.
    """
    found = _read(path, "image")
    if found.names is None:
        lists = ", ".join(path.with_suffix(suffix).name for suffix in SUFFIXES)
        raise DataError(f"{path} has no list of its photos' file names, one for each row; expected one of {lists}")
    return found


def read_text_vectors(path: Path) -> Vectors:
    """Vectors of captions and, if there is a list beside them, the captions."""
    return _read(path, "caption")


def _read(path: Path, what: str) -> Vectors:
    rows, notes = unit_rows(read_array(path), str(path))
    listed_in = list_beside(path)
    if listed_in is None:
        return Vectors(rows, None, path, path, notes)
    names = read_names(listed_in, what)
    if len(names) != len(rows):
        raise DataError(f"{listed_in} has {len(names):,} entries, but {path.name} has {len(rows):,} rows")
    return Vectors(rows, tuple(names), path, listed_in, notes)
