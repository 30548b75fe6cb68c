"""What an opinion is about: a query in a normal form, or a word of one's own."""

import hashlib
import stat
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twinlens.collection.searching.query import Query, Term

QUERY, WORD = "query:", "word:"
PICTURE = "picture "


def folded(text: str) -> str:
    """A text without what makes no difference: case, and spaces at its ends or more than one.

    >>> folded("  The  Cabin ")
    'the cabin'
    """
    return " ".join(text.replace("\0", " ").casefold().split())


def word_subject(word: str) -> str:
    """The subject of a word of one's own."""
    return WORD + folded(word)


def query_subject(query: "Query") -> str | None:
    """The subject of a query without alternatives: what is searched for, whatever the filters; None if it is nothing.

    >>> from twinlens.collection.searching.query import parse_query
    >>> query_subject(parse_query("A photo of a  Dog year:2023 -cat"))
    'query:a dog'
    >>> query_subject(parse_query("dog + 0.5 beach"))
    'query:dog + 0.5 × beach'
    """
    if not query.terms:
        return None
    parts = [f"{'' if term.weight == 1 else f'{term.weight:g} × '}{_named(term)}" for term in query.terms]
    return QUERY + " + ".join(parts)


def shown(subject: str) -> str:
    """A subject for people."""
    return subject.partition(":")[2]


def _named(term: "Term") -> str:
    """A term by what is in it: a picture has the same name wherever its file lies."""
    if term.kind == "words":
        return folded(term.asked)
    if term.kind == "url":
        return term.value
    if term.picture is not None:
        return PICTURE + _digest(term.picture.tobytes())
    path = term.path
    try:
        found = path.stat()
        is_file = stat.S_ISREG(found.st_mode)  # a pipe would be read without end
        name = _digest_of_file(path, found.st_size, found.st_mtime_ns) if is_file else path.name
    except OSError:  # the search itself tells that it cannot be read
        name = path.name
    return PICTURE + name


@lru_cache(maxsize=64)
def _digest_of_file(path: Path, size_bytes: int, mtime_ns: int) -> str:  # noqa: ARG001 — they tell that it is the same
    """Read once for all that a search asks about it."""
    return _digest(path.read_bytes())


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()
