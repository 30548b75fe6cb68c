"""Keep a collection up to date: an index run whenever its photo folders have changed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from twinlens.collection.indexing.report import IndexReport
from twinlens.collection.indexing.watching.changes import Changes
from twinlens.collection.place.disk import disk_error
from twinlens.errors import AlreadyIndexingError, AlreadyWatchedError, TwinlensError

if TYPE_CHECKING:
    from twinlens.collection.indexing.watching.watch import Watch

LOCK = "watch.lock"
BUSY_S = 2.0  # until the next try, while another process is indexing
FAILED_S = 30.0  # until the next try after a run that failed

Run = Callable[[Changes], IndexReport]
"""Indexes what has changed."""


def follow(
    watch: "Watch",
    run: Run,
    *,
    on_report: Callable[[IndexReport], None] = lambda _: None,
    on_error: Callable[[TwinlensError], None] = lambda _: None,
) -> None:
    """Runs whenever there are changes, until the watch is stopped.

    Args:
        watch: of the photo folders.
        run: an index run.
        on_report: called after each run.
        on_error: called when a run has failed, once for each message in a row; the run is tried again.
    """
    told = ""
    for changes in watch.changes():
        try:
            report = run(changes)
        except AlreadyIndexingError:
            watch.again_in(BUSY_S)
        except TwinlensError as error:
            watch.again_in(FAILED_S)
            if str(error) != told:
                told = str(error)
                on_error(error)
        else:
            told = ""
            on_report(report)


@contextmanager
def only_watcher(place: Path) -> Iterator[None]:
    """Holds the lock that lets only one process follow the folders of a collection.

    Raises:
        AlreadyWatchedError: another process holds it.
        CollectionError: the lock cannot be written.
    """
    lock = FileLock(place / LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise AlreadyWatchedError(f"another process keeps {place} up to date already, perhaps a server") from error
    except OSError as error:
        raise disk_error(place, error) from error
    try:
        yield
    finally:
        lock.release()
