"""Embeddings of queries: weighted sums of the vectors of their terms."""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import Image

from twinlens.collection.catalog.embeddings.features import likeness
from twinlens.collection.searching.query.term import Term
from twinlens.collection.teaching.taught import Texts
from twinlens.data.guarded.photos import open_guarded, read_guarded
from twinlens.data.images import photo_exists
from twinlens.data.remote import fetch_photo_bytes
from twinlens.errors import BundleError, PhotoError, QueryError
from twinlens.protocols import DualEncoder
from twinlens.types import Embeddings, Pixels

if TYPE_CHECKING:
    from twinlens.collection.searching.query.query import Query

REMEMBERED = 512  # texts, 2 KB each


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


def embed_query(query: "Query", encoder: DualEncoder) -> Embeddings:
    """The weighted sum of the terms' unit vectors, normalized, [D].

    Raises:
        QueryError: a photo cannot be read, or the terms cancel each other out.
    """
    return embedded(query, encoder).embedding


def embedded(
    query: "Query",
    encoder: DualEncoder,
    *,
    texts: Texts | None = None,
    known: Sequence[QueryVector | None] = (),
) -> QueryVector:
    """The weighted sums of the terms' unit vectors and, if all are photos with features, of their likenesses.

    Args:
        query: with terms.
        encoder: embeds them.
        texts: where texts are looked up first.
        known: of this model, one for each term; None where a term must be embedded.

    Raises:
        QueryError: a photo cannot be read, the terms cancel each other out, or there are none.
    """
    if query.vector is not None and query.vector.model == encoder.fingerprint:
        return query.vector
    if not query.terms:
        remedy = "ask for one alternative at a time" if query.either else "add words, or a photo"
        raise QueryError(f"a photo cannot be compared with this query: {query.understood()}; {remedy}")
    cache = TextCache() if texts is None else texts
    vectors = known or [None] * len(query.terms)
    vector = summed(
        [
            (term.weight, _embedded_term(term, encoder, cache) if vector is None else vector)
            for term, vector in zip(query.terms, vectors, strict=True)
        ]
    )
    assert vector is not None, "all parts are of one model"
    return vector


def _embedded_term(term: Term, encoder: DualEncoder, texts: Texts) -> QueryVector:
    if term.kind == "words":
        return QueryVector(texts.embedding(term.asked, encoder), encoder.fingerprint)
    return embed_picture(_open_picture(term, encoder), encoder)


class TextCache:
    """Embeddings of the texts that were asked for last; may be shared between threads."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str], Embeddings] = OrderedDict()
        self._guard = threading.Lock()

    def embedding(self, text: str, encoder: DualEncoder) -> Embeddings:
        """[D], of a text."""
        key = encoder.fingerprint, text
        with self._guard:
            if (known := self._known.get(key)) is not None:
                self._known.move_to_end(key)
                return known
        made: Embeddings = encoder.encode_text([text])[0]
        with self._guard:
            self._known[key] = made
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return made


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
    region = term.region
    if term.kind == "photo" and term.picture is None and not photo_exists(term.path):
        raise QueryError(f"the query photo {term.value} cannot be used: there is no such file; it is gone or misspelt")
    try:
        if term.picture is not None:
            picture = term.picture.convert("RGB")
            if region is None:
                return picture
            region.at_ms(picture)  # which has no other moments
            return region.cut(picture)
        source = fetch_photo_bytes(term.value) if term.kind == "url" else term.path
        if region is not None:  # of the original: at a reduced size little would be left of it
            return read_guarded(source, region.cut, at_ms=region.at_ms(source))[0]
        return open_guarded(source, min_side=encoder.input_side).image
    except PhotoError as error:
        raise QueryError(f"the query photo {term.value} cannot be used: {error}") from error
