"""What lists say of a photo: one caption of people or of its file, and where it was taken."""

import json
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from twinlens.collection.catalog.condition import TEXTS
from twinlens.collection.catalog.database import Database

LONGEST = 200  # characters of a caption: a list of photos need not carry novels
_TEXT = f"substr(text, 1, {LONGEST})"
_CAPTIONS = f"SELECT photo_id, 'caption' AS kind, {_TEXT} AS said, id AS age FROM captions WHERE photo_id"
# no list of the kinds that are wanted: SQLite would go through all texts of these kinds, in the whole library
_OTHERS = "('keyword', 'person', 'lens')"
_SAID = f"SELECT photo_id, kind, {_TEXT}, 0 FROM {TEXTS} WHERE kind NOT IN {_OTHERS} AND photo_id"


class Brief(NamedTuple):
    """What a list says of a photo.

    Attributes:
        caption: the oldest of its captions, else its description or title by its file, or a file beside it; at most
            ``LONGEST`` characters. A suggestion that nobody has taken is none, and the file's name neither.
        place: country, region and town by its position, "|" between them.
    """

    caption: str | None = None
    place: str | None = None


NOTHING_SAID = Brief()


def briefs(database: Database, paths: Mapping[int, str]) -> dict[int, Brief]:
    """What lists say of photos, by one query; photos of which nothing is said are left out.

    Args:
        database: the catalog.
        paths: of the photos, by their ids.
    """
    known = {"captions": _CAPTIONS, TEXTS: _SAID}
    parts = [f"{sql} IN (SELECT value FROM json_each(?))" for table, sql in known.items() if database.has_table(table)]
    if not parts or not paths:
        return {}
    parameters = [json.dumps([int(number) for number in paths])] * len(parts)
    texts: dict[int, dict[str, list[str]]] = {}
    for number, kind, text, _ in sorted(database.rows(" UNION ALL ".join(parts), parameters), key=lambda row: row[3]):
        texts.setdefault(number, {}).setdefault(kind, []).append(text)
    return {number: _brief(paths[number], said) for number, said in texts.items()}


def own_caption(path: str, captions: Sequence[str], description: str | None, title: str | None) -> str | None:
    """The caption of a ``Brief``, from all that is said of a photo.

    >>> own_caption("rome/IMG_2207.jpg", [], None, "IMG_2207"), own_caption("1.jpg", ["a red wall"], "of 2023", "Rome")
    (None, 'a red wall')
    """
    by_file = [text for text in (description, title) if text and not _is_name(text, path)]
    return next((text[:LONGEST] for text in (*captions, *by_file)), None)


def _brief(path: str, said: Mapping[str, Sequence[str]]) -> Brief:
    description, title, place = (next(iter(said.get(kind, ())), None) for kind in ("description", "title", "place"))
    return Brief(own_caption(path, said.get("caption", ()), description, title), place)


def _is_name(text: str, path: str) -> bool:
    """Whether a title is the file's name, as some programs write it.

    >>> _is_name("IMG_2207", "rome/IMG_2207.jpg"), _is_name("img_2207.JPG", "IMG_2207.jpg"), _is_name("Rome", "1.jpg")
    (True, True, False)
    """
    file = PurePosixPath(path)
    return text.casefold() in (file.name.casefold(), file.stem.casefold())
