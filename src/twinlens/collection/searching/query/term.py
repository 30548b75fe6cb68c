"""One term of a query: text, a photo, or an image URL, with its weight."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from PIL import Image

from twinlens.data.decoding.kinds import VIDEO_SUFFIXES
from twinlens.data.images import PHOTO_SUFFIXES
from twinlens.data.objects.object_path import as_path
from twinlens.data.region import Region
from twinlens.data.remote import is_url
from twinlens.errors import QueryError, valid_unicode
from twinlens.words.asked import asked_for
from twinlens.words.emoji import emoji_as_words

_PATH = re.compile(r"(?:\.{0,2}|~|[A-Za-z]:)[/\\]")
_PATH_AMONG_WORDS = re.compile(_PATH.pattern + r"[^\s/\\]")
MAX_WEIGHT = 1e6  # sums of larger weights could overflow float32


@dataclass(frozen=True, slots=True)
class Term:
    """One part of a query and its signed weight.

    Attributes:
        kind: kind of term.
        value: the text, the photo's path, the URL, or the name of a picture.
        weight: below 0 for less of it.
        picture: the picture, for a photo that is not a file.
        region: the part of the photo that is meant; None = all of it.
    """

    kind: Literal["words", "photo", "url"]
    value: str
    weight: float = 1.0
    picture: Image.Image | None = field(default=None, compare=False, repr=False)
    region: Region | None = None

    @property
    def path(self) -> Path:
        """Where the photo lies: a file, or a place in object storage."""
        return as_path(self.value)

    @property
    def read(self) -> str:
        """The text as it is understood: with emoji as words.

        >>> Term("words", "🐶 in the ❄️").read
        'dog face in the snowflake'
        """
        return emoji_as_words(self.value) if self.kind == "words" else self.value

    @property
    def asked(self) -> str:
        """What a text tower reads: the part of that which says what photos are to show.

        >>> Term("words", "A photo of a 🐶!").asked
        'a dog face'
        """
        return asked_for(self.read) if self.kind == "words" else self.value

    def understood(self) -> str:
        """The term without its weight, as text."""
        if self.kind == "words":
            return f"“{self.read}”"
        part = "" if self.region is None else f" (region {self.region})"
        return valid_unicode(Path(self.value).name or self.value) + part


TermReader: TypeAlias = Callable[[str, float], list[Term]]
"""Text and weight → its terms, one or more."""


def words_terms(text: str, weight: float) -> list[Term]:
    """Any text as words: never a local file or a URL."""
    return [Term("words", text, weight)]


def any_terms(text: str, weight: float) -> list[Term]:
    """Each of the words, photos and addresses in a text; errors as of ``any_term``."""
    return [any_term(piece, weight) for piece in pieces_of(text)]


def any_term(text: str, weight: float = 1.0) -> Term:
    """A photo if the text looks like a path or names a file; else a URL, or words.

    It looks like a path if it starts like one, or has a separator and a photo's extension.

    Raises:
        QueryError: it is not valid Unicode.
    """
    if is_url(text) and valid_unicode(text) == text:
        return Term("url", text, weight)
    if _looks_like_photo(text):
        return photo_term(text, weight)
    if valid_unicode(text) != text:
        raise QueryError("the query is not valid Unicode; check the encoding of the terminal")
    return Term("words", text, weight)


def photo_term(path: str, weight: float = 1.0, *, region: Region | None = None) -> Term:
    """A photo file; ``~`` is the home folder."""
    return Term("photo", str(as_path(expanded(path))), weight, region=region)


def pieces_of(text: str) -> list[str]:
    """Words, photos and addresses that stand next to each other, each by itself; a path may have spaces in it.

    >>> pieces_of("a dog ./my photo.jpg ../b.png at night"), pieces_of("black/white dog")
    (['a dog', './my photo.jpg', '../b.png', 'at night'], ['black/white dog'])
    """
    if is_file(text):
        return [text]
    pieces: list[tuple[int, int]] = []
    words = list(re.finditer(r"\S+", text))
    is_open = True  # the last piece goes on
    while words:
        length = _length_of_picture([word[0] for word in words])
        start, end = words[0].start(), words[max(length, 1) - 1].end()
        if not length and pieces and is_open:
            start = pieces.pop()[0]
        pieces.append((start, end))
        is_open = not length
        del words[: max(length, 1)]
    return [text[start:end] for start, end in pieces]


def _length_of_picture(words: list[str]) -> int:
    """How many of the first words are an address or a photo's path; 0 if none is."""
    first = words[0]
    if is_url(first) or (("/" in first or "\\" in first) and _is_photo_name(first)):
        return 1
    if _PATH_AMONG_WORDS.match(first) is None:
        return 0
    following = next((place for place, word in enumerate(words) if place and _PATH_AMONG_WORDS.match(word)), len(words))
    return next((place for place in range(1, following + 1) if _is_photo_name(words[place - 1])), 0)


def _is_photo_name(text: str) -> bool:
    return Path(text).suffix.lower() in PHOTO_SUFFIXES | VIDEO_SUFFIXES


def is_quoted_picture(text: str) -> bool:
    """Whether a phrase in quotes is the path of a photo, or an address."""
    return is_url(text) or is_file(text) or (_PATH_AMONG_WORDS.match(text) is not None and _is_photo_name(text))


def is_file(text: str) -> bool:
    """Whether the text, which has a path separator, names a file."""
    if "/" not in text and "\\" not in text:
        return False
    try:
        return Path(text).expanduser().is_file()
    except (OSError, ValueError, RuntimeError):  # too long, a NUL, an unknown home: not a file
        return False


def expanded(path: str) -> str:
    """The path with the home folder in place of ``~``."""
    return os.path.expanduser(path)  # noqa: PTH111 — leaves an unknown "~name" as it is, where pathlib raises


def _looks_like_photo(text: str) -> bool:
    if "/" not in text and "\\" not in text:
        return False
    return _PATH.match(text) is not None or _is_photo_name(text) or is_file(text)
