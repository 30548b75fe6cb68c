"""Whether photo files and photo folders are still there."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

from twinlens.data.objects.object_path import ObjectPath
from twinlens.data.packed import find_packed

CHECKING_S = 0.25  # a network disk may take a millisecond for each file, and an answer may have a thousand


def gone_files(files: Sequence[Path]) -> set[Path]:
    """Those that are gone; looks for ``CHECKING_S`` at most, first ones first, and takes the rest to be there."""
    until, gone = time.monotonic() + CHECKING_S, set()
    for file in files:
        if time.monotonic() > until:
            break
        if is_gone(file):
            gone.add(file)
    return gone


def is_gone(file: Path) -> bool:
    """True if there is no such file; False if it is there but cannot be opened, or nobody can tell.

    Object storage is not asked: an answer may have a thousand photos, and each would be a request.
    """
    if isinstance(file, ObjectPath):
        return False
    try:
        file.stat()
    except NotADirectoryError:  # inside an archive, which is not opened for this
        return find_packed(file) is None
    except (FileNotFoundError, ValueError):  # the last for a NUL, which no name has
        return True
    except OSError:
        return False
    return False


def is_out_of_reach(file: Path) -> bool:
    """True unless the file is certainly there: it is gone, or its disk is not mounted, or nobody can tell."""
    try:
        file.stat()
    except OSError:
        return True
    return False


def is_absent(folder: Path) -> bool:
    """True if a photo folder is missing or holds nothing, as where a disk is not mounted; never of object storage."""
    if isinstance(folder, ObjectPath):
        return False
    try:
        with os.scandir(folder) as entries:
            return all(entry.name.startswith(".") for entry in entries)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
