"""File names, captions and what is written in pictures, in memory, for filters and the order by name.

SQLite would call a function of Python for each row, which takes most of the time of such a filter. Here it is called
once, and gives bytes with a place for each photo's id, which SQL looks up: ``substr(files_named(?), photos.id, 1)``.
The functions are marked as deterministic, and so they are as long as a statement runs: SQLite then calls one with
constant arguments before the first row, and copies its bytes for none.
"""

import re
from collections.abc import Callable, Sequence
from fnmatch import translate
from functools import cached_property, partial
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from twinlens.collection.catalog.columns.counts import read_counts, renew_counts
from twinlens.collection.catalog.columns.counts_file import CountsFile
from twinlens.collection.catalog.columns.kept_column import KeptColumn, among
from twinlens.collection.catalog.columns.positions import read_positions, renew_positions
from twinlens.collection.catalog.columns.values import (
    ValueColumn,
    read_cameras,
    read_texts,
    renew_cameras,
    renew_texts,
)
from twinlens.collection.catalog.condition import READ_TEXTS
from twinlens.collection.catalog.database import Connection
from twinlens.collection.catalog.order import ORDERS, read_name_places, read_order, renew_name_places, renew_order
from twinlens.collection.catalog.rows import id_array, ids_in
from twinlens.collection.catalog.sqlite.sql_functions import file_name, folded
from twinlens.types import Ids
from twinlens.words.terms import may_go_on, terms_of

END = "\0"  # in no file name; in a caption it is left out
MOST_ANSWERS = 16  # kept of each column
MOST_COUNTED = 100_000  # changed photos whose blocks are counted again


class TextColumn:
    """A text for each of some photos, in small letters without accents.

    Args:
        ids: [N], the photo of each text; a photo may have several. 0 = a text that counts no longer.
        texts: N of them.
    """

    def __init__(self, ids: Ids, texts: Sequence[str]) -> None:
        plain = [folded(text.replace(END, "")) for text in texts]
        self.ids = ids
        self.texts = END + END.join(plain) + END
        self._starts = np.cumsum([1, *(len(text) + 1 for text in plain)])[:-1]
        self._size = int(ids.max(initial=0))
        self._answers: dict[tuple[str, str], bytes] = {}

    def after(self, changed: Ids, ids: Ids, texts: Sequence[str]) -> "TextColumn | None":
        """Another one, in which photos that have changed have other texts; None if few of its texts would count.

        Args:
            changed: the photos.
            ids: [M], the photo of each of their texts.
            texts: M of them.
        """
        more, known = TextColumn(ids, texts), np.where(np.isin(self.ids, changed), 0, self.ids)
        if 2 * np.count_nonzero(known) < len(known):
            return None
        column = TextColumn(ids[:0], ())
        column.ids = np.concatenate([known, ids])
        column.texts = self.texts + more.texts[1:] if len(ids) else self.texts
        column._starts = np.concatenate([self._starts, more._starts + len(self.texts) - 1])
        column._size = int(column.ids.max(initial=0))
        if "_endings" in self.__dict__:
            codes, of_texts = dict(self._endings[0]), more._endings[1]
            others = np.array([codes.setdefault(end, len(codes)) for end in more._endings[0]], dtype=np.int64)
            column._endings = codes, np.concatenate([self._endings[1], others[of_texts]])
        return column

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
            marks = np.zeros(self._size + 1, dtype=np.uint8)
            marks[self.ids[rows(value)]] = 1
            if len(self._answers) >= MOST_ANSWERS:
                self._answers.clear()
            known = self._answers[question, value] = marks[1:].tobytes()
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
    """The columns of a catalog, read when they are first asked for and kept in step with the catalog.

    Args:
        counts_file: keeps the numbers of photos.

    Attributes:
        searchable: ids of all searchable photos.
        orders: in which they may be listed.
        positions: where photos were taken.
        counts: how many photos have each value.
    """

    def __init__(self, counts_file: CountsFile | None = None) -> None:
        self._names = KeptColumn(_read_names, partial(_renew_texts, read=_names))
        self._captions = KeptColumn(_read_captions, partial(_renew_texts, read=_captions))
        self._in_pictures = KeptColumn(_read_in_pictures, partial(_renew_texts, read=_in_pictures))
        self._places = KeptColumn(read_name_places, renew_name_places)
        self.searchable = KeptColumn(_searchable, _renew_searchable)
        self._cameras = KeptColumn(read_cameras, renew_cameras)
        self.orders = {
            order: KeptColumn(partial(read_order, order=order), partial(renew_order, order=order)) for order in ORDERS
        }
        self.positions = KeptColumn(read_positions, renew_positions)
        self.counts = KeptColumn(read_counts, renew_counts, most=MOST_COUNTED, file=counts_file)
        self._said: dict[str, KeptColumn[ValueColumn]] = {}

    def add_functions(self, connection: Connection) -> None:
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
        connection.create_function("places_by_name", 0, lambda: self._places.of(connection).packed, deterministic=True)

    def _texts(self, kind: str) -> "KeptColumn[ValueColumn]":
        column = KeptColumn(partial(read_texts, kind=kind), partial(renew_texts, kind=kind))
        return self._said.setdefault(kind, column)


Texts: TypeAlias = tuple[Ids, list[str]]
"""The photo of each of some texts, and the texts."""


def _searchable(connection: Connection) -> Ids:
    """By the indexes that list all photos, and the skipped ones: the table itself is far larger."""
    skipped = _ids(connection, "skip_reason IS NOT NULL")
    return np.setdiff1d(np.sort(_ids(connection, "TRUE")), skipped, assume_unique=True)


def _renew_searchable(connection: Connection, known: Ids, changed: Ids) -> Ids:
    staying = known[~np.isin(known, changed, assume_unique=True)]
    some, parameters = among("id", changed)
    now = _ids(connection, f"skip_reason IS NULL AND {some}", *parameters)
    return np.sort(np.concatenate([staying, now]), kind="stable")


def _ids(connection: Connection, which: str, *parameters: str) -> Ids:
    sql = f"SELECT group_concat(id, ' ') FROM (SELECT id FROM photos WHERE {which}) AS ids"
    return ids_in(connection.execute(sql, parameters).fetchone()[0])


def _renew_texts(
    connection: Connection,
    known: TextColumn,
    changed: Ids,
    read: Callable[[Connection, Ids | None], Texts],
) -> TextColumn | None:
    return known.after(changed, *read(connection, changed))


def _read_names(connection: Connection) -> TextColumn:
    return TextColumn(*_names(connection))


def _names(connection: Connection, changed: Ids | None = None) -> Texts:
    some, parameters = among("id", changed)
    sql = f"SELECT id, path FROM photos WHERE skip_reason IS NULL AND {some} ORDER BY id"
    rows = connection.execute(sql, parameters).fetchall()
    return id_array(rows), [file_name(path) for _, path in rows]


def _read_captions(connection: Connection) -> TextColumn:
    return TextColumn(*_captions(connection))


def _captions(connection: Connection, changed: Ids | None = None) -> Texts:
    some, parameters = among("photo_id", changed)
    rows = connection.execute(f"SELECT photo_id, text FROM captions WHERE {some} ORDER BY photo_id", parameters)
    found = rows.fetchall()
    return id_array(found), [text for _, text in found]


def _read_in_pictures(connection: Connection) -> TextColumn:
    """The words of what is written in pictures, each between spaces."""
    return TextColumn(*_in_pictures(connection))


def _in_pictures(connection: Connection, changed: Ids | None = None) -> Texts:
    some, parameters = among("id", changed)
    rows = connection.execute(
        f"SELECT id, text FROM photos JOIN {READ_TEXTS} USING (content_hash) "
        f"WHERE skip_reason IS NULL AND text != '' AND {some} ORDER BY id",
        parameters,
    ).fetchall()
    return id_array(rows), [_between_spaces(terms_of(text)) for _, text in rows]


def _between_spaces(terms: Sequence[str]) -> str:
    """Without any it is in no text."""
    return f" {' '.join(terms)} " if terms else END


def _is_like(text: str, test: Callable[[str], object]) -> bool:
    return bool(test(text) or test(text.rpartition(".")[0]))
