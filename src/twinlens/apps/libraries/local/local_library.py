"""A ``Library`` on this machine: an open collection."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from typing import ParamSpec, TypeVar

from twinlens.api.explanation import explain_photo
from twinlens.api.library import LibraryFacts, Opened, PhotoFile, PlacesMap, View, photo_file
from twinlens.api.photos.describing import ENGLISH, Language
from twinlens.api.searching import Answer, Query, Target, words_query
from twinlens.apps.libraries.library import (
    MOST_ARCHIVE_MB,
    THUMBNAIL_PX,
    AskedPicture,
    LibraryCard,
    PhotoFacts,
    SearchOptions,
    listing,
)
from twinlens.apps.libraries.local.local_duplicates import LocalDuplicates
from twinlens.apps.libraries.local.local_giving import LocalGiving
from twinlens.apps.libraries.local.local_pictures import LocalPictures
from twinlens.apps.libraries.local.local_teaching import LocalTeaching
from twinlens.errors import PhotoError, QueryError, valid_unicode

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
        self.giving = LocalGiving(opened.collection, self._run)
        self.teaching = LocalTeaching(opened.collection, self._run)
        self.duplicates = LocalDuplicates(opened, lambda: self._run(self._known_facts))
        self._pictures = LocalPictures(opened.collection)
        self._examples: list[str] | None = None
        self._library_facts: LibraryFacts | None = None
        self._thumbnails = opened.collection.thumbnails(max_bytes=THUMBNAILS_BYTES)
        try:
            self._run(lambda: opened.collection.encoder)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Waits for running searches, then closes the collection."""
        self.duplicates.close()
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

    def by_pictures(self, pictures: Sequence[AskedPicture], options: SearchOptions, words: str = "") -> Answer:
        """Photos that look like the wanted pictures, fit words as well, and are not like the others.

        Raises:
            QueryError: no picture is wanted, one cannot be read, or has no such region, or a filter is invalid.
        """
        return self._run(lambda: self._find(self._pictures.query(pictures, words), "image", options))

    def captions_of(self, picture: bytes, options: SearchOptions) -> Answer:
        """The library's captions that fit an uploaded picture.

        Raises:
            QueryError: the picture cannot be read, or a filter is invalid.
            CollectionNotFoundError: the library has no captions.
        """
        return self._run(lambda: self._find(self._pictures.uploaded(picture), "caption", options))

    def browse(self, options: SearchOptions) -> Answer:
        """Photos without a query.

        Raises:
            QueryError: a filter is invalid.
        """
        return self._run(self._browse, options)

    def months(self, options: SearchOptions) -> list[tuple[str | None, int]]:
        """How many photos are from each month; errors as in ``browse``."""
        return self._run(lambda: self.collection.months(**self._opened.filters(options.filters)))

    def places(self, view: View, options: SearchOptions, words: str = "") -> PlacesMap:
        """Where photos were taken; errors as in ``by_words``."""
        query = words_query(words) if words.strip() else None
        filters = self._opened.filters(options.filters)
        return self._run(lambda: self.collection.map_of_places(view, query=query, **filters))

    def choices(self) -> dict[str, list[str]]:
        """The folders and cameras of the library."""
        facts, start = self._run(self._known_facts), self._run(self._start_of_folders)
        folders = [name.removeprefix(start) for name, _ in facts.folders if name.startswith(start)]
        return {"folder": folders, "camera": [name for name, _ in facts.cameras]}

    def examples(self) -> list[str]:
        """Queries that this library answers; looked for once."""
        if self._examples is None:
            facts = self._run(self._known_facts)
            self._examples = (
                [one.query for one in self._run(self.collection.suggest, "", facts)] if facts.photos else []
            )
        return self._examples

    def photo(self, photo_id: str) -> PhotoFacts:
        """What is known about a photo.

        Raises:
            PhotoError: it is no longer in the collection.
        """
        return self._run(self._facts, photo_id)

    def described(self, photo_id: str, language: Language = ENGLISH) -> Answer:
        """What a photo shows, in everyday descriptions.

        Raises:
            PhotoError: it is gone.
        """
        return self._run(lambda: self.collection.describe(self._file(photo_id).path, language=language))

    def thumbnail(self, photo_id: str, *, side: int = THUMBNAIL_PX, at_s: float | None = None) -> bytes:
        """A JPEG of a photo, or of a video at a time.

        Raises:
            PhotoError: it is gone or cannot be read.
        """
        return self._run(self._thumbnail, photo_id, side, at_s)

    def why(self, photo_id: str, words: str) -> bytes:
        """A PNG of a photo, darkened where the words do not match it.

        Raises:
            PhotoError: it is gone or cannot be read.
        """
        return self._run(self._why, photo_id, words)

    def archive(self, photo_ids: Sequence[str]) -> bytes:
        """A zip of photo files.

        Raises:
            QueryError: they are too large for one.
        """
        sizes = [self.photo(one).size_bytes or 0 for one in photo_ids]
        if sum(sizes) > MOST_ARCHIVE_MB * 10**6:
            raise QueryError(f"these photos have more than {MOST_ARCHIVE_MB} MB; take fewer at a time")
        return self._run(lambda: b"".join(self.collection.zip_photos(photo_ids)))

    def _run(self, task: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        return self._threads.submit(task, *args, **kwargs).result()

    def _start_of_folders(self) -> str:
        """How the names of the folders begin that are in the subfolder; empty for all."""
        within = self._opened.within
        for folder in self.collection.folders() if within is not None else ():
            if within is not None and within.is_relative_to(folder.path):
                return f"{folder.prefix}{within.relative_to(folder.path).as_posix()}/"
        return ""

    def _known_facts(self) -> LibraryFacts:
        if self._library_facts is None or not self.collection.is_current(self._library_facts):
            self._library_facts = self.collection.facts()
        return self._library_facts

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
        search = options.search(query, target, self._opened.filters(options.filters))
        if target == "caption":
            return self.collection.fitting_captions(search, language=options.language)
        answer = self.collection.answer(search)
        return answer if options.min_grade is None else replace(answer, hits=answer.matching)  # as a server does

    def _browse(self, options: SearchOptions) -> Answer:
        filters = self._opened.filters(options.filters)
        shown, count = self.collection.browse(sort=options.sort, k=options.k, offset=options.offset, **filters)
        return listing([asdict(photo) for photo in shown], count, options)

    def _facts(self, photo_id: str) -> PhotoFacts:
        card = self.collection.photo(photo_id)
        if card is None:
            raise PhotoError("the photo is no longer in the collection")
        told = card.told._replace(rating=card.told.rating if card.rating is None else card.rating)
        return PhotoFacts(
            card.id,
            tuple(self.collection.captions_of(photo_id)),
            **told._asdict(),
            taken_at=card.taken_at,
            camera=card.camera,
            text=card.text,
            width=card.width,
            height=card.height,
            size_bytes=card.size_bytes,
            duration_s=card.duration_ms / 1000 if card.duration_ms else None,
            tags=card.tags,
            albums=card.albums,
            is_favourite=card.is_favourite,
        )

    def _thumbnail(self, photo_id: str, side: int, at_s: float | None) -> bytes:
        at_ms = None if at_s is None else round(1000 * at_s)
        return self._thumbnails.thumbnail(self._file(photo_id), side=side, at_ms=at_ms)[0]

    def _why(self, photo_id: str, words: str) -> bytes:
        return explain_photo(self._file(photo_id).path, words_query(words), self.collection.encoder).png()

    def _file(self, photo_id: str) -> PhotoFile:
        card = self.collection.photo(photo_id)
        if card is None:
            raise PhotoError("the photo is no longer in the collection")
        return photo_file(card)
