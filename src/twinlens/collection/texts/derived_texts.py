"""The text index beside the catalog: brought up to date, and made again when it is missing or damaged."""

import logging
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import numpy as np
from filelock import FileLock

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.texts.text_index import Stamp, TextIndex, TextIndexError, Values
from twinlens.collection.texts.fields import COLUMNS, field_values
from twinlens.collection.texts.finding import Finder
from twinlens.collection.texts.matches import TextMatches
from twinlens.types import Ids

logger = logging.getLogger(__name__)
FILE = "texts.sqlite"
VERSION = 1  # of how texts are written as terms
LOCK_TIMEOUT_S = 120.0
MOST_DAMAGES = 2  # of the file; then the index is kept in memory
Found = TypeVar("Found")


class DerivedTexts:
    """Finds photos by what is written about them, in step with a catalog; may be shared between threads.

    Not to be used inside a snapshot of the catalog: the index may mirror a later state.

    Args:
        catalog: the source of truth.
        folder: of the file.
        writable: False keeps the index in memory.
    """

    def __init__(self, catalog: Catalog, folder: Path, *, writable: bool) -> None:
        self._catalog, self._file = catalog, folder / FILE
        self._index = TextIndex(self._file if writable else None, COLUMNS)
        self._left: list[TextIndex] = []  # other threads may still be reading them
        self._guard = threading.Lock()
        self._damages = 0
        self._is_damaged = False  # the file is not to be read
        self._is_trusted = False  # it has been compared with the catalog
        self._finder: tuple[tuple[TextIndex, Stamp], Finder] | None = None

    def found(self, words: str, *, most: int | None = None) -> TextMatches:
        """Photos with any of the words in a name, a caption, a tag or another of ``FIELDS``, best first.

        Very common words, such as "the" of captions, make no match alone. An exact file name, or a phrase of several
        words, comes first; then photos with all words; then by how rare the words are that a photo has.

        Args:
            words: anything; no character has a meaning.
            most: that are returned; None = all.
        """
        matches = self._asked(lambda finder: finder.found(words))
        return matches if most is None else matches.first(most)

    def holding(self, phrase: str, *, fields: Collection[str] | None = None) -> Ids:
        """Ids of all photos with a phrase in one of their texts, ascending.

        Args:
            phrase: its words must follow each other, whatever is between them but letters and digits.
            fields: names of ``FIELDS`` where it must stand; None = anywhere.
        """
        return self._asked(lambda finder: finder.holding(phrase, fields))

    def fields_holding(self, phrase: str, photos: Ids) -> list[tuple[str, Ids]]:
        """Names of ``FIELDS``, each with those of some photos that hold a phrase there."""
        return self._asked(lambda finder: finder.fields_holding(phrase, photos))

    def beginning(self, text: str, *, fields: Collection[str], most: int) -> Ids:
        """Ids of some photos with the words of a text in a row, the last of which may be unfinished.

        Args:
            text: what is typed.
            fields: as for ``holding``.
            most: that are returned.
        """
        return self._asked(lambda finder: finder.beginning(text, fields, most=most))

    def synced(self) -> None:
        """Brings the index up to date with the catalog."""
        self._asked(lambda _: None)

    def faults(self) -> list[str]:
        """Problems with the file, once it is up to date; empty if there are none, or no file yet."""
        if not self._file.exists():
            return []
        self.synced()
        index = self._index
        if index.faults():
            return [f"the text index {self._file} is damaged"]
        with self._catalog.snapshot():
            is_current = self._is_current(index)
            if is_current and not np.array_equal(index.all_ids(), self._catalog.written.all_ids()):
                return [f"the text index {self._file} is of other photos than the catalog"]
        return []

    def make_again(self) -> None:
        """Makes the index anew, whatever its state."""
        with self._guard:
            self._is_trusted, self._is_damaged = False, True
        self.synced()

    def close(self) -> None:
        """Closes the file."""
        for index in (*self._left, self._index):
            index.close()

    def _asked(self, question: Callable[[Finder], Found]) -> Found:
        while True:
            index, damages = self._index, self._damages
            try:
                if not (self._is_trusted and self._is_current(index)):
                    with self._guard:
                        self._catch_up(index)
                with index.snapshot():
                    return question(self._finder_of(index))
            except (TextIndexError, OSError) as error:
                with self._guard:
                    if (index, damages) == (self._index, self._damages):  # no other thread has replaced it meanwhile
                        self._replace(error)

    def _finder_of(self, index: TextIndex) -> Finder:
        stamp, known = index.stamp(), self._finder
        if stamp is None:
            raise TextIndexError("another program has changed it", is_damaged=True)
        if known is None or known[0] != (index, stamp):
            known = self._finder = (index, stamp), Finder(index)
        return known[1]

    # --- keeping it up to date ----------------------------------------------------------------

    def _stamp(self) -> Stamp:
        """Of an index that is up to date."""
        texts = self._catalog.written
        kind = f"{VERSION}/{'+'.join(COLUMNS)}/{texts.has_prefixes()}"
        return Stamp(f"{self._catalog.identity}/{kind}", self._catalog.generation)

    def _is_current(self, index: TextIndex) -> bool:
        return index.stamp() == self._stamp()

    def _catch_up(self, index: TextIndex) -> None:
        with self._only_writer(), self._catalog.snapshot():
            wanted, known = self._stamp(), None if self._is_damaged else index.stamp()
            if known is None or known.owner != wanted.owner or known.generation > wanted.generation:
                self._make(index, wanted)  # the last: the catalog was restored from a backup
            elif known != wanted:
                self._apply_changes(index, known.generation, wanted)
            elif index.tally() != self._catalog.tally():
                logger.warning("%s is of other photos than the catalog and is made again", index.path)
                self._make(index, wanted)
        self._is_trusted, self._is_damaged = True, False

    def _apply_changes(self, index: TextIndex, generation: int, wanted: Stamp) -> None:
        texts = self._catalog.written
        if not texts.are_logged():
            self._make(index, wanted)
            return
        changes = texts.changes_since(generation)
        # a photo that is embedded again has the texts that it had
        new = np.setdiff1d(changes.added, index.known(changes.added.tolist()))
        changed = np.union1d(new, changes.reworded)
        if len(changed) > index.count():  # such as captions for all photos: a new file takes less time
            self._make(index, wanted)
            return
        index.change(wanted, removed=changes.removed.tolist(), values=self._values(changed))

    def _make(self, index: TextIndex, wanted: Stamp) -> None:
        index.write_anew(wanted, self._values(self._catalog.written.all_ids()))

    def _values(self, ids: Ids) -> Iterator[Values]:
        return ((photo.id, field_values(photo)) for photo in self._catalog.written.read(ids.tolist()))

    @contextmanager
    def _only_writer(self) -> Iterator[None]:
        if self._index.in_memory:
            yield
            return
        with FileLock(self._file.with_suffix(".lock"), timeout=LOCK_TIMEOUT_S):
            yield

    def _replace(self, error: Exception) -> None:
        """Makes room for another index where this one cannot be used."""
        if self._index.in_memory:
            raise error
        self._is_trusted = False
        if isinstance(error, TextIndexError) and error.is_damaged and self._damages < MOST_DAMAGES:
            logger.warning("%s is damaged (%s) and is made again", self._file, error)
            self._damages += 1
            self._is_damaged = True
            return
        logger.warning("%s cannot be used (%s); the texts are indexed in memory", self._file, error)
        self._left.append(self._index)
        self._index = TextIndex(None, COLUMNS)
