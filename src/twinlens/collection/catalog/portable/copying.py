"""Copy a catalog to another place, while processes that have it open can only read it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.database import translated
from twinlens.collection.catalog.sqlite.file_copy import copy_database


@contextmanager
def standing_still(catalog: Catalog) -> Iterator[None]:
    """Keeps all processes from writing a catalog."""
    if catalog.read_only:
        yield
        return
    with catalog.transaction():
        yield


def copy_catalog(catalog: Catalog, target: Path) -> None:
    """Copies a catalog, its log included, to a new file.

    Raises:
        CollectionError: it cannot be read or written; a part of the copy may be left.
    """
    try:
        copy_database(catalog.path, target, immutable=catalog.read_only)
    except sqlite3.Error as error:
        raise translated(target, error) from error


def compact(file: Path) -> None:
    """Gives back the room of rows that were deleted, in a file that nobody has open."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("VACUUM")
