"""Read rows of a Parquet file with pyarrow (extra ``parquet``)."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from twinlens.errors import DataError

IMAGE_COLUMNS = ("image", "img", "jpg", "jpeg", "png", "webp", "image_bytes", "bytes")
KEPT_ROW_GROUPS = 4  # files on the hub have 100 to 1,000 photos per row group, about 10 to 130 MB

_row_groups: OrderedDict[tuple[Path, int, int], Any] = (
    OrderedDict()
)  # photo column by file, modification time and group
_reading = threading.Lock()


def load_pyarrow(module: str) -> Any:
    """Imports a module of pyarrow.

    Raises:
        DataError: pyarrow is not installed.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise DataError('Parquet files need pyarrow: pip install "twinlens[parquet]"') from error


def open_parquet(file: Path) -> Any:
    """A ``pyarrow.parquet.ParquetFile``; the caller closes it.

    Raises:
        DataError: it cannot be read, or is not a Parquet file.
    """
    parquet = load_pyarrow("pyarrow.parquet")
    try:
        return parquet.ParquetFile(file)
    except OSError as error:
        raise DataError(f"{file} cannot be read: {error.strerror or error}") from error
    except load_pyarrow("pyarrow").ArrowException as error:
        raise DataError(f"{file} is damaged or not a Parquet file: {error}") from error


def read_columns(file: Path, columns: Sequence[str]) -> list[dict[str, Any]]:
    """The rows of a file, with the given columns only; ``image.path`` selects a field of a struct.

    Raises:
        DataError: the file cannot be read.
    """
    with open_parquet(file) as opened:
        try:
            rows: list[dict[str, Any]] = opened.read(columns=list(columns)).to_pylist()
        except (OSError, load_pyarrow("pyarrow").ArrowException) as error:
            raise DataError(f"{file} is damaged: {error}") from error
    return rows


def photo_column(schema: Any) -> str | None:
    """The column with the bytes of photos; None if there is none."""
    return next(
        (name for name in IMAGE_COLUMNS if name in schema.names and _holds_bytes(schema.field(name).type)), None
    )


def read_photo(file: Path, row: int) -> bytes:
    """The bytes of the photo in a row, counted from 0.

    Whole row groups are read, and the last few are cached: reading in file order is
    fast, reading in random order costs a row group per photo.

    Raises:
        KeyError: there is no such row, or it has no photo.
        DataError: the file cannot be read.
    """
    with _reading, open_parquet(file) as opened:
        first = 0
        for group in range(opened.num_row_groups):
            count = opened.metadata.row_group(group).num_rows
            if first <= row < first + count:
                value = _photos_of(file, opened, group)[row - first].as_py()
                data = value.get("bytes") if isinstance(value, dict) else value
                if data is None:
                    break
                return bytes(data)
            first += count
    raise KeyError(row)


def _photos_of(file: Path, opened: Any, group: int) -> Any:
    key = (file, file.stat().st_mtime_ns, group)
    if key not in _row_groups:
        column = photo_column(opened.schema_arrow)
        if column is None:
            raise DataError(f"{file} has no column of photos")
        try:
            _row_groups[key] = opened.read_row_group(group, columns=[column])[column]
        except (OSError, load_pyarrow("pyarrow").ArrowException) as error:
            raise DataError(f"{file} is damaged: {error}") from error
        while len(_row_groups) > KEPT_ROW_GROUPS:
            _row_groups.popitem(last=False)
    _row_groups.move_to_end(key)
    return _row_groups[key]


def has_field(kind: Any, name: str) -> bool:
    """Whether a column's type is a struct with a field of that name."""
    return load_pyarrow("pyarrow").types.is_struct(kind) and any(field.name == name for field in kind)


def _holds_bytes(kind: Any) -> bool:
    types = load_pyarrow("pyarrow").types
    if has_field(kind, "bytes"):
        return _holds_bytes(kind.field("bytes").type)
    return bool(types.is_binary(kind) or types.is_large_binary(kind))
