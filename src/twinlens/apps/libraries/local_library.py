"""A ``Library`` on this machine: an open collection."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from twinlens.api.library import Opened, photo_file
from twinlens.api.searching import (
    Answer,
    Page,
    Query,
    Search,
    Target,
    embed_pixels,
    picture_pixels,
    picture_query,
    words_query,
)
from twinlens.apps.libraries.library import THUMBNAIL_PX, UPLOADED, LibraryCard, SearchOptions
from twinlens.errors import PhotoError, QueryError, valid_unicode

MAX_MEGAPIXELS = 100.0  # of an uploaded picture, same as in serve
THUMBNAILS_BYTES = 500_000_000
THREADS = 4  # a catalog keeps a connection per thread, and Streamlit starts a thread for each click

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class LocalLibrary:
    """Searches a collection in its own thread pool.

    Args:
        opened: the collection, which ``close`` closes, and the subfolder that searches and
            the card are limited to.

    Raises:
        ModelMismatchError: the collection was opened with a model other than its own.
    """

    def __init__(self, opened: Opened) -> None:
        self.collection, self._opened = opened.collection, opened
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="library")
        self._thumbnails = opened.collection.thumbnails(max_bytes=THUMBNAILS_BYTES)
        try:
            self._run(lambda: opened.collection.encoder)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Waits for running searches, then closes the collection."""
        self._threads.shutdown()
        self.collection.close()

    def card(self) -> LibraryCard:
        """Current facts about the library."""
        return self._run(self._card)

    def by_words(self, words: str, options: SearchOptions) -> Answer:
        """Photos that fit a text, or a weighted sum of texts; never reads a file or URL.

        Raises:
            QueryError: the query is empty, or a filter is invalid.
        """
        return self._run(self._find, words_query(words), "image", options)

    def by_picture(self, picture: bytes, options: SearchOptions) -> Answer:
        """Photos that look like an uploaded picture.

        Raises:
            QueryError: the picture cannot be read, or a filter is invalid.
        """
        return self._run(lambda: self._find(self._picture_query(picture), "image", options))

    def captions_of(self, picture: bytes, options: SearchOptions) -> Answer:
        """The library's captions that fit an uploaded picture.

        Raises:
            QueryError: the picture cannot be read, or a filter is invalid.
            CollectionNotFoundError: the library has no captions.
        """
        return self._run(lambda: self._find(self._picture_query(picture), "caption", options))

    def thumbnail(self, photo_id: str) -> bytes:
        """A JPEG of a photo.

        Raises:
            PhotoError: it is gone or cannot be read.
        """
        return self._run(self._thumbnail, photo_id)

    def _run(self, task: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        return self._threads.submit(task, *args, **kwargs).result()

    def _card(self) -> LibraryCard:
        collection = self.collection
        folders = self._opened.within or ", ".join(str(folder.path) for folder in collection.folders())
        return LibraryCard(
            place=valid_unicode(str(folders)),
            num_images=self._count("image"),
            num_captions=self._count("caption"),
            model=str(collection.catalog.meta("model") or "default"),
            fingerprint=collection.encoder.fingerprint,
            is_complete=collection.is_complete,
            since_index=str(collection.since_index() or ""),
        )

    def _count(self, target: Target) -> int:
        try:
            return self.collection.count(target=target, **self._opened.filters())
        except QueryError:  # no photo of the sub-folder is indexed, so the card shows 0
            return 0

    def _find(self, query: Query, target: Target, options: SearchOptions) -> Answer:
        filters = self._opened.filters(options.filters)
        group = not options.all_copies
        return self.collection.answer(
            Search(query, filters, Page(options.k), target, show_all=options.show_all, group=group)
        )

    def _picture_query(self, picture: bytes) -> Query:
        encoder = self.collection.encoder
        try:
            pixels = picture_pixels(picture, encoder, max_megapixels=MAX_MEGAPIXELS)
        except PhotoError as error:
            raise QueryError(f"the picture cannot be used: {error}; upload a JPEG, PNG, WebP, HEIC or AVIF") from error
        return picture_query(UPLOADED, pixels, embed_pixels(pixels, encoder))

    def _thumbnail(self, photo_id: str) -> bytes:
        card = self.collection.photo(photo_id)
        if card is None:
            raise PhotoError("the photo is no longer in the collection")
        return self._thumbnails.thumbnail(photo_file(card), side=THUMBNAIL_PX)[0]
