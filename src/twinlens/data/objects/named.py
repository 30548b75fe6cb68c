"""Places in object storage that the user named on this machine: no others are connected to.

A catalog that somebody sends may name any place, which would be asked with the user's own keys.
"""

import errno
import logging
import os
from pathlib import Path

from twinlens.config import data_folder
from twinlens.data.objects.object_path import ObjectPath

logger = logging.getLogger(__name__)
FILE = "named_places.txt"  # one URL per line, in the user's data folder, which no collection writes
_HERE: set[str] = set()  # named by this process, whose file may lie where nothing can be written


class NotNamedError(PermissionError):
    """Only a catalog names a place, not the user."""


def remember(place: Path) -> None:
    """Notes that the user named a place, so that it and what is below it may be asked; a folder is no such place."""
    if not isinstance(place, ObjectPath) or is_named(place):
        return
    _HERE.add(str(place))
    try:
        data_folder().mkdir(parents=True, exist_ok=True)
        with _file().open("a", encoding="utf-8") as file:
            file.write(f"{str(place)!r}\n")  # a name may have line breaks
    except OSError as error:
        logger.warning(
            "%s cannot be written (%s), so other commands will not know that you named %s; "
            "set TWINLENS_HOME to a folder that can be written",
            _file(),
            error.strerror or error,
            place,
        )


def is_named(path: ObjectPath) -> bool:
    """Whether the user named a place, or one around it."""
    if path.scheme == "memory":  # a process's own: nothing is connected to
        return True
    around = {repr(str(place)) for place in (path, *path.parents) if len(place.parts) > 1}
    return any(repr(place) in around for place in _HERE) or not around.isdisjoint(_noted())


def refusal(path: ObjectPath) -> NotNamedError:
    """The error for a place that is not named."""
    url = f"{path.scheme}://{path.place}"
    return NotNamedError(
        errno.EACCES,
        f"{url} is not asked, since only the collection names it, which may come from somebody else; "
        f"to allow it, index its photo folder by hand: twinlens index {url}/… --collection DIR",
    )


def _noted() -> list[str]:
    try:
        return _file().read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []


def _file() -> Path:
    return Path(os.path.realpath(data_folder())) / FILE
