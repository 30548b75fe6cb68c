"""Read a list of names or captions, one for each row of an array."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from twinlens.data.parquet_file import open_parquet, read_columns
from twinlens.data.readers.columns import CAPTION_COLUMNS, IMAGE_COLUMNS, column_name
from twinlens.data.readers.json_file import read_json
from twinlens.data.text_file import read_text_file
from twinlens.errors import DataError

SUFFIXES = (".txt", ".json", ".csv", ".tsv", ".parquet")
_LINE_END = re.compile(r"\r\n|\r|\n")  # captions may contain the other ends of lines that str.splitlines knows
COLUMNS = {"image": IMAGE_COLUMNS, "caption": CAPTION_COLUMNS}


def list_beside(array: Path) -> Path | None:
    """``photos.txt`` (.json, .csv, .tsv, .parquet) beside ``photos.npy``; None if there is none."""
    return next((file for suffix in SUFFIXES if (file := array.with_suffix(suffix)).is_file()), None)


def read_names(path: Path, what: str) -> list[str]:
    """The names or captions in a list, in order.

    A text file has one a line; a JSON file is a list of them, or of objects; of objects and tables the column is
    taken that is called like one of ``COLUMNS[what]``.

    Args:
        path: with one of ``SUFFIXES``.
        what: "image" or "caption".

    Raises:
        DataError: the list cannot be read, has no such column, or lacks an entry; Parquet files need pyarrow.
    """
    return checked_names(read_column(path, what), path, what)


def read_column(path: Path, what: str) -> list[Any]:
    """As ``read_names``, but an entry may be missing or of any type."""
    suffix = path.suffix.lower()
    if suffix == ".txt":
        return _LINE_END.split(read_text_file(path).rstrip("\r\n"))
    if suffix == ".json":
        entries = read_json(path)
        if not isinstance(entries, list):
            raise DataError(f"{path}: expected a list with one {what} for each row, got {type(entries).__name__}")
        if not any(isinstance(entry, dict) for entry in entries):
            return entries
        column = _column(path, entries[0] if isinstance(entries[0], dict) else (), what)
        return [entry.get(column) if isinstance(entry, dict) else None for entry in entries]
    if suffix == ".parquet":
        with open_parquet(path) as opened:
            column = _column(path, opened.schema_arrow.names, what)
        return [row[column] for row in read_columns(path, [column])]
    table = csv.DictReader(io.StringIO(read_text_file(path), newline=""), delimiter="\t" if suffix == ".tsv" else ",")
    try:
        column = _column(path, table.fieldnames or (), what)
        return [row[column] for row in table]
    except csv.Error as error:
        raise DataError(f"{path}, line {table.line_num}: {error}") from error


def checked_names(entries: Sequence[Any], path: Path, what: str) -> list[str]:
    """The entries, if each is a text; raises DataError otherwise."""
    for number, entry in enumerate(entries):
        if not isinstance(entry, str) or not entry.strip():
            raise DataError(f"{path}: row {number} has no {what}, got {entry!r:.80}; each row of vectors needs one")
    return list(entries)


def _column(path: Path, names: Iterable[str], what: str) -> str:
    own = list(names)
    known = {column_name(name): name for name in own}
    found = next((known[name] for name in COLUMNS[what] if name in known), None)
    if found is None:
        raise DataError(f"{path}: expected a column {what} or {COLUMNS[what][1]}, got {', '.join(own)[:80] or 'none'}")
    return found
