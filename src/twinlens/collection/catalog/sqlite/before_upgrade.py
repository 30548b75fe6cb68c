"""The catalog as it was before another release changed its schema, for those who go back to the earlier one."""

import logging
import shutil
import sqlite3
import time
from pathlib import Path

from twinlens.collection.catalog.sqlite.file_copy import copy_database
from twinlens.whole_file import whole_file

logger = logging.getLogger(__name__)
NAME = "catalog-schema-{}.sqlite"  # by the earlier schema
KEPT_DAYS = 30  # by then people know whether they stay with the new release
ROOM = 2.2  # times the file: the copy, and what the change may add to the file itself


def keep_before_upgrade(path: Path, version: int) -> None:
    """Copies a catalog beside itself before its schema is changed; says so in the log where it cannot."""
    place = path.with_name(NAME.format(version))
    size, free = path.stat().st_size, shutil.disk_usage(path.parent).free
    if size * ROOM > free:
        logger.warning(
            "%s gets a new schema without a copy of it as it was: that needs %.0f MB, %.0f MB are free",
            *(path, size * ROOM / 1e6, free / 1e6),
        )
        return
    try:
        with whole_file(place) as partial:
            copy_database(path, partial)
    except (OSError, sqlite3.Error) as error:
        logger.warning("%s gets a new schema without a copy of it as it was: %s", path, error)
        return
    for older in path.parent.glob(NAME.format("*")):
        if older != place:
            older.unlink(missing_ok=True)
    logger.info("%s gets a new schema; as it was, it is in %s for %d days", path, place, KEPT_DAYS)


def forget_after_upgrade(path: Path) -> None:
    """Removes copies that are older than ``KEPT_DAYS``."""
    for copy in path.parent.glob(NAME.format("*")):
        if copy.stat().st_mtime < time.time() - KEPT_DAYS * 86_400:
            copy.unlink(missing_ok=True)
