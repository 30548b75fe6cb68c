"""Copy an SQLite file that others may have open, its log included."""

import sqlite3
from contextlib import closing
from pathlib import Path


def copy_database(path: Path, target: Path, *, immutable: bool = False) -> None:
    """Copies a file as it is at one moment.

    Args:
        path: the file.
        target: a new file, or an empty one.
        immutable: nobody can write the file, nor make others next to it.

    Raises:
        sqlite3.Error: one of the two cannot be read or written; a part of the copy may be left.
    """
    mode = "immutable=1" if immutable else "mode=ro"
    with (
        closing(sqlite3.connect(f"{path.absolute().as_uri()}?{mode}", uri=True)) as source,
        closing(sqlite3.connect(target)) as copy,
    ):
        source.backup(copy)
