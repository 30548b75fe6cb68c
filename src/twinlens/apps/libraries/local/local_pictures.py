"""Queries by pictures for an open collection: uploaded ones, and photos of the collection."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from twinlens.api.library import Collection
from twinlens.api.searching import (
    Query,
    QueryVector,
    Term,
    embed_pixels,
    is_video,
    parse_region,
    picture_pixels,
    picture_query,
    read_photo_bytes,
    sum_of,
    words_query,
)
from twinlens.apps.libraries.library import UPLOADED, AskedPicture
from twinlens.errors import PhotoError, QueryError, RegionError

MAX_MEGAPIXELS = 100.0  # of an uploaded picture, same as in serve
KEPT_PICTURES = 64  # as the model sees them, 150 KB each


class LocalPictures:
    """Makes queries by pictures; the page asks again on each click, so what was embedded last is kept.

    Args:
        collection: searched by them.
    """

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._kept: OrderedDict[tuple[str, str, str], Query] = OrderedDict()
        self._guard = threading.Lock()

    def query(self, pictures: Sequence[AskedPicture], words: str = "") -> Query:
        """A query for photos like the wanted pictures, that fit words, and are not like the other pictures.

        Raises:
            QueryError: no picture is wanted, one cannot be read, or has no such region, or words have alternatives.
        """
        wanted = [self._of(one) for one in pictures if one.is_wanted]
        if not wanted:
            raise QueryError("there is no picture to search by; give one that photos are to be like")
        unwanted = [self._of(one) for one in pictures if not one.is_wanted]
        parts = [(1.0, one) for one in wanted]
        if words.strip():
            parts.append((1.0, self._embedded(words_query(words))))
        return sum_of(parts, without=unwanted)

    def uploaded(self, data: bytes, region: str = "") -> Query:
        """A query for photos like an uploaded picture, or a part of it.

        Raises:
            QueryError: it cannot be read, or has no such region.
        """
        return self._of_file(data, hashlib.sha256(data).hexdigest(), region)

    def _of_file(self, source: bytes | Path, digest: str, region: str) -> Query:
        """A query by what a file contains, which has this digest; or by a moment of a video, given as its file."""
        key = (self._collection.encoder.fingerprint, digest, region)
        with self._guard:
            if (kept := self._kept.get(key)) is not None:
                self._kept.move_to_end(key)
                return kept
        made = self._embed(source, region)
        with self._guard:
            self._kept[key] = made
            while len(self._kept) > KEPT_PICTURES:
                self._kept.popitem(last=False)
        return made

    def _embed(self, source: bytes | Path, region: str) -> Query:
        encoder, part = self._collection.encoder, parse_region(region) if region.strip() else None
        try:
            pixels = picture_pixels(source, encoder, max_megapixels=MAX_MEGAPIXELS, region=part)
        except RegionError as error:
            raise QueryError(f"the picture cannot be used: {error}") from error
        except PhotoError as error:
            raise QueryError(f"the picture cannot be used: {error}; upload a JPEG, PNG, WebP, HEIC or AVIF") from error
        return picture_query(UPLOADED, pixels, embed_pixels(pixels, encoder))

    def _of(self, picture: AskedPicture) -> Query:
        if not picture.photo_id:
            return self.uploaded(picture.data, picture.region)
        card = self._collection.photo(picture.photo_id)
        known = None if card is None else self._collection.catalog.vector_of_photo(card.number)
        if card is None or known is None:
            raise QueryError(f"the photo {picture.photo_id} is no longer in the collection")
        term = Term("photo", str(card.path))
        if picture.region.strip():
            source = card.path if is_video(card.path) else read_photo_bytes(card.path)
            part = self._of_file(source, card.content_hash.hex(), picture.region)
            return Query((replace(term, region=parse_region(picture.region)),), card.id, part.vector)
        return Query((term,), card.id, QueryVector(known.embedding, known.model.fingerprint, known.likeness))

    def _embedded(self, query: Query) -> Query:
        texts, encoder = query.texts(), self._collection.encoder
        vectors = encoder.encode_text(texts) if texts else ()
        return query.with_vectors(
            {text: QueryVector(vector, encoder.fingerprint) for text, vector in zip(texts, vectors, strict=True)}
        )
