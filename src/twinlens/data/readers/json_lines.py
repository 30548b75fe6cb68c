"""Rows of a JSON lines file: an object with image and caption in each line."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from twinlens.data.captioned import caption_of, check_below
from twinlens.data.readers.columns import CAPTION_COLUMNS, IMAGE_COLUMNS, column_name
from twinlens.data.text_file import read_text_file
from twinlens.errors import DataError

SUFFIXES = (".jsonl", ".ndjson")


def json_line_rows(table: Path) -> Iterator[tuple[str, str | None]]:
    """File name and caption of each line, or of each caption in a list; None where there is no caption.

    Raises:
        DataError: a line is malformed; the message gives file and line.
    """
    for number, line in enumerate(read_text_file(table).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            image, captions = _cells(json.loads(line))
            if not isinstance(image, str):
                raise TypeError("image must be a text")
            image = check_below(image)
            rows = [(image, caption_of(caption)) for caption in captions]
        except (ValueError, TypeError, AttributeError, StopIteration, RecursionError) as error:
            wanted = "an object with image and caption"
            raise DataError(f"{table}, line {number}: expected {wanted}, got {line.strip()!r:.80}") from error
        yield from rows


def has_columns(line: str) -> bool:
    """Whether a line is an object with image and caption."""
    try:
        _cells(json.loads(line))
    except (ValueError, AttributeError, StopIteration, RecursionError):
        return False
    return True


def _cells(entry: Any) -> tuple[Any, list[Any]]:
    row = {column_name(key): value for key, value in entry.items()}
    image = next(row[name] for name in IMAGE_COLUMNS if name in row)
    captions = next(row[name] for name in CAPTION_COLUMNS if name in row)
    return image, captions if isinstance(captions, list) and captions else [captions or None]
