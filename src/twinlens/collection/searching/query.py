"""Parse and embed a query: text, a photo, an image URL, or a weighted sum of these."""

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
from PIL import Image

from twinlens.collection.catalog.features import likeness
from twinlens.data.guarded.photos import open_guarded
from twinlens.data.images import PHOTO_SUFFIXES, photo_exists
from twinlens.data.remote import fetch_photo_bytes, is_url
from twinlens.embedding.local import PhotoVector
from twinlens.errors import BundleError, PhotoError, QueryError, valid_unicode
from twinlens.protocols import DualEncoder
from twinlens.types import Embeddings, Pixels, QueryKind

_OPERATOR = re.compile(r"(?<!\S)([+-])(?!\S)")  # surrounded by spaces
_WEIGHT = re.compile(r"(\d*\.\d+)\s+(\S.*)", re.DOTALL)

MAX_WEIGHT = 1e6  # sums of larger weights could overflow float32


@dataclass(frozen=True, slots=True)
class Term:
    """One part of a query and its signed weight.

    Attributes:
        kind: kind of term.
        value: the text, the photo's path, the URL, or the name of a picture.
        weight: below 0 for less of it.
        picture: the picture, for a photo that is not a file.
    """

    kind: Literal["words", "photo", "url"]
    value: str
    weight: float = 1.0
    picture: Image.Image | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query: at least one term.

    Attributes:
        terms: the weighted terms.
        text: name of the query in answers.
        vector: [D], its embedding, if already computed.
        embedding_s: time to embed it, in seconds, including waiting.
        likeness: [F], what photos like it are found by, if already computed; only of photos.
    """

    terms: tuple[Term, ...]
    text: str = ""
    vector: Embeddings | None = field(default=None, compare=False, repr=False)
    embedding_s: float = field(default=0.0, compare=False, repr=False)
    likeness: Embeddings | None = field(default=None, compare=False, repr=False)

    def photos(self) -> list[Path]:
        """The photo files that the query names."""
        return [Path(term.value) for term in self.terms if term.kind == "photo" and term.picture is None]

    def kind(self) -> QueryKind | None:
        """Kind of its terms; None for a sum of text and photos."""
        kinds = {"text" if term.kind == "words" else "photo" for term in self.terms}
        return ("text" if "text" in kinds else "photo") if len(kinds) == 1 else None

    def understood(self) -> str:
        """The query as it was understood, as text.

        >>> parse_query("dog + 0.5 ./beach.jpg - night").understood()
        '“dog” + 0.5 × beach.jpg − “night”'
        """
        parts: list[str] = []
        for term in self.terms:
            sign = "− " if term.weight < 0 else "+ " if parts else ""
            weight = "" if abs(term.weight) == 1 else f"{abs(term.weight):g} × "
            value = f"“{term.value}”" if term.kind == "words" else valid_unicode(Path(term.value).name or term.value)
            parts.append(f"{sign}{weight}{value}")
        return " ".join(parts)


QueryLike: TypeAlias = str | Path | Image.Image | Query
"""Text or a weighted sum, a photo's path, a picture, or a parsed query."""


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
    """Parses ``"dog + 0.5 ./beach.jpg - night"``.

    Operators are surrounded by spaces, so ``mother-in-law`` is text. A weight is a number
    with a decimal point in front of its term, in a sum. A term is a photo if it has a path
    separator and a photo's extension, starts like a path, or names a file; an http URL is
    downloaded.

    Raises:
        QueryError: the query is empty.

    >>> [(term.weight, term.kind, term.value) for term in parse_query("dog + 0.5 ./beach.jpg - night").terms]
    [(1.0, 'words', 'dog'), (0.5, 'photo', 'beach.jpg'), (-1.0, 'words', 'night')]
    >>> parse_query("black/white cat - ears").terms[0].kind
    'words'
    """
    text = text.strip()
    if not text:
        raise QueryError("the query is empty; describe what to find, for example 'a dog on a beach'")
    parts = [text] if _is_file(text) else _OPERATOR.split(text)
    if len(parts) == 1:
        return Query((_term(text, 1.0),), valid_unicode(text))
    signs = ["+", *parts[1::2]]
    terms = tuple(_weighted(part, sign) for part, sign in zip(parts[::2], signs, strict=True))
    return Query(terms, valid_unicode(text))


def words_query(text: str) -> Query:
    """Parses untrusted input: text or a sum of texts, never a local file or a URL.

    An incomplete sum, such as ``dog +`` while typing, is taken as plain text.

    Raises:
        QueryError: the query is empty.

    >>> [(term.weight, term.kind, term.value) for term in words_query("dog - 0.5 /etc/hosts").terms]
    [(1.0, 'words', 'dog'), (-0.5, 'words', '/etc/hosts')]
    >>> words_query("dog +").terms[0].value
    'dog +'
    """
    text = text.strip()
    if not text:
        raise QueryError("the query is empty; describe what to find, for example 'a dog on a beach'")
    parts = [part.strip() for part in _OPERATOR.split(text)]
    if len(parts) == 1 or not all(parts):
        return Query((Term("words", text),), text)
    terms = []
    for sign, part in zip(["+", *parts[1::2]], parts[::2], strict=True):
        match = _WEIGHT.fullmatch(part)
        weight, words = (float(match[1]), match[2]) if match else (1.0, part)
        if weight > MAX_WEIGHT:
            return Query((Term("words", text),), text)
        terms.append(Term("words", words, -weight if sign == "-" else weight))
    return Query(tuple(terms), text)


def photo_query(path: Path) -> Query:
    """A query for photos like one photo."""
    return Query((Term("photo", _expanded(str(path))),), valid_unicode(str(path)))


def embed_query(query: Query, encoder: DualEncoder) -> Embeddings:
    """The weighted sum of the terms' unit vectors, normalized, [D].

    Raises:
        QueryError: a photo cannot be read, or the terms cancel each other out.
    """
    vector = embedded(query, encoder).vector
    assert vector is not None
    return vector


def embedded(query: Query, encoder: DualEncoder) -> Query:
    """The query with its vector and, if it is of photos and the model has features, its likeness.

    Raises:
        QueryError: a photo cannot be read, or the terms cancel each other out.
    """
    if query.vector is not None:
        return query
    parts = [
        PhotoVector(encoder.encode_text([term.value])[0], None)
        if term.kind == "words"
        else embed_picture(_open_picture(term, encoder), encoder)
        for term in query.terms
    ]
    return with_vectors(query, parts)


def with_vectors(query: Query, parts: Sequence[PhotoVector]) -> Query:
    """The query with the weighted sums of its terms' vectors.

    Args:
        query: the query.
        parts: of each term: its unit vector, and its features if it is a photo and has some.

    Raises:
        QueryError: they cancel each other out.
    """
    weights = [term.weight for term in query.terms]
    vector = weighted_sum(zip(weights, (part.embedding for part in parts), strict=True))
    alike = [likeness(part.features) for part in parts if part.features is not None and part.features.any()]
    if len(alike) < len(parts):
        return replace(query, vector=vector)
    return replace(query, vector=vector, likeness=weighted_sum(zip(weights, alike, strict=True)))


def embed_picture(picture: Image.Image, encoder: DualEncoder) -> PhotoVector:
    """An RGB picture's embedding, and its features if the model has any."""
    if not encoder.features_dim:
        return PhotoVector(encoder.encode_image([picture])[0], None)
    return embed_pixels(encoder.prepare(picture), encoder)


def embed_pixels(pixels: Pixels, encoder: DualEncoder) -> PhotoVector:
    """A prepared photo's [H, W, 3] embedding, and its features if the model has any."""
    encoded = encoder.encode_pixels(pixels[None])
    return PhotoVector(encoded.embeddings[0], None if encoded.features is None else encoded.features[0])


def weighted_sum(parts: Iterable[tuple[float, Embeddings]]) -> Embeddings:
    """The normalized weighted sum of unit vectors, [D].

    Raises:
        QueryError: they cancel each other out.
        BundleError: one of them is NaN.
    """
    total = np.sum([np.float32(weight) * vector for weight, vector in parts], axis=0)
    length = float(np.linalg.norm(total))
    if not np.isfinite(length):
        raise BundleError("the model returns NaN for this query; check it with 'twinlens doctor'")
    if length < 1e-6:
        raise QueryError("the parts of the query cancel each other out; change the weights")
    vector: Embeddings = (total / np.float32(length)).astype(np.float32, copy=False)
    return vector


def _open_picture(term: Term, encoder: DualEncoder) -> Image.Image:
    if term.picture is not None:
        return term.picture.convert("RGB")
    if term.kind == "photo" and not photo_exists(Path(term.value)):
        raise QueryError(f"the query photo {term.value} cannot be used: there is no such file; it is gone or misspelt")
    try:
        source = fetch_photo_bytes(term.value) if term.kind == "url" else Path(term.value)
        return open_guarded(source, min_side=encoder.input_side).image
    except PhotoError as error:
        raise QueryError(f"the query photo {term.value} cannot be used: {error}") from error


def _weighted(part: str, sign: str) -> Term:
    weight, part = 1.0, part.strip()
    if match := _WEIGHT.fullmatch(part):
        weight, part = float(match[1]), match[2]
    if weight > MAX_WEIGHT:
        raise QueryError(f"a weight in the query is {weight:g}; the maximum is {MAX_WEIGHT:g}")
    if not part:
        raise QueryError("a '+' or '-' in the query has no term next to it; write for example 'dog + beach'")
    return _term(part, -weight if sign == "-" else weight)


def _term(text: str, weight: float) -> Term:
    if is_url(text) and valid_unicode(text) == text:
        return Term("url", text, weight)
    if _looks_like_photo(text):
        return Term("photo", str(Path(_expanded(text))), weight)
    if valid_unicode(text) != text:
        raise QueryError("the query is not valid Unicode; check the encoding of the terminal")
    return Term("words", text, weight)


def _looks_like_photo(text: str) -> bool:
    if "/" not in text and "\\" not in text:
        return False
    starts_like_path = re.match(r"\.{0,2}[/\\]|~[/\\]|[A-Za-z]:[/\\]", text) is not None
    return starts_like_path or Path(text).suffix.lower() in PHOTO_SUFFIXES or _is_file(text)


def _is_file(text: str) -> bool:
    if "/" not in text and "\\" not in text:
        return False
    try:
        return Path(text).expanduser().is_file()
    except (OSError, ValueError, RuntimeError):  # too long, a NUL, an unknown home: not a file
        return False


def _expanded(path: str) -> str:
    return os.path.expanduser(path)  # noqa: PTH111 — leaves an unknown "~name" as it is, where pathlib raises
