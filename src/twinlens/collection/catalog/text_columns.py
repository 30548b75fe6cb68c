"""File names, captions and what is written in pictures, in memory, for filters and the order by name.

SQLite would call a function of Python for each row, which takes most of the time of such a filter. Here it is called
once, and gives bytes with a place for each photo's id, which SQL looks up: ``substr(files_named(?), photos.id, 1)``.
The functions are marked as deterministic, and so they are as long as a statement runs: SQLite then calls one with
constant arguments before the first row, and copies its bytes for none.
"""

import re
import sqlite3
from collections.abc import Callable, Sequence
from fnmatch import translate
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from twinlens.collection.catalog.columns.kept_column import KeptColumn
from twinlens.collection.catalog.columns.positions import read_positions
from twinlens.collection.catalog.columns.values import ValueColumn, read_cameras, read_texts
from twinlens.collection.catalog.condition import READ_TEXTS
from twinlens.collection.catalog.order import ORDERS, read_order
from twinlens.collection.catalog.rows import id_array, ids_in
from twinlens.collection.catalog.sql_functions import file_name, folded
from twinlens.types import Ids
from twinlens.words.terms import may_go_on, terms_of

END = "\0"  # in no file name; in a caption it is left out
MOST_ANSWERS = 16  # kept of each column


class TextColumn:
    """A text for each of some photos, in small letters without accents.

    Args:
        ids: [N], the photo of each text; a photo may have several.
        texts: N of them.
    """

    def __init__(self, ids: Ids, texts: Sequence[str]) -> None:
        plain = [folded(text.replace(END, "")) for text in texts]
        self.ids = ids
        self.texts = END + END.join(plain) + END
        self._starts = np.cumsum([1, *(len(text) + 1 for text in plain)])[:-1]
        self._size = int(ids.max(initial=0))

        self._answers: dict[tuple[str, str], bytes] = {}

    def holding(self, part: str) -> bytes:
        """One byte for each id from 1 on: 1 for photos with a text that holds ``part``, in any case."""
        return self._answer("holding", folded(part), self._rows)

    def like(self, pattern: str) -> bytes:
        """The same for a whole text, or one up to its last dot, with ``*`` for any letters and ``?`` for any letter."""
        return self._answer("like", folded(pattern), self._rows_like)

    def ending(self, ends: str) -> bytes:
        """The same for texts that end with a dot and one of some endings, with spaces between them."""
        return self._answer("ending", ends, self._rows_ending)

    def _answer(self, question: str, value: str, rows: Callable[[str], NDArray[np.int64]]) -> bytes:
        """Of the last ones asked for, or computed: a search asks several times."""
        known = self._answers.get((question, value))
        if known is None:
            marks = np.zeros(self._size, dtype=np.uint8)
            marks[self.ids[rows(value)] - 1] = 1
            if len(self._answers) >= MOST_ANSWERS:
                self._answers.clear()
            known = self._answers[question, value] = marks.tobytes()
        return known

    def _rows_like(self, pattern: str) -> NDArray[np.int64]:
        literal = max(re.split(r"[*?]", pattern), key=len)
        test = re.compile(translate(pattern.replace("[", "[[]"))).match
        rows = self._rows(literal) if literal else np.arange(len(self.ids))
        return np.array([row for row in rows.tolist() if _is_like(self.text(row), test)], dtype=np.int64)

    def _rows_ending(self, ends: str) -> NDArray[np.int64]:
        codes, of_texts = self._endings
        return np.flatnonzero(np.isin(of_texts, [codes[end] for end in ends.split() if end in codes]))

    def text(self, row: int) -> str:
        """One of the texts."""
        start = int(self._starts[row])
        return self.texts[start : self.texts.index(END, start)]

    def _rows(self, part: str) -> NDArray[np.int64]:
        """The rows that hold a text, ascending; some more than once."""
        if END in part:
            return np.empty(0, dtype=np.int64)
        found = np.array([match.start() for match in re.finditer(re.escape(part), self.texts)], dtype=np.int64)
        return np.searchsorted(self._starts, found, side="right") - 1

    @cached_property
    def _endings(self) -> tuple[dict[str, int], NDArray[np.int64]]:
        """A number for each ending that there is, and that of each text."""
        codes: dict[str, int] = {}
        of_texts = [codes.setdefault(text.rpartition(".")[2], len(codes)) for text in self.texts[1:-1].split(END)]
        return codes, np.array(of_texts[: len(self.ids)], dtype=np.int64)


class TextColumns:
    """The columns of a catalog, read when they are first asked for and kept until the catalog changes.

    Attributes:
        searchable: ids of all searchable photos.
        orders: in which they may be listed.
        positions: where photos were taken.
    """

    def __init__(self) -> None:
        self._names, self._captions = KeptColumn(_read_names), KeptColumn(_read_captions)
        self._places = KeptColumn(_read_places)
        self.searchable, self._cameras = KeptColumn(_read_searchable), KeptColumn(read_cameras)
        self.orders = {order: KeptColumn(partial(read_order, order=order)) for order in ORDERS}
        self.positions = KeptColumn(read_positions)
        self._said: dict[str, KeptColumn[ValueColumn]] = {}
        self._in_pictures = KeptColumn(_read_in_pictures)

    def add_functions(self, connection: sqlite3.Connection) -> None:
        """Makes the questions to them known to SQL on a connection, by which they are read."""
        questions: dict[str, Callable[[str], bytes]] = {
            "files_named": lambda part: self._names.of(connection).holding(part),
            "files_like": lambda pattern: self._names.of(connection).like(pattern),
            "files_ending": lambda ends: self._names.of(connection).ending(ends),
            "captions_holding": lambda part: self._captions.of(connection).holding(part),
            "pictures_saying": lambda words: self._in_pictures.of(connection).holding(
                _between_spaces(may_go_on(terms_of(words)))
            ),
            "cameras_holding": lambda part: self._cameras.of(connection).holding(part),
            "photos_with": lambda kind: self._texts(kind).of(connection).any(),
        }
        for name, question in questions.items():
            connection.create_function(name, 1, question, deterministic=True)
        holding_words = lambda kind, words: self._texts(kind).of(connection).holding_words(words)  # noqa: E731
        connection.create_function("texts_holding", 2, holding_words, deterministic=True)
        connection.create_function("places_by_name", 0, lambda: self._places.of(connection), deterministic=True)

    def _texts(self, kind: str) -> "KeptColumn[ValueColumn]":
        return self._said.setdefault(kind, KeptColumn(partial(read_texts, kind=kind)))


def _read_searchable(connection: sqlite3.Connection) -> Ids:
    sql = "SELECT group_concat(id, ' ') FROM (SELECT id FROM photos WHERE skip_reason IS NULL ORDER BY id) AS ordered"
    return ids_in(connection.execute(sql).fetchone()[0])


def _read_names(connection: sqlite3.Connection) -> TextColumn:
    rows = connection.execute("SELECT id, path FROM photos WHERE skip_reason IS NULL ORDER BY id").fetchall()
    return TextColumn(id_array(rows), [file_name(path) for _, path in rows])


def _read_captions(connection: sqlite3.Connection) -> TextColumn:
    rows = connection.execute("SELECT photo_id, text FROM captions ORDER BY photo_id").fetchall()
    return TextColumn(id_array(rows), [text for _, text in rows])


def _read_in_pictures(connection: sqlite3.Connection) -> TextColumn:
    """The words of what is written in pictures, each between spaces."""
    rows = connection.execute(
        f"SELECT id, text FROM photos JOIN {READ_TEXTS} USING (content_hash) "
        "WHERE skip_reason IS NULL AND text != '' ORDER BY id"
    ).fetchall()
    return TextColumn(id_array(rows), [_between_spaces(terms_of(text)) for _, text in rows])


def _between_spaces(terms: Sequence[str]) -> str:
    """Without any it is in no text."""
    return f" {' '.join(terms)} " if terms else END


def _read_places(connection: sqlite3.Connection) -> bytes:
    """The place of each photo in the order by name, by id: four bytes that sort as the number does."""
    rows = connection.execute("SELECT id, folder_id, path FROM photos").fetchall()
    ordered = sorted((folded(file_name(path)), folder, path, number) for number, folder, path in rows)
    places = np.zeros(max((row[0] for row in rows), default=0), dtype=">u4")
    places[[row[3] - 1 for row in ordered]] = np.arange(1, len(ordered) + 1)
    return places.tobytes()


def _is_like(text: str, test: Callable[[str], object]) -> bool:
    return bool(test(text) or test(text.rpartition(".")[0]))
