"""Tables of file name and caption: CSV, TSV, ``results.csv`` of Flickr30k, JSON lines."""

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from twinlens.data.captioned import CaptionedPhotos, Source, check_below, gather
from twinlens.data.readers.splits_json import read_splits
from twinlens.errors import DataError

NAMES = ("captions.csv", "captions.tsv", "captions.txt", "captions.jsonl", "results.csv", "results_20130124.csv")
IMAGE_FOLDERS = ("images", "Images", "flickr30k_images", "flickr30k-images", "Flicker8k_Dataset", "photos")
IMAGE_COLUMNS = ("image", "image_name", "file_name", "filename", "image_id")
CAPTION_COLUMNS = ("caption", "comment", "text")
# one row of Flickr30k's own table lacks the second bar: "2199200615.jpg| 4   A dog runs across the grass ."
_BAR_LOST = re.compile(r"\s*(?P<image>[^|]+?)\s*\|\s*\d+\s+(?P<caption>\S.*)")


def recognizes(directory: Path) -> Path | None:
    """The table in a folder, by its name and first line; None if there is none."""
    for name in NAMES:
        file = directory / name
        if file.is_file() and (file.suffix == ".jsonl" or _columns(_first_line(file)) is not None):
            return file
    return None


def read_table(source: Source) -> CaptionedPhotos:
    """Photos and captions from a table, with the splits from a ``splits.json`` beside it.

    Columns are found by name (image or file_name; caption or comment); the delimiter
    (``|``, tab or comma) is detected from the header.

    Raises:
        DataError: a row is malformed; the message gives file and line.
    """
    table = source.file or recognizes(source.directory)
    if table is None:
        raise DataError(f"{source.directory} contains no table of captions; expected one of {', '.join(NAMES)}")
    folder = source.image_folder(*IMAGE_FOLDERS)
    rows = _json_lines(table) if table.suffix == ".jsonl" else _delimited(table)
    return source.captioned(gather(folder, rows), read_splits(source.directory))


def _delimited(table: Path) -> Iterator[tuple[str, str]]:
    with _open(table) as lines:
        header = next(lines, "")
        delimiter = _delimiter(header)
        columns = _columns(header)
        if columns is None:
            raise DataError(f"{table}, line 1: expected columns image and caption, got {header.strip()!r:.80}")
        image, caption = columns
        if delimiter == "|":  # Flickr30k's captions contain unpaired quotation marks
            reader = csv.reader(lines, delimiter="|", quoting=csv.QUOTE_NONE)
        else:
            reader = csv.reader(lines, delimiter=delimiter)
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            found = _cells(row, image, caption, delimiter)
            try:
                if found is None:
                    raise ValueError("too few columns")
                yield check_below(found[0]), found[1]
            except ValueError as error:
                text = delimiter.join(row)
                raise DataError(f"{table}, line {reader.line_num + 1}: {error} in {text!r:.80}") from error


def _cells(row: list[str], image: int, caption: int, delimiter: str) -> tuple[str, str] | None:
    if len(row) > max(image, caption):
        # a caption in the last column may contain the delimiter unquoted
        text = delimiter.join(row[caption:]) if caption > image else row[caption]
        return (row[image].strip(), text.strip()) if text.strip() else None
    lost = _BAR_LOST.fullmatch(delimiter.join(row))
    return (lost["image"], lost["caption"].strip()) if lost else None


def _json_lines(table: Path) -> Iterator[tuple[str, str]]:
    with _open(table) as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                image = next(row[key] for key in IMAGE_COLUMNS if key in row)
                caption = next(row[key] for key in CAPTION_COLUMNS if key in row)
                if not isinstance(image, str) or not isinstance(caption, str):
                    raise TypeError("image and caption must be strings")
                yield check_below(image), caption.strip()
            except (ValueError, TypeError, StopIteration) as error:
                wanted = "an object with image and caption"
                raise DataError(f"{table}, line {number}: expected {wanted}, got {line.strip()!r:.80}") from error


def _open(table: Path) -> TextIO:
    try:
        return table.open(encoding="utf-8-sig", newline="")
    except OSError as error:
        raise DataError(f"{table} cannot be read: {error.strerror or error}") from error


def _first_line(file: Path) -> str:
    with file.open(encoding="utf-8-sig", errors="replace") as lines:
        return lines.readline()


def _delimiter(header: str) -> str:
    return next((mark for mark in ("|", "\t") if mark in header), ",")


def _columns(header: str) -> tuple[int, int] | None:
    names = [name.strip().strip('"').lower() for name in header.split(_delimiter(header))]
    image = next((names.index(name) for name in IMAGE_COLUMNS if name in names), None)
    caption = next((names.index(name) for name in CAPTION_COLUMNS if name in names), None)
    return None if image is None or caption is None else (image, caption)
