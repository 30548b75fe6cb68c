"""Tell when photo folders have changed: by the system's events, or by looking where there are none."""

import logging
import os
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from watchfiles import Change, watch

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.sqlite.file_system import network_file_system
from twinlens.collection.indexing.excluding.names import IGNORE_FILE, NO_MEDIA
from twinlens.collection.indexing.excluding.rules import collection_rules
from twinlens.collection.indexing.scanning.scan import why_not_a_photo
from twinlens.collection.indexing.scanning.since_index import since_index
from twinlens.collection.indexing.watching.changes import Changes
from twinlens.collection.indexing.watching.events import Events
from twinlens.collection.place.photo_folders import FileKey, PhotoFolder, PhotoFolders
from twinlens.collection.place.presence import is_absent
from twinlens.data.objects.object_path import ObjectPath

logger = logging.getLogger(__name__)
TICK_MS = 100  # events are told together, and looked at so often
SETTLED_S = 0.4  # without an event, a file is complete
MOST_WAIT_S = 1.0  # while events go on, for what is complete
PRESENCE_S = 2.0  # between looks whether the photo folders are there
LOOKS_SHARE = 0.05  # of the time is spent on looking where there are no events
LEAST_LOOK_S = 2.0  # between two such looks
FULL_S = 900.0  # between runs that look at everything: events may get lost, and links lead to places without events
MOST_TOLD = 2_000  # changes; for more a look at everything is as fast, and the system may have dropped some


class Watch:
    """Waits for changes in photo folders.

    A folder on a network drive, or of more subfolders than the system gives events for, is looked at now and then:
    the date of each subfolder tells that files came or went. A photo folder that is missing or empty is waited for.

    Args:
        catalog: of the collection.
        folders: its photo folders.
        stop: ends the waiting.
        polls: whether to look in place of listening to events; None = on network drives.
    """

    def __init__(
        self, catalog: Catalog, folders: PhotoFolders, stop: threading.Event, *, polls: bool | None = None
    ) -> None:
        self._catalog, self._folders, self._stop, self._polls = catalog, folders, stop, polls
        self._pending: dict[FileKey, float] = {}  # when the last event came
        self._deleted: set[FileKey] = set()  # since the last run
        self._changed: set[FileKey] = set()  # the same, and all else that came or changed
        self._is_all = False  # everything is to be looked at
        self._waiting_since = self._due_at = self._look_at = 0.0  # at once
        self._run_s = {True: 0.0, False: 0.0}  # of the last run that looked at everything, and of the last other one
        self._events_fail = False

    def changes(self) -> Iterator[Changes]:
        """Yields when an index run has something to do, at first at once.

        The next one is not yielded before the caller is done with the run.
        """
        while not self._stop.is_set():
            folders = self._folders.all()
            present = [folder for folder in folders if not is_absent(folder.path)]
            if len(present) < len(folders):
                yield from self._waited_for(folders)
                continue
            try:
                yield from self._changes_in(folders)
            except OSError as error:  # watchfiles tells of too many folders so; also a folder that went just now
                if all(folder.path.is_dir() for folder in folders):
                    logger.warning("the system tells of no changes (%s); folders are looked at now and then", error)
                    self._events_fail = True

    def again_in(self, seconds: float) -> None:
        """Makes a run due later, such as when one has failed."""
        self._due_at, self._is_all = time.monotonic() + seconds, True

    def _waited_for(self, folders: Sequence[PhotoFolder]) -> Iterator[Changes]:
        """Yields nothing until all folders are there; a drive that disappears is no deletion."""
        missing = ", ".join(str(folder.path) for folder in folders if is_absent(folder.path))
        logger.warning("%s is missing or empty; waiting for it, nothing is removed", missing)
        while any(is_absent(folder.path) for folder in folders):
            if self._stop.wait(PRESENCE_S):
                return
        logger.warning("all photo folders are there again")
        self._due_at = 0.0
        yield from ()

    def _changes_in(self, folders: Sequence[PhotoFolder]) -> Iterator[Changes]:
        local = [folder for folder in folders if not isinstance(folder.path, ObjectPath)]  # others have no events
        polled = [folder for folder in local if self._is_polled(folder)]
        heard = [folder for folder in local if folder not in polled]
        identities, looked = _identities(folders), time.monotonic()
        for events in self._ticks(heard):
            now = time.monotonic()
            if events:
                events = set(events)
                self._is_all |= len(events) > MOST_TOLD
                self._note(Events(heard, collection_rules(self._catalog.excluded)).concerning(events), now)
            if now - looked > PRESENCE_S:
                if _identities(folders) != identities or any(is_absent(folder.path) for folder in folders):
                    self._due_at = 0.0  # another disk may have come to the same place
                    return
                looked = now
            is_all = self._is_all or now >= self._due_at
            if self._is_due(now) or (is_all := bool(polled) and self._has_changed(polled, now)):
                unsettled = frozenset(key for key, last in self._pending.items() if now - last < SETTLED_S)
                self._pending = {key: self._pending[key] for key in unsettled}
                paths = None if is_all or len(self._changed) > MOST_TOLD else frozenset(self._changed)
                changes = Changes(unsettled, frozenset(self._deleted), paths)
                self._waiting_since, self._deleted, self._changed, self._is_all = now, set(), set(unsettled), False
                if paths is None:
                    self._due_at = now + FULL_S
                yield changes
                self._run_s[paths is None] = time.monotonic() - now

    def _is_polled(self, folder: PhotoFolder) -> bool:
        if self._polls is not None:
            return self._polls
        return self._events_fail or network_file_system(Path(os.path.realpath(folder.path))) is not None

    def _ticks(self, folders: Sequence[PhotoFolder]) -> Iterator[Iterable[tuple[Change, str]]]:
        """The events of each tenth of a second."""
        if folders:
            yield from watch(
                *(os.path.realpath(folder.path) for folder in folders),
                watch_filter=None,
                debounce=TICK_MS,
                step=TICK_MS // 2,
                rust_timeout=TICK_MS,
                yield_on_timeout=True,
                stop_event=self._stop,
                poll_delay_ms=int(LEAST_LOOK_S * 1000),  # where watchfiles itself knows that events do not work
                ignore_permission_denied=True,
            )
            return
        while not self._stop.wait(TICK_MS / 1000):
            yield ()

    def _note(self, events: Iterable[tuple[Change, FileKey]], now: float) -> None:
        for kind, key in events:
            if kind is Change.deleted and why_not_a_photo(key[1]) is None:
                self._deleted.add(key)
            if not self._pending:
                self._waiting_since = now
            self._pending[key] = now
            self._changed.add(key)
            self._is_all |= key[1].rpartition("/")[2] in (IGNORE_FILE, NO_MEDIA)

    def _is_due(self, now: float) -> bool:
        if now >= self._due_at:
            return True
        if (
            not self._pending or now - self._waiting_since < self._run_s[self._is_all]
        ):  # half of the time at most goes into runs
            return False
        is_quiet = now - max(self._pending.values()) >= SETTLED_S
        is_some_complete = now - min(self._pending.values()) >= SETTLED_S
        return is_quiet or (is_some_complete and now - self._waiting_since >= MOST_WAIT_S)

    def _has_changed(self, folders: Sequence[PhotoFolder], now: float) -> bool:
        """Whether a look finds another state than that of the last run."""
        if now < self._look_at:
            return False
        found = since_index(self._catalog, folders, within_s=float("inf"))
        taken = time.monotonic() - now
        self._look_at = now + taken + max(LEAST_LOOK_S, taken / LOOKS_SHARE)
        return found is not None and found.differs


def _identities(folders: Sequence[PhotoFolder]) -> list[tuple[int, int] | None]:
    """By which a folder is told from another one at the same place, such as an empty mount point."""
    return [_identity(folder.path) for folder in folders]


def _identity(folder: Path) -> tuple[int, int] | None:
    if isinstance(folder, ObjectPath):
        return None
    try:
        found = folder.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
