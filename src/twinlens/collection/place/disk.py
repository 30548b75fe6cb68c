"""Create, lock and remove a collection folder, and say what its disk lacks."""

import errno
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from twinlens.collection.catalog.database import no_space
from twinlens.collection.place.locate import CATALOG_NAME
from twinlens.errors import AlreadyIndexingError, AlreadyReadingError, CollectionError, DiskFullError

logger = logging.getLogger(__name__)
INDEX_LOCK = "index.lock"
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
def only_writer(path: Path) -> Iterator[None]:
    """Holds the lock that lets only one process change a collection.

    Raises:
        AlreadyIndexingError: another process holds it.
        CollectionError: an operating system error, from within the block, too.
    """
    try:
        with FileLock(path / INDEX_LOCK, timeout=0):
            yield
    except Timeout as error:
        raise AlreadyIndexingError(
            f"another process is indexing {path}; wait until it is done; photos can be searched meanwhile"
        ) from error
    except OSError as error:
        raise disk_error(path, error) from error


@contextmanager
def only_text_reader(path: Path) -> Iterator[None]:
    """Holds the lock that lets only one process read the text in a collection's pictures; others may index it.

    Raises:
        AlreadyReadingError: another process holds it.
        CollectionError: the lock cannot be made.
    """
    lock = FileLock(path / TEXT_LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise AlreadyReadingError(
            f"another process is reading the text in the pictures of {path}; wait until it is done"
        ) from error
    except OSError as error:
        raise disk_error(path, error) from error
    try:
        yield
    finally:
        lock.release()


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
    return CollectionError(f"indexing into {path} failed: {error.strerror or error}")
