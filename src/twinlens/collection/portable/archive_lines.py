"""The lines of an archive, checked: a path that leads out of its folder, or a value of another kind, is refused."""

import math
import os
from collections.abc import Container, Iterator, Mapping
from datetime import datetime
from itertools import pairwise
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any, get_args

from twinlens.collection.catalog.curated.names import tidy_name
from twinlens.collection.catalog.curated.person import MOST_CHARACTERS
from twinlens.collection.catalog.kept import GIVEN
from twinlens.collection.catalog.portable.carried import CarriedAlbum, CarriedPhoto, KeptValue, ReadContent, as_list
from twinlens.collection.portable.archive import holds_lists
from twinlens.errors import QueryError
from twinlens.types import DateSource

CONTENT_BYTES = 16
MOST_NUMBER = 2**63
_RANGES = {  # of what is known of a photo
    "latitude": (-90, 90),
    "longitude": (-180, 180),
    "width": (1, 2**31),
    "height": (1, 2**31),
    "duration_ms": (0, 2**40),
    "utc_offset_minutes": (-24 * 60, 24 * 60),
}
_ITSELF = {"folder", "path", "content", "said", "content_details", "given", "row", "moments", "id", "generation"}


def photo_of(line: Mapping[str, Any], folders: Container[str]) -> CarriedPhoto:
    """A photo.

    Raises:
        ValueError, TypeError, KeyError: the line is no photo of one of these folders.
    """
    if line["folder"] not in folders:
        raise ValueError("a photo is in a folder that is not listed")
    facts = {name: value for name, value in line.items() if name not in _ITSELF}
    if not (all(map(_is_value, facts.values())) and _is_date(facts.get("taken_at"), facts.get("date_source"))):
        raise ValueError("something is known of a photo that is no text, number or date")
    for name, (least, most) in _RANGES.items():
        value = facts.get(name)
        if value is not None and not (isinstance(value, int | float) and least <= value <= most):
            raise ValueError(f"{name} of a photo is {str(value)[:20]}")
    said = [(str(kind), str(text)) for kind, text in line.get("said", ())]
    details = line.get("content_details")
    if not all(map(is_text, (*(part for pair in said for part in pair), details or "x"))):
        raise ValueError("what a photo says is no text")
    content = line.get("content")
    given = {
        kind: [_value(kind, value) for value in values]
        for kind, values in line.get("given", {}).items()
        if kind in GIVEN
    }
    hashed = None if content is None else _content(content)
    return CarriedPhoto(line["folder"], _path(line["path"]), hashed, facts, said, details, given)


def album_of(line: Mapping[str, Any]) -> CarriedAlbum:
    """An album.

    Raises:
        ValueError, KeyError: the line is none.
    """
    name, query = line["name"], line["query"]
    if not (is_text(query) or query == ""):
        raise ValueError("the search of an album is no text")
    return CarriedAlbum(_tidy(name), query)


def kept_of(line: Mapping[str, Any]) -> Iterator[KeptValue]:
    """What is kept; nothing of a kind that this release does not know.

    Raises:
        ValueError, KeyError: the line is none.
    """
    content = _content(line["content"])
    for kind in GIVEN:
        if kind in line:
            yield KeptValue(content, kind, _value(kind, line[kind]))


def read_of(line: Mapping[str, Any]) -> ReadContent:
    """What was read in pictures of a content.

    Raises:
        ValueError, KeyError: the line says nothing like it.
    """
    text = line["text"]
    if text not in (None, "") and not is_text(text):
        raise ValueError("what is written in a picture is no text")
    return ReadContent(_content(line["content"]), text)


def moments_of(line: Mapping[str, Any]) -> list[int]:
    """When the moments of a video are, in milliseconds.

    Raises:
        ValueError: they are no times, one after the other.
    """
    times = [_whole(at_ms, "time of a moment") for at_ms in line.get("moments", ())]
    if any(later <= earlier for earlier, later in pairwise(times)):
        raise ValueError("the moments of a video are not in order")
    return times


def is_text(value: object) -> bool:
    """Whether it is a text that a catalog takes: without zeros and halves of letters."""
    if not isinstance(value, str) or not value or "\0" in value:
        return False
    if value.isascii():
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _value(kind: str, value: Any) -> str:
    """What was given, as the catalog has it."""
    if kind == "album":
        name, position = value
        return as_list([_tidy(name), _whole(position)])
    if kind == "feedback":
        subject, is_good, given_at = value
        if not (is_text(subject) and is_text(given_at) and is_good in (0, 1)):
            raise ValueError("an opinion is none")
        return as_list([subject, int(is_good), given_at])
    if holds_lists(kind):
        return as_list(value)
    if kind == "favourite":
        return _person(value)
    if kind == "rating" and value not in ("1", "2", "3", "4", "5"):
        raise ValueError(f"a photo has {value!r} stars")
    if not is_text(value):
        raise ValueError(f"a {kind} is no text")
    return _tidy(value) if kind == "tag" else value


def _person(value: Any) -> str:
    """Whose mark it is; "" for all."""
    if value != "" and not (is_text(value) and value.isprintable() and len(value) <= MOST_CHARACTERS):
        raise ValueError(f"a favourite is of {str(value)[:40]!r}, which is no name of a person")
    return str(value)


def _tidy(name: Any) -> str:
    try:
        return tidy_name(name, "album or tag")
    except QueryError as error:
        raise ValueError(str(error)) from error


def _whole(number: Any, what: str = "place in an album") -> int:
    if type(number) is not int or not 0 <= number < 2**40:
        raise ValueError(f"{str(number)[:20]} is no {what}")
    return number


def _content(text: Any) -> bytes:
    content = bytes.fromhex(text)
    if len(content) != CONTENT_BYTES:
        raise ValueError("a hash has another length")
    return content


def _path(path: Any) -> str:
    if not is_text(path) or path.startswith("/") or any(part in ("", ".", "..") for part in path.split("/")):
        raise ValueError(f"the path {str(path)[:60]!r} is none inside a folder")
    if os.sep == "\\" and (PureWindowsPath(path).drive or "\\" in path or ":" in path):
        raise ValueError(f"the path {path[:60]!r} is none inside a folder")
    return str(PurePosixPath(path))


def _is_value(value: object) -> bool:
    if type(value) is int:
        return abs(value) < MOST_NUMBER
    if isinstance(value, float):
        return math.isfinite(value)
    return value in (None, "") or is_text(value)


def _is_date(taken_at: object, source: object) -> bool:
    """Whether it is one as the catalog has them, told by something that tells dates; or there is none."""
    if taken_at is None:
        return True
    moment = datetime.fromisoformat(str(taken_at))
    is_local = moment.tzinfo is None
    return (
        is_local and moment.isoformat() == taken_at and source in (None, *get_args(DateSource))
    )  # None: by an early release
