"""Check that something fits on a disk before it is written."""

import shutil
from pathlib import Path

from twinlens.errors import DiskFullError


def check_room(folder: Path, needed_bytes: int, *, what: str) -> None:
    """Raises DiskFullError if something does not fit on the disk of a folder, or of the nearest one above that exists.

    Args:
        folder: where it goes.
        needed_bytes: about.
        what: needs the room, for the message.
    """
    place = next(one for one in (folder, *folder.parents) if one.exists())
    free = shutil.disk_usage(place).free
    if needed_bytes > free:
        raise DiskFullError(
            f"{what} needs about {needed_bytes / 1e6:,.0f} MB on the disk of {folder}, "
            f"but {free / 1e6:,.0f} MB are free; free some space or choose a place on another disk"
        )
