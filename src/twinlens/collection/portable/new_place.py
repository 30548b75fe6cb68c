"""A new collection's folder, which appears whole or not at all."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from twinlens.collection.catalog.sqlite.integrity import was_used
from twinlens.collection.place.disk import disk_error
from twinlens.collection.place.locate import is_collection
from twinlens.errors import CollectionBusyError, CollectionError


@contextmanager
def new_place(place: Path) -> Iterator[Path]:
    """A folder beside a place to make a collection in; it takes its place when the block ends.

    If the block fails or is interrupted, nothing is left of it but what a killed process leaves, which the next one
    removes.

    Raises:
        CollectionError: something is there already, or it cannot be written.
        CollectionBusyError: another process is making a collection there.
    """
    check_free(place)
    partial = place.with_name(f".{place.name.lstrip('.')}.twinlens-partial")
    try:
        partial.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(partial.with_suffix(".twinlens-lock"), timeout=0) as lock:
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir()
            try:
                yield partial
                if place.is_dir():
                    place.rmdir()  # empty, see ``check_free``
                partial.rename(place)
            finally:
                shutil.rmtree(partial, ignore_errors=True)
                Path(lock.lock_file).unlink(missing_ok=True)
    except Timeout as error:
        raise CollectionBusyError(
            f"another process is making a collection in {place}; wait until it is done"
        ) from error
    except OSError as error:
        raise disk_error(place, error) from error


def check_free(place: Path) -> None:
    """Raises CollectionError unless a collection can be made at a place: there is nothing, or an empty folder."""
    if is_collection(place) or was_used(place):
        raise CollectionError(f"there is a collection in {place} already; choose another place")
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise CollectionError(f"{place} is not empty; choose a new folder for the collection")
