"""Read a JSON data file, with clear errors."""

import json
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import Any

from twinlens.data.text_file import TextDecoder
from twinlens.errors import DataError


def read_json(path: Path, *, keep: Callable[[dict[str, Any]], Any] | None = None) -> Any:
    """Parsed JSON of a data file.

    Args:
        path: the file.
        keep: maps each JSON object to what is kept of it, while the file is read; None = keep everything.

    Raises:
        DataError: the file is missing or is not JSON.
    """
    try:
        return json.loads(TextDecoder().decode(path.read_bytes(), path), object_hook=keep)
    except FileNotFoundError as error:
        raise DataError(f"{path} is missing") from error
    except (OSError, ValueError, RecursionError) as error:  # the last if it is nested without end
        raise DataError(f"{path} is not readable JSON: {error}") from error


def read_text(row: Any, key: str) -> str:
    """A string value of an entry; raises TypeError or KeyError if there is none."""
    if not isinstance(text := row[key], str):
        raise TypeError(f"{key} is {text!r}, not a string")
    return text


def read_file_name(row: Any) -> str:
    """An entry's ``file_name``; raises ValueError if it points outside the images folder."""
    name = read_text(row, "file_name")
    if not name or PurePath(name).is_absolute() or ".." in PurePath(name).parts:
        raise ValueError(f"{name!r} is not below the images folder")
    return name
