"""Create, lock and remove a collection folder, and say what its disk lacks."""

import errno
import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from twinlens.collection.catalog.database import Database, no_space
from twinlens.collection.place.locate import CATALOG_NAME
from twinlens.errors import (
    AlreadyIndexingError,
    AlreadyReadingError,
    AlreadyWatchedError,
    CollectionError,
    DiskFullError,
)

logger = logging.getLogger(__name__)
INDEX_LOCK = "index.lock"
WATCH_LOCK = "watch.lock"
TEXT_LOCK = "texts.reading.lock"
LAST_SCAN = "last_scan.jsonl"  # what the last index run found on disk


def make_folder(path: Path) -> None:
    """Creates the collection folder.

    Raises:
        CollectionError: it cannot be created.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CollectionError(f"{path} cannot be created: {error.strerror or error}; use --collection DIR") from error


@contextmanager
def only_writer(path: Path, catalog: Database | None = None) -> Iterator[None]:
    """Holds the lock that lets only one process change a collection.

    Args:
        path: the collection folder.
        catalog: of the collection; one on a server has a lock there, too, for all machines.

    Raises:
        AlreadyIndexingError: another process holds it.
        CollectionError: an operating system error, from within the block, too.
    """
    try:
        with FileLock(path / INDEX_LOCK, timeout=0), _only_one(catalog, "index"):
            yield
    except Timeout as error:
        where = catalog if catalog is not None and catalog.is_served else path
        raise AlreadyIndexingError(
            f"another process is indexing {where}; wait until it is done; photos can be searched meanwhile"
        ) from error
    except OSError as error:
        raise disk_error(path, error) from error


@contextmanager
def only_text_reader(path: Path, catalog: Database | None = None) -> Iterator[None]:
    """Holds the lock that lets only one process read the text in a collection's pictures; others may index it.

    Raises:
        AlreadyReadingError: another process holds it.
        CollectionError: the lock cannot be made.
    """
    with ExitStack() as locks:
        try:
            locks.enter_context(FileLock(path / TEXT_LOCK, timeout=0))
            locks.enter_context(_only_one(catalog, "read texts"))
        except Timeout as error:
            raise AlreadyReadingError(
                f"another process is reading the text in the pictures of {path}; wait until it is done"
            ) from error
        except OSError as error:
            raise disk_error(path, error) from error
        yield


@contextmanager
def only_watcher(path: Path, catalog: Database | None = None) -> Iterator[None]:
    """Holds the lock that lets only one process follow the folders of a collection.

    Raises:
        AlreadyWatchedError: another process holds it.
        CollectionError: the lock cannot be written.
    """
    with ExitStack() as locks:
        try:
            locks.enter_context(FileLock(path / WATCH_LOCK, timeout=0))
            locks.enter_context(_only_one(catalog, "watch"))
        except Timeout as error:
            raise AlreadyWatchedError(f"another process keeps {path} up to date already, perhaps a server") from error
        except OSError as error:
            raise disk_error(path, error) from error
        yield


@contextmanager
def _only_one(catalog: Database | None, what: str) -> Iterator[None]:
    """The lock of a catalog on a server, for all machines.

    Raises:
        Timeout: another process holds it.
    """
    if catalog is None:
        yield
        return
    with catalog.only_one(what) as is_alone:
        if not is_alone:
            raise Timeout(what)
        yield


def remove_unused(path: Path) -> None:
    """Removes a collection without photos; other files in its folder stay."""
    try:
        with FileLock(path / INDEX_LOCK, timeout=0):
            for file in path.glob(CATALOG_NAME + "*"):
                file.unlink()
        for file in path.glob("texts.*"):
            file.unlink()
        for name in (INDEX_LOCK, LAST_SCAN):
            (path / name).unlink(missing_ok=True)
        path.rmdir()
    except (Timeout, OSError) as error:  # another process is indexing it, or the folder contains other files
        logger.debug("%s is kept: %s", path, error)


def disk_error(path: Path, error: OSError) -> CollectionError:
    """Translates an operating system error that occurred while writing a collection."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return DiskFullError(no_space(path))
    reason = error.strerror or str(error)
    if error.filename:
        reason = f"{error.filename}: {reason}"
    if isinstance(error, FileExistsError | IsADirectoryError | NotADirectoryError):
        reason = f"{reason}; move it away"
    return CollectionError(f"indexing into {path} failed: {reason}")
