"""Few different values of many photos, such as their cameras: each value is looked at once."""

import sqlite3
from collections.abc import Callable, Iterable
from string import ascii_lowercase, ascii_uppercase

import numpy as np

from twinlens.collection.catalog.columns.kept_column import among
from twinlens.collection.catalog.rows import ids_in
from twinlens.types import Ids
from twinlens.words.terms import may_go_on, terms_of

BETWEEN = "\x1f"  # between values
MOST_ANSWERS = 16  # kept of each column
_SMALL = str.maketrans(ascii_uppercase, ascii_lowercase)  # as SQLite's lower()


class ValueColumn:
    """A value for each of some photos; a photo may have several.

    Args:
        ids: [N], the photo of each value.
        values: N of them.
        spelled: how a value is compared.
    """

    def __init__(self, ids: Ids, values: Iterable[str], spelled: Callable[[str], str]) -> None:
        self._known: dict[str, int] = {}
        known = self._known
        self._ids = ids
        self._codes = np.array([known.setdefault(value, len(known)) for value in values], dtype=np.int64)
        self._spelled = spelled
        self._values = [spelled(value) for value in known]
        self._answers: dict[str, bytes] = {}

    def after(self, changed: Ids, ids: Ids, values: Iterable[str]) -> "ValueColumn":
        """Another one, in which photos that have changed have other values.

        Args:
            changed: the photos.
            ids: [M], the photo of each of their values.
            values: M of them.
        """
        more, stays = ValueColumn(ids, values, self._spelled), ~np.isin(self._ids, changed)
        known = dict(self._known)
        codes = np.array([known.setdefault(value, len(known)) for value in more._known], dtype=np.int64)
        column = ValueColumn(ids[:0], (), self._spelled)
        column._known, column._ids = known, np.concatenate([self._ids[stays], ids])
        column._codes = np.concatenate([self._codes[stays], codes[more._codes]])
        column._values = self._values + [self._spelled(value) for value in [*known][len(self._values) :]]
        return column

    def any(self) -> bytes:
        """One byte for each id from 1 on: 1 for photos with a value."""
        return self._marks("", lambda _: True)

    def holding(self, part: str) -> bytes:
        """The same for photos with a value that holds ``part``, in small or capital letters."""
        small = part.translate(_SMALL)
        return self._marks(f"part {small}", lambda value: small in value)

    def holding_words(self, words: str) -> bytes:
        """The same for photos with a text that holds whole words that follow each other."""
        terms = may_go_on(terms_of(words))
        wanted = f" {' '.join(terms)} "
        return self._marks(f"words {wanted}", lambda text: bool(terms) and wanted in text)

    def _marks(self, question: str, passes: Callable[[str], bool]) -> bytes:
        """Of the last ones asked for, or computed: a search asks several times."""
        known = self._answers.get(question)
        if known is None:
            marks = np.zeros(int(self._ids.max(initial=0)), dtype=np.uint8)
            passing = np.array([passes(value) for value in self._values], dtype=bool)
            marks[self._ids[passing[self._codes]] - 1] = 1
            if len(self._answers) >= MOST_ANSWERS:
                self._answers.clear()
            known = self._answers[question] = marks.tobytes()
        return known


def read_cameras(connection: sqlite3.Connection) -> ValueColumn:
    """The cameras of photos."""
    return ValueColumn(*_cameras(connection), lambda camera: camera.translate(_SMALL))


def renew_cameras(connection: sqlite3.Connection, known: ValueColumn, changed: Ids) -> ValueColumn:
    """The same after photos have changed."""
    return known.after(changed, *_cameras(connection, changed))


def read_texts(connection: sqlite3.Connection, kind: str) -> ValueColumn:
    """What files say about photos, of one kind, such as "person"."""
    return ValueColumn(*_texts(connection, kind), lambda text: f" {' '.join(terms_of(text))} ")


def renew_texts(connection: sqlite3.Connection, known: ValueColumn, changed: Ids, kind: str) -> ValueColumn:
    """The same after photos have changed."""
    return known.after(changed, *_texts(connection, kind, changed))


def _cameras(connection: sqlite3.Connection, changed: Ids | None = None) -> tuple[Ids, list[str]]:
    some, parameters = among("id", changed)
    known = f"skip_reason IS NULL AND camera IS NOT NULL AND {some}"
    return _read(connection, f"(SELECT id, camera AS value FROM photos WHERE {known}) AS cameras", *parameters)


def _texts(connection: sqlite3.Connection, kind: str, changed: Ids | None = None) -> tuple[Ids, list[str]]:
    some, parameters = among("photo_id", changed)
    of_kind = "kind = ?" if changed is None else "+kind = ?"  # the index of texts would list all of the kind
    source = f"(SELECT photo_id AS id, text AS value FROM photo_texts WHERE {of_kind} AND {some}) AS texts"
    return _read(connection, source, kind, *parameters)


def _read(connection: sqlite3.Connection, source: str, *parameters: str) -> tuple[Ids, list[str]]:
    """Ids and values; as two texts they are read several times as fast as row by row."""
    value = f"replace(value, '{BETWEEN}', ' ')"
    sql = f"SELECT group_concat(id, ' '), group_concat({value}, '{BETWEEN}') FROM {source}"
    ids, values = connection.execute(sql, parameters).fetchone()
    return ids_in(ids), [] if values is None else values.split(BETWEEN)
