"""A library on this machine: a collection, opened through api."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

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
        within: the sub-folder that all searches are limited to; None = all.

    Raises:
        ModelMismatchError: the collection was opened with another model than its own.
    """

    def __init__(self, collection: api.Collection, within: Path | None) -> None:
        self.collection = collection
        self._within = within
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
        return LibraryCard(
            place=str(folders),
            num_images=len(collection),
            num_captions=collection.catalog.captions.count(),
            model=str(collection.catalog.meta("model") or "default"),
            fingerprint=collection.encoder.fingerprint,
            is_complete=collection.is_complete,
        )

    def _find(self, query: api.Query, target: api.Target, k: int) -> Found:
        filters = api.Filters(folder=str(self._within) if self._within else None)
        answer = self.collection.answer(query, target=target, page=api.Page(k=k), filters=filters)
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
