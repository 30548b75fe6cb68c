"""A library on this machine: a collection, opened through api."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import numpy as np

from twinlens import api
from twinlens.apps.library import THUMBNAIL_PX, Found, LibraryCard
from twinlens.errors import PhotoError, QueryError
from twinlens.types import Hit

MAX_MEGAPIXELS = 100.0  # of an uploaded picture, as in serve
THUMBNAILS_BYTES = 500_000_000
THREADS = 4  # a catalog keeps a connection for each thread that used it, and Streamlit starts one for each click

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class LocalLibrary:
    """Searches a collection, from a few threads of its own.

    Args:
        collection: closed by ``close``.
        within: the sub-folder that all searches, and the card, are limited to; None = all.

    Raises:
        ModelMismatchError: the collection was opened with another model than its own.
    """

    def __init__(self, collection: api.Collection, within: Path | None) -> None:
        self.collection = collection
        self._within = within
        self._filters = api.Filters(folder=str(within) if within else None)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="library")
        self._thumbnails = api.open_thumbnails(collection, max_bytes=THUMBNAILS_BYTES)
        try:
            self._run(lambda: collection.encoder)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Waits for what runs, then closes the collection."""
        self._threads.shutdown()
        self.collection.close()

    def card(self) -> LibraryCard:
        """What it holds now."""
        return self._run(self._card)

    def by_words(self, words: str, *, k: int) -> Found:
        """Photos that fit words, or a weighted sum of words; never a file or an address.

        Raises:
            QueryError: there is nothing to search for.
        """
        query = api.words_query(words)
        return self._run(self._find, query, "image", k)

    def by_picture(self, picture: bytes, *, k: int) -> Found:
        """Photos that look like a picture that was uploaded.

        Raises:
            QueryError: it cannot be read.
        """
        return self._run(lambda: self._find(self._picture_query(picture), "image", k))

    def captions_of(self, picture: bytes, *, k: int) -> Found:
        """Known captions that fit a picture that was uploaded.

        Raises:
            QueryError: it cannot be read.
            CollectionNotFoundError: no caption is known.
        """
        return self._run(lambda: self._find(self._picture_query(picture), "caption", k))

    def thumbnail(self, photo_id: str) -> bytes:
        """A JPEG of one of its photos.

        Raises:
            PhotoError: it is gone or cannot be read.
        """
        return self._run(self._thumbnail, photo_id)

    def _run(self, task: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        return self._threads.submit(task, *args, **kwargs).result()

    def _card(self) -> LibraryCard:
        collection = self.collection
        folders = self._within or ", ".join(str(folder.path) for folder in collection.folders())
        num_images = self._num_images()
        return LibraryCard(
            place=str(folders),
            num_images=num_images,
            num_captions=self._num_captions() if num_images else 0,
            model=str(collection.catalog.meta("model") or "default"),
            fingerprint=collection.encoder.fingerprint,
            is_complete=collection.is_complete,
        )

    def _num_images(self) -> int:
        try:
            return api.browse(self.collection, self._filters, k=1)[1]
        except QueryError:  # no photo of the sub-folder is indexed, which its card says with a 0
            return 0

    def _num_captions(self) -> int:
        known = self.collection.catalog.captions.count()
        if not known or self._within is None:
            return known
        # a search counts its candidates, whatever it looks for; a vector given with it saves the model's work
        any_vector = np.eye(1, self.collection.encoder.dim, dtype=np.float32)[0]
        query = api.Query((api.Term("words", "any caption"),), any_vector)
        return self.collection.answer(query, target="caption", page=api.Page(k=1), filters=self._filters).num_candidates

    def _find(self, query: api.Query, target: api.Target, k: int) -> Found:
        answer = self.collection.answer(query, target=target, page=api.Page(k=k), filters=self._filters)
        read = api.seen_part(self.collection, query)
        hits: list[Hit] = answer.hits
        return Found(hits, answer.num_candidates, answer.took_ms, read)

    def _picture_query(self, picture: bytes) -> api.Query:
        encoder = self.collection.encoder
        try:
            pixels: Any = api.picture_pixels(picture, encoder, max_megapixels=MAX_MEGAPIXELS)
        except PhotoError as error:
            raise QueryError(f"the picture cannot be used: {error}; upload a JPEG, PNG, WebP, HEIC or AVIF") from error
        vector = encoder.encode_pixels(pixels[None]).embeddings[0]
        return api.Query((api.Term("photo", "the uploaded picture"),), vector)

    def _thumbnail(self, photo_id: str) -> bytes:
        card = api.find_photo(self.collection, photo_id)
        if card is None:
            raise PhotoError("the photo is not in the collection any more")
        return self._thumbnails.thumbnail(api.photo_file(card), side=THUMBNAIL_PX)[0]
