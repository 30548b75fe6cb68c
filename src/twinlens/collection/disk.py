"""A collection's own folder on disk: made, checked for room, removed when it was never used."""

import errno
import logging
import shutil
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock, Timeout

from twinlens.collection.locate import CATALOG_NAME
from twinlens.collection.report import CaptionPlan, ChangePlan, ChangeProgress, IndexListener, IndexPlan, IndexReport
from twinlens.errors import CollectionError, DiskFullError

logger = logging.getLogger(__name__)
INDEX_LOCK = "index.lock"


class DiskGuard:
    """An index listener that refuses to start when the plan does not fit on the disk."""

    def __init__(self, listener: IndexListener, place: Path) -> None:
        self._listener, self._place = listener, place
        self.advanced: Callable[[int, IndexReport], None] = listener.advanced
        self.captions_advanced: Callable[[int], None] = listener.captions_advanced
        self.change_advanced: Callable[[ChangeProgress], None] = listener.change_advanced

    def planned(self, plan: IndexPlan) -> None:
        """The folders were walked.

        Raises:
            DiskFullError: less is free than the new vectors will take.
        """
        self._listener.planned(plan)
        self._check_room(plan.disk_bytes)

    def captions_planned(self, plan: CaptionPlan) -> None:
        """The captions were read and their photos found.

        Raises:
            DiskFullError: less is free than the new vectors will take.
        """
        self._listener.captions_planned(plan)
        self._check_room(plan.disk_bytes)

    def change_planned(self, plan: ChangePlan) -> None:
        """The model is another now; all is to be embedded again.

        Raises:
            DiskFullError: less is free than the new vectors will take.
        """
        self._listener.change_planned(plan)
        self._check_room(plan.disk_bytes)

    def _check_room(self, needed_bytes: int) -> None:
        free = shutil.disk_usage(self._place).free
        if needed_bytes > free:
            raise DiskFullError(
                f"indexing needs about {needed_bytes / 1e6:,.0f} MB on the disk of {self._place}, "
                f"but {free / 1e6:,.0f} MB are free; free some space or use --collection DIR on another disk"
            )


def make_folder(path: Path) -> None:
    """Makes the collection's own folder.

    Raises:
        CollectionError: it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CollectionError(f"{path} cannot be made: {error.strerror or error}; use --collection DIR") from error


def remove_unused(path: Path) -> None:
    """Removes a collection that never got a photo; other files in its folder stay."""
    try:
        with FileLock(path / INDEX_LOCK, timeout=0):
            for file in path.glob(CATALOG_NAME + "*"):
                file.unlink()
        (path / INDEX_LOCK).unlink(missing_ok=True)
        path.rmdir()
    except (Timeout, OSError) as error:  # another process indexes it, or the folder holds other files
        logger.debug("%s is kept: %s", path, error)


def disk_error(path: Path, error: OSError) -> CollectionError:
    """What an error of the operating system means while a collection is written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return DiskFullError(
            f"no space left on the disk of {path}; what was indexed before is safe: "
            "free some space and run the same command again"
        )
    return CollectionError(f"indexing into {path} failed: {error.strerror or error}")
