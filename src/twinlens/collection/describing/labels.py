"""A file of labels: one a line, each with the phrases that are searched for it."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from twinlens.collection.catalog.curated.names import name_key, tidy_name
from twinlens.counted import counted
from twinlens.data.one_line import one_line
from twinlens.data.text_file import read_text_file
from twinlens.errors import DataError, QueryError

MOST_LABELS = 50_000  # with their phrases: 100 MB of embeddings
LONGEST = 500  # characters of a phrase; models read fewer


class Label(NamedTuple):
    """A label.

    Attributes:
        name: the tag.
        phrases: what is searched for it: its name, synonyms, translations.
    """

    name: str
    phrases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LabelFile:
    """The labels of a file.

    Attributes:
        labels: each once, in order.
        blank: lines without a label.
        twice: lines whose label an earlier line has; their phrases count all the same.
    """

    labels: tuple[Label, ...]
    blank: int = 0
    twice: int = 0

    @property
    def note(self) -> str:
        """What was found in the file, in a few words.

        >>> LabelFile((Label("dog", ("dog", "Hund")),), blank=2, twice=1).note
        '1 label with 2 phrases (2 blank lines, 1 label repeated)'
        """
        phrases = sum(len(label.phrases) for label in self.labels)
        told = [counted(self.blank, "blank line")] if self.blank else []
        told += [f"{counted(self.twice, 'label')} repeated"] if self.twice else []
        with_phrases = f" with {phrases:,} phrases" if phrases > len(self.labels) else ""
        behind = f" ({', '.join(told)})" if told else ""
        return f"{counted(len(self.labels), 'label')}{with_phrases}{behind}"


def tidy_label(name: str, phrases: Iterable[str] = ()) -> Label:
    """A label with its name as tags are written; the name is searched for, too.

    Raises:
        QueryError: the name is none of a tag.

    >>> tidy_label("  dog ", ["a  puppy", " "])
    Label(name='dog', phrases=('dog', 'a puppy'))
    """
    name = tidy_name(name, "tag")
    return Label(name, tuple(dict.fromkeys([name, *(text for phrase in phrases if (text := one_line(phrase)))])))


def read_labels(file: Path) -> LabelFile:
    """The labels of a text file: one a line, or a line of CSV: label, phrase, phrase, …

    Raises:
        DataError: it cannot be read, is no text or empty, or has too many labels or one that cannot be used.
    """
    if file.is_dir():
        raise DataError(f"{file} is a folder; give a text file with one label per line")
    found: dict[str, tuple[str, dict[str, None]]] = {}
    blank = twice = phrases = 0
    for number, line in enumerate(read_text_file(file).splitlines(), start=1):
        cells = _cells(line, f"{file}, line {number}")
        if not cells:
            blank += 1
            continue
        key = name_key(cells[0])
        twice += key in found
        known = found.setdefault(key, (cells[0], {}))[1]
        known.update(dict.fromkeys(cells))
        phrases += len(cells)
        if phrases > MOST_LABELS:
            raise DataError(f"{file} has more than {MOST_LABELS:,} labels and phrases; split it into several files")
    if not found:
        raise DataError(f"{file} contains no labels; write one per line")
    return LabelFile(tuple(Label(name, tuple(own)) for name, own in found.values()), blank, twice)


def _cells(line: str, place: str) -> list[str]:
    """The label of a line and its phrases; empty for a blank line."""
    try:
        cells = [one_line(cell) for cell in next(csv.reader([line], skipinitialspace=True), [])]
    except csv.Error as error:
        raise DataError(f"{place} is no line of CSV ({error}); write: label, phrase, phrase") from error
    if not any(cells):
        return []
    if long := next((cell for cell in cells if len(cell) > LONGEST), None):
        raise DataError(f"{place}: a phrase may have {LONGEST} characters, got {len(long):,}: {long[:40]}…")
    try:
        name = tidy_name(cells[0], "tag")
    except QueryError as error:
        raise DataError(f"{place}: {error}") from error
    return [name, *(cell for cell in cells[1:] if cell)]
