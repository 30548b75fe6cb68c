"""SQL conditions on the catalog's photos."""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from twinlens.data.file_names import same_form

if TYPE_CHECKING:
    from twinlens.types import Ids  # takes 0.1 s, which ``--help`` need not wait for


class Condition(NamedTuple):
    """An SQL expression on a row of ``photos``, and its parameters."""

    sql: str
    parameters: tuple[Any, ...] = ()


class Known(Condition):
    """A condition whose photos are known at once: none needs to be tried.

    Attributes:
        marks: an SQL value with a byte for each id, 1 for those that satisfy it; or empty.
        rows: or SQL with their ids, as ``photo_id``.
    """

    marks: str
    rows: str


class Joined(Condition):
    """Conditions in one, of which some are ``Known``.

    Attributes:
        word: AND or OR; or NOT, of a single part.
        parts: what is joined.
    """

    word: str
    parts: tuple[Condition, ...]


TEXTS = "photo_texts"
"""The table of what files say about photos; missing in a read-only catalog of an older release."""

READ_TEXTS = "read_texts"
"""The table of what is written in pictures; missing in a read-only catalog of an older release."""

FILE_RATING = "photos.file_rating"
"""The stars that files give; missing where ``TEXTS`` is."""

_END = "\U0010ffff"  # behind all that may follow the beginning of a date
_COMPACT = "replace(lower({}), ' ', '')"

ANY = Condition("TRUE")
"""True for every photo."""

MOST_LISTED = 500  # ids that are looked up; for more of them all photos are looked through, which is faster

NONE = Condition("FALSE")
"""True for no photo."""

IS_SHOWN = "photo_id NOT IN (SELECT id FROM photos WHERE skip_reason IS NOT NULL)"
"""In a table of what photos have: true for searchable ones. An index lists the few others."""


def listed(rows: str, *parameters: Any) -> Condition:
    """True for photos whose ids SQL lists as ``photo_id``."""
    known = Known(f"photos.id IN ({rows})", parameters)
    known.marks, known.rows = "", rows
    return known


HAS_CAPTION = listed("SELECT photo_id FROM captions")
"""True for photos with captions, in a catalog that has a table for them."""


def all_of(conditions: Iterable[Condition]) -> Condition:
    """True if all conditions are; without conditions always true.

    >>> all_of([Condition("width > ?", (10,)), Condition("camera IS NULL")])
    Condition(sql='(width > ?) AND (camera IS NULL)', parameters=(10,))
    """
    return _joined(conditions, " AND ", otherwise=ANY)


def any_of(conditions: Iterable[Condition]) -> Condition:
    """True if any condition is; without conditions never true."""
    return _joined(conditions, " OR ", otherwise=NONE)


def not_(condition: Condition) -> Condition:
    """True if the condition is not, also where it cannot be told: a photo without a camera is not from Canon.

    >>> not_(Condition("camera = ?", ("Canon",)))
    Condition(sql='NOT coalesce((camera = ?), FALSE)', parameters=('Canon',))
    """
    return _as_joined(Condition(f"NOT coalesce(({condition.sql}), FALSE)", condition.parameters), "NOT", [condition])


def one_of(ids: "Ids") -> Condition:
    """True for photos with one of these ids, however many."""
    if not len(ids):
        return NONE
    if len(ids) <= MOST_LISTED:
        return listed("SELECT value AS photo_id FROM json_each(?)", json.dumps(ids.tolist()))
    import numpy as np

    marks = np.zeros(int(ids.max()), dtype=np.uint8)
    marks[ids - 1] = 1
    return marked("?", marks.tobytes())


def marked(marks: str, *parameters: Any) -> Condition:
    """True for photos whose byte is 1 in an SQL value with a byte for each id, see ``text_columns``."""
    known = Known(f"substr({marks}, photos.id, 1) = x'01'", parameters)
    known.marks, known.rows = marks, ""
    return known


def taken_from(first: str) -> Condition:
    """True for photos taken at a moment or later; a date is that of its beginning, ``2023`` the first of January."""
    return _taken("taken_at >= ?", first)


def taken_until(last: str) -> Condition:
    """True for photos taken at a moment or earlier; a date is that of its end, ``2023`` the last of December."""
    return _taken("taken_at < ?", last + _END)


def taken_within(first: str, last: str) -> Condition:
    """True for photos taken in a span of dates, both inclusive."""
    return _taken("taken_at >= ? AND taken_at < ?", first, last + _END)


def _taken(sql: str, *dates: str) -> Condition:
    """By an index, which lists the photos with dates from the latest on."""
    known = Known(sql, dates)
    known.marks, known.rows = "", f"SELECT id AS photo_id FROM photos WHERE (taken_at IS NULL) = 0 AND {sql}"
    return known


def caption_holds(text: str) -> Condition:
    """True for photos with a caption that holds a text, in any case and with or without accents."""
    return marked("captions_holding(?)", text)


def has_text(kind: str) -> Condition:
    """True for photos with a text of a kind, such as "person", from their file or a file beside it."""
    return marked("photos_with(?)", kind)


def text_holds(kind: str, words: str) -> Condition:
    """True for photos with a text of a kind that holds whole words, in any case and with or without accents."""
    return marked("texts_holding(?, ?)", kind, words)


def camera_holds(part: str) -> Condition:
    """True for photos by a camera whose name holds a text, in any case."""
    return marked("cameras_holding(?)", part)


def has_part(kind: str, text: str) -> Condition:
    """True for photos with a text of a kind that holds a text, in any case and whatever spaces are in it."""
    found = (
        f"SELECT photo_id FROM {TEXTS} WHERE kind = ? AND instr({_COMPACT.format('text')}, {_COMPACT.format('?')}) > 0"
    )
    return Condition(f"photos.id IN ({found})", (kind, text))


HAS_READ_TEXT = Condition(f"photos.content_hash IN (SELECT content_hash FROM {READ_TEXTS} WHERE text != '')")
"""True for photos in which something was read."""


def read_text_holds(words: str) -> Condition:
    """True for photos in which whole words are written, in any case and with or without accents."""
    return marked("pictures_saying(?)", words)


def below_folder(folder_id: int, path: str) -> Condition:
    """True for photos in a subfolder of a photo folder, whatever the Unicode form of its name.

    Args:
        folder_id: of the photo folder.
        path: of the subfolder, without "/" at its end.
    """
    # "0" is the character after "/"
    return _in_any_form(folder_id, path, "{0} >= ? AND {0} < ?", (same_form(path) + "/", same_form(path) + "0"))


def _in_any_form(folder_id: int, path: str, sql: str, values: tuple[str, ...]) -> Condition:
    if path.isascii():
        return Condition(f"folder_id = ? AND {sql.format('path')}", (folder_id, *values))
    # an index finds the few paths with the same start, which is the same in every form up to the first other letter
    letters = enumerate(same_form(path))
    start = next((same_form(path)[:place] for place, letter in letters if not letter.isascii()), "")
    return Condition(
        f"folder_id = ? AND path >= ? AND path < ? AND {sql.format('same_form(path)')}",
        (folder_id, start, start + "\U0010ffff", *values),
    )


def _joined(conditions: Iterable[Condition], word: str, *, otherwise: Condition) -> Condition:
    parts = list(conditions)
    if not parts:
        return otherwise
    if len(parts) == 1:
        return parts[0]
    sql = word.join(f"({part.sql})" for part in parts)
    joined = Condition(sql, tuple(value for part in parts for value in part.parameters))
    return _as_joined(joined, word.strip(), parts)


def _as_joined(condition: Condition, word: str, parts: list[Condition]) -> Condition:
    """With its parts, if any of them is found at once."""
    if not any(isinstance(part, Known | Joined) for part in parts):
        return condition
    joined = Joined(*condition)
    joined.word, joined.parts = word, tuple(parts)
    return joined
