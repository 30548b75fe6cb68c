"""Parse queries: from people at their own machine, and from strangers, who name no files."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

from PIL import Image

from twinlens.collection.searching.dates_as_written import why_no_date
from twinlens.collection.searching.fields import Field, nearest_field, read_field
from twinlens.collection.searching.filtering import known_filters
from twinlens.collection.searching.filters.folder import is_place
from twinlens.collection.searching.query.grammar import Reader
from twinlens.collection.searching.query.meaning import FieldReader, Meaning
from twinlens.collection.searching.query.query import Query, QueryLike
from twinlens.collection.searching.query.term import Term, TermReader, any_terms, is_file, photo_term, words_terms
from twinlens.collection.searching.query.tokens import Token, tokens_of
from twinlens.collection.searching.query.vector import QueryVector
from twinlens.errors import QueryError, UnknownFolderError, valid_unicode
from twinlens.types import Pixels

# invisible; keyboards of Hebrew and Arabic put them in front of a minus
_ORDER_OF_LETTERS = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff]")
_LIKE_FIELD = re.compile(r"([^\W\d_]{2,}):(?!//)\S", re.ASCII)


def as_query(query: QueryLike) -> Query:
    """Converts any supported input to a query.

    Raises:
        QueryError: the input is not a valid query.
    """
    match query:
        case Query():
            return query
        case str():
            return parse_query(query)
        case Path():
            return photo_query(query)
        case Image.Image():
            return Query((Term("photo", "the picture", picture=query),), "the picture")
    raise QueryError(
        f"a query is text, a path, a picture (PIL.Image) or a Query, got {type(query).__name__}; "
        "for several queries, search several times"
    )


def parse_query(text: str) -> Query:
    """Parses a query such as ``dog -cat year:2023 OR "my dog"`` or ``dog + 0.5 ./beach.jpg - 0.3 night``.

    ``docs/reference/query-language.md`` describes the language; whatever is no syntax is words.
    A term is a photo if it has a path separator and a photo's extension, starts like a path, or
    names a file; an http URL is downloaded.

    Raises:
        QueryError: the query is empty, or a value in it is invalid.

    >>> [(term.weight, term.kind, term.value) for term in parse_query("dog + 0.5 ./beach.jpg - 0.3 night").terms]
    [(1.0, 'words', 'dog'), (0.5, 'photo', 'beach.jpg'), (-0.3, 'words', 'night')]
    >>> parse_query("a dog - cat").without[0].terms[0].value
    'cat'
    >>> parse_query("black/white mother-in-law").terms[0].kind
    'words'
    """
    text = _given(text)
    if is_file(text):
        return Query((photo_term(text),), valid_unicode(text))
    return _parsed(text, any_terms, read_field)


def words_query(text: str) -> Query:
    """Parses untrusted input: the same language, but never a local file, a URL, or a place on this machine.

    Raises:
        QueryError: the query is empty, or a value in it is invalid.

    >>> [(term.weight, term.kind, term.value) for term in words_query("dog - 0.5 /etc/hosts").terms]
    [(1.0, 'words', 'dog'), (-0.5, 'words', '/etc/hosts')]
    >>> words_query("dog +").terms[0].value
    'dog +'
    """
    return _parsed(_given(text), words_terms, _field_of_strangers)


def photo_query(path: Path) -> Query:
    """A query for photos like one photo."""
    return Query((photo_term(str(path)),), valid_unicode(str(path)))


def picture_query(name: str, pixels: Pixels, vector: QueryVector) -> Query:
    """A query for photos like a picture that is not a file and is embedded already.

    Args:
        name: of the picture, in answers.
        pixels: [H, W, 3], the picture as the model saw it; embedded again if the vectors are of another model.
        vector: its embedding.
    """
    return Query((Term("photo", name, picture=Image.fromarray(pixels)),), name, vector)


def _given(text: str) -> str:
    if not (text := text.strip()):
        raise QueryError("the query is empty; describe what to find, for example 'a dog on a beach'")
    return text


def _parsed(text: str, read_terms: TermReader, read_field: FieldReader) -> Query:
    text = _ORDER_OF_LETTERS.sub("", text) or text
    tokens = tokens_of(text)
    query = Meaning(read_terms, read_field).query(Reader(text, tokens).tree(), valid_unicode(text))
    if query is None:
        return Query(tuple(read_terms(text, 1.0)), valid_unicode(text))
    return _with_notes(query, tokens)


def _with_notes(query: Query, tokens: list[Token]) -> Query:
    today = date.today()
    found = [_note(token) for token in tokens]
    found += [why_no_date(term.value, today=today) for term in query.every_term() if term.kind == "words"]
    notes = tuple(dict.fromkeys(note for note in found if note))
    return replace(query, notes=notes) if notes else query


def _note(token: Token) -> str | None:
    """What to tell about a word that looks like a field."""
    match = _LIKE_FIELD.match(token.value) if token.kind == "word" else None
    if match is None:
        return None
    name = match[1].lower()
    near = nearest_field(name)
    return f"there is no field “{name}:” (did you mean “{near}:”?), so it was read as words" if near else None


def _field_of_strangers(name: str, value: str) -> Field:
    field = read_field(name, value)
    if known_filters()[field.name].kind == "folder" and is_place(value):
        raise UnknownFolderError("no indexed photo is in that folder; give a path relative to the library")
    return field
