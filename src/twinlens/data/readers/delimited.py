"""Rows of a CSV or TSV table of captions; delimiter and columns are recognized from the header."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from twinlens.data.captioned import caption_of, check_below
from twinlens.data.readers.columns import CAPTION_COLUMNS, IMAGE_COLUMNS, column_name
from twinlens.data.text_file import LOOK_BYTES, read_text_file
from twinlens.errors import DataError

DELIMITERS = ("|", "\t", ";", ",")
_LINE_END = re.compile(r"\r\n|\r|\n")
_SEPARATOR_LINE = re.compile(r'"?sep=.?"?\s*', re.IGNORECASE)  # Excel's hint to itself
# one row of Flickr30k's own table lacks the second bar: "2199200615.jpg| 4   A dog runs across the grass ."
_BAR_LOST = re.compile(r"\s*(?P<image>[^|]+?)\s*\|\s*\d+\s+(?P<caption>\S.*)")


class Header(NamedTuple):
    """What the first line of a table says."""

    delimiter: str
    image: int  # column numbers
    caption: int
    n_columns: int


def read_header(text: str) -> Header | None:
    """The delimiter and the columns in the first line of a table; None if it does not name image and caption.

    >>> read_header("Filename;Comment\\n1.jpg;a dog, running")
    Header(delimiter=';', image=0, caption=1, n_columns=2)
    """
    line = _first_line(_without_hint(text)[0])
    for delimiter in DELIMITERS:
        names = [column_name(cell) for cell in next(csv.reader([line], delimiter=delimiter), [])]
        while names and not names[-1]:
            names.pop()
        image = next((names.index(name) for name in IMAGE_COLUMNS if name in names), None)
        caption = next((names.index(name) for name in CAPTION_COLUMNS if name in names), None)
        if image is not None and caption is not None:
            return Header(delimiter, image, caption, len(names))
    return None


def delimited_rows(table: Path) -> Iterator[tuple[str, str | None]]:
    """File name and caption of each row; the caption is None where the cell is empty.

    Raises:
        DataError: a row is malformed; the message gives file and line.
    """
    text, n_skipped = _without_hint(read_text_file(table))
    header = read_header(text)
    if header is None:
        line = _first_line(text).strip()
        raise DataError(f"{table}, line {n_skipped + 1}: expected columns image and caption, got {line!r:.80}")
    lines = io.StringIO(text, newline="")
    if header.delimiter == "|" and not _is_quoted(text):
        rows = csv.reader(lines, delimiter="|", quoting=csv.QUOTE_NONE)
    else:
        rows = csv.reader(lines, delimiter=header.delimiter)
    try:
        next(rows)
        for row in rows:
            if any(cell.strip() for cell in row):
                yield _cells(row, header)
    except (csv.Error, ValueError) as error:
        raise DataError(f"{table}, line {n_skipped + rows.line_num}: {error}") from error


def _cells(row: list[str], header: Header) -> tuple[str, str | None]:
    shown = header.delimiter.join(row)
    while len(row) > header.n_columns and not row[-1].strip():
        row.pop()
    if len(row) > max(header.image, header.caption):
        # a caption may contain the delimiter unquoted: it takes what the other columns leave over
        extra = max(0, len(row) - header.n_columns)
        image = row[header.image + (extra if header.image > header.caption else 0)]
        caption = header.delimiter.join(row[header.caption : header.caption + extra + 1])
    elif lost := _BAR_LOST.fullmatch(shown):
        image, caption = lost["image"], lost["caption"]
    else:
        raise ValueError(f"too few columns in {shown!r:.80}")
    try:
        return check_below(image.strip()), caption_of(caption)
    except ValueError as error:
        raise ValueError(f"{error} in {shown!r:.80}") from error


def _is_quoted(text: str) -> bool:
    """Whether a table with bars follows the rules of quotation; Flickr30k's captions contain unpaired marks."""
    if "| " in _first_line(text):
        return False
    try:
        for _ in csv.reader(io.StringIO(text, newline=""), delimiter="|", strict=True):
            pass
    except csv.Error:
        return False
    return True


def _first_line(text: str) -> str:
    return _LINE_END.split(text[:LOOK_BYTES], maxsplit=1)[0]


def _without_hint(text: str) -> tuple[str, int]:
    """The text without Excel's ``sep=;``, and the number of lines left out."""
    line, _, rest = text.partition("\n")
    return (rest, 1) if _SEPARATOR_LINE.fullmatch(line) else (text, 0)
