"""Which photos have changed since a generation of the catalog, so that what is derived follows by these alone."""

import sqlite3

import numpy as np

from twinlens.types import Ids

_LOGS = (
    "SELECT id FROM photos WHERE generation > ?",
    "SELECT photo_id FROM reworded WHERE generation > ?",
    "SELECT photo_id FROM removed WHERE generation > ?",
)


def changed_photos(connection: sqlite3.Connection, generation: int, *, most: int) -> Ids | None:
    """Ids of photos that came, went, or of which something is told otherwise since, ascending.

    Marks, tags, ratings and albums count only as texts that are searched: the others do not change the generation.

    Args:
        connection: to the catalog.
        generation: an earlier one.
        most: ids; None is returned if there are more, or in a catalog of an older release, which does not log them.
    """
    found: set[int] = set()
    try:
        for sql in _LOGS:
            found.update(number for (number,) in connection.execute(f"{sql} LIMIT ?", (generation, most + 1)))
    except sqlite3.OperationalError as error:
        if str(error).startswith("no such table"):
            return None
        raise
    return None if len(found) > most else np.array(sorted(found), dtype=np.int64)
