"""``FindsDuplicates`` for an open collection: one search in a thread of its own, kept until the library changes."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait

from twinlens.api.library import LibraryFacts, Opened
from twinlens.api.photos.duplicates import Duplicates, Kind
from twinlens.apps.libraries.duplicates import DuplicatesPage, OnProgress
from twinlens.errors import CollectionError

LOOK_S = 0.2  # between two looks at how far the search is


class LocalDuplicates:
    """Looks for duplicates of all kinds, once for all sessions of the app.

    Args:
        opened: the collection, and the subfolder that the search is limited to.
        facts: gives the current facts about the collection.
    """

    def __init__(self, opened: Opened, facts: Callable[[], LibraryFacts]) -> None:
        self._opened, self._facts = opened, facts
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="duplicates")
        self._guard = threading.Lock()
        self._search: Future[Duplicates] | None = None
        self._of: tuple[int, int | None] | None = None  # the state of the library that it looks at
        self._progress = (0, 0)
        self._is_closed = False

    def close(self) -> None:
        """Stops a search at the next photo."""
        self._is_closed = True
        self._thread.shutdown()

    def page(
        self, kind: Kind | None = None, *, k: int, offset: int = 0, on_progress: OnProgress | None = None
    ) -> DuplicatesPage:
        """See ``FindsDuplicates``.

        Raises:
            TwinlensError: the search fails; the next call starts another.
        """
        search = self._started()
        while not wait([search], timeout=LOOK_S).done:
            if on_progress is not None:
                on_progress(*self._progress)
        found = search.result()
        chosen = found.of_kinds(None if kind is None else [kind])
        shown = tuple(chosen[offset : offset + k])
        return DuplicatesPage(shown, len(chosen), found.counts(), found.has_features, found.not_compared)

    def _started(self) -> "Future[Duplicates]":
        facts = self._facts()
        library = (facts.generation, facts.scan_stamp)
        with self._guard:
            search = self._search
            is_old = search is not None and search.done() and (library != self._of or search.exception() is not None)
            if search is None or is_old:
                self._of, self._progress = library, (0, 0)
                self._search = search = self._thread.submit(self._find)
            return search

    def _find(self) -> Duplicates:
        return self._opened.collection.duplicates(on_progress=self._note, **self._opened.filters())

    def _note(self, done: int, total: int) -> None:
        if self._is_closed:
            raise CollectionError("the library was closed while its duplicates were looked for")
        self._progress = (done, total)
