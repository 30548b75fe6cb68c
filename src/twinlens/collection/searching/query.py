"""Parse and embed a query: text, a photo, an image URL, or a weighted sum of these."""

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from PIL import Image

from twinlens.collection.catalog.features import likeness
from twinlens.data.guarded.photos import open_guarded
from twinlens.data.images import PHOTO_SUFFIXES, photo_exists
from twinlens.data.remote import fetch_photo_bytes, is_url
from twinlens.errors import BundleError, PhotoError, QueryError, valid_unicode
from twinlens.protocols import DualEncoder
from twinlens.types import Embeddings, Pixels, QueryKind
from twinlens.words.emoji import emoji_as_words

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

    @property
    def read(self) -> str:
        """What a text tower reads: the text, with emoji as words.

        >>> Term("words", "🐶 in the ❄️").read
        'dog face in the snowflake'
        """
        return emoji_as_words(self.value) if self.kind == "words" else self.value


class QueryVector(NamedTuple):
    """The embedding of a query.

    Attributes:
        embedding: [D], unit length.
        model: fingerprint of the model that it is from.
        likeness: [F], what photos like it are found by; None unless it is of photos, and the model has features.
    """

    embedding: Embeddings
    model: str
    likeness: Embeddings | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query: at least one term.

    Attributes:
        terms: the weighted terms.
        text: name of the query in answers.
        vector: its embedding, if already computed; with vectors of another model, the terms are embedded again.
        embedding_s: time to embed it, in seconds, including waiting.
    """

    terms: tuple[Term, ...]
    text: str = ""
    vector: QueryVector | None = field(default=None, compare=False, repr=False)
    embedding_s: float = field(default=0.0, compare=False, repr=False)

    def photos(self) -> list[Path]:
        """The photo files that the query names."""
        return [Path(term.value) for term in self.terms if term.kind == "photo" and term.picture is None]

    def kind(self) -> QueryKind | None:
        """Kind of its terms; None for a sum of text and photos."""
        kinds = {"text" if term.kind == "words" else "photo" for term in self.terms}
        return ("text" if "text" in kinds else "photo") if len(kinds) == 1 else None

    def reworded(self, words: Sequence[str]) -> str:
        """Its text with other words, one text for each term; those of photos are not used.

        >>> parse_query("./dog.jpg + dog").reworded(["", "cat"])
        './dog.jpg + cat'
        """
        parts = _OPERATOR.split(self.text) if len(self.terms) > 1 else [self.text]
        if len(parts[::2]) != len(self.terms):
            return self.text  # a path with an operator in it
        for place, (term, new) in enumerate(zip(self.terms, words, strict=True)):
            if term.kind == "words":
                parts[2 * place] = parts[2 * place].replace(term.value, new, 1)
        return "".join(parts)

    def understood(self) -> str:
        """The query as it was understood, as text.

        >>> parse_query("dog + 0.5 ./beach.jpg - night").understood()
        '“dog” + 0.5 × beach.jpg − “night”'
        """
        parts: list[str] = []
        for term in self.terms:
            sign = "− " if term.weight < 0 else "+ " if parts else ""
            weight = "" if abs(term.weight) == 1 else f"{abs(term.weight):g} × "
            value = f"“{term.read}”" if term.kind == "words" else valid_unicode(Path(term.value).name or term.value)
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


def picture_query(name: str, pixels: Pixels, vector: QueryVector) -> Query:
    """A query for photos like a picture that is not a file and is embedded already.

    Args:
        name: of the picture, in answers.
        pixels: [H, W, 3], the picture as the model saw it; embedded again if the vectors are of another model.
        vector: its embedding.
    """
    return Query((Term("photo", name, picture=Image.fromarray(pixels)),), name, vector)


def embed_query(query: Query, encoder: DualEncoder) -> Embeddings:
    """The weighted sum of the terms' unit vectors, normalized, [D].

    Raises:
        QueryError: a photo cannot be read, or the terms cancel each other out.
    """
    return embedded(query, encoder).embedding


def embedded(query: Query, encoder: DualEncoder) -> QueryVector:
    """The weighted sums of the terms' unit vectors and, if all are photos with features, of their likenesses.

    Raises:
        QueryError: a photo cannot be read, or the terms cancel each other out.
    """
    if query.vector is not None and query.vector.model == encoder.fingerprint:
        return query.vector
    parts = [
        (
            term.weight,
            QueryVector(encoder.encode_text([term.read])[0], encoder.fingerprint)
            if term.kind == "words"
            else embed_picture(_open_picture(term, encoder), encoder),
        )
        for term in query.terms
    ]
    vector = summed(parts)
    assert vector is not None, "all parts are of one model"
    return vector


def embed_picture(picture: Image.Image, encoder: DualEncoder) -> QueryVector:
    """An RGB picture's embedding, and its likeness if the model has features."""
    if not encoder.features_dim:
        return QueryVector(encoder.encode_image([picture])[0], encoder.fingerprint)
    return embed_pixels(encoder.prepare(picture), encoder)


def embed_pixels(pixels: Pixels, encoder: DualEncoder) -> QueryVector:
    """A prepared photo's [H, W, 3] embedding, and its likeness if the model has features."""
    encoded = encoder.encode_pixels(pixels[None])
    features = None if encoded.features is None or not encoded.features.any() else encoded.features[0]
    alike = None if features is None else likeness(features)
    return QueryVector(encoded.embeddings[0], encoder.fingerprint, alike)


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


def summed(parts: Sequence[tuple[float, QueryVector | None]]) -> QueryVector | None:
    """The weighted sums of vectors of one model; None if they are of several, or one is missing.

    Raises:
        QueryError: they cancel each other out.
    """
    vectors = [(weight, vector) for weight, vector in parts if vector is not None]
    models = {vector.model for _, vector in vectors}
    if len(vectors) < len(parts) or len(models) != 1:
        return None
    alike = [(weight, vector.likeness) for weight, vector in vectors if vector.likeness is not None]
    return QueryVector(
        weighted_sum((weight, vector.embedding) for weight, vector in vectors),
        models.pop(),
        weighted_sum(alike) if len(alike) == len(vectors) else None,
    )


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
