"""Photos inside zip and tar files, as if an archive were a folder: ``holiday.zip/IMG_1.jpg``."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from twinlens.collection.indexing.excluding.names import is_left_out
from twinlens.data.decoding.kinds import VIDEO_SUFFIXES
from twinlens.data.tar_file import tar_members
from twinlens.data.zip_file import zip_members
from twinlens.errors import valid_unicode

ARCHIVES = frozenset((".zip", ".tar"))
NOT_OPENED = "archive; --archives indexes the photos inside"
PACKED_TAR = "archive that cannot be read in place; unpack it"
INSIDE = "archive inside an archive, not opened"
_OTHERS = frozenset((".tgz", ".gz", ".tbz2", ".bz2", ".txz", ".xz", ".7z", ".rar", ".zst", ".cbz", ".cbr"))


class Inside(NamedTuple):
    """What is in an archive.

    Attributes:
        photos: name and size in bytes of each.
        others: name and reason of what is not read.
        hidden: how many members are left out by their names.
    """

    photos: list[tuple[str, int]]
    others: list[tuple[str, str]]
    hidden: int


def why_not_opened(suffix: str) -> str | None:
    """Why an archive is left alone, by the end of its name; None for other files.

    >>> why_not_opened(".zip"), why_not_opened(".jpg")
    ('archive; --archives indexes the photos inside', None)
    """
    if suffix in ARCHIVES:
        return NOT_OPENED
    return PACKED_TAR if suffix in _OTHERS else None


def look_inside(archive: Path, why_not: Callable[[str], str | None]) -> Inside:
    """The photos in an archive; nothing is unpacked.

    Args:
        archive: a zip, or a tar that is not compressed.
        why_not: tells why a file of such a name is no photo.

    Raises:
        DataError: it cannot be read.
    """
    if archive.suffix.lower() == ".zip":
        sizes = {name: member.file_size for name, member in zip_members(archive).items()}
    else:
        sizes = {name: member.size for name, member in tar_members(archive).items()}
    inside = Inside([], [], 0)
    for name, size in sizes.items():
        parts = name.split("/")
        if not all(parts) or {".", ".."} & {*parts} or "\\" in name or "\0" in name or ":" in parts[0]:
            inside.others.append((name, "its name in the archive leads elsewhere"))
        elif any(map(is_left_out, parts)):
            inside = inside._replace(hidden=inside.hidden + 1)
        elif reason := _why_not(name, why_not):
            inside.others.append((name, reason))
        else:
            inside.photos.append((name, size))
    return inside


def _why_not(name: str, why_not: Callable[[str], str | None]) -> str | None:
    if valid_unicode(name) != name:
        return "file name is not valid Unicode"
    suffix = Path(name).suffix.lower()
    if suffix in VIDEO_SUFFIXES:
        return "video inside an archive, not read"
    return INSIDE if suffix in ARCHIVES or suffix in _OTHERS else why_not(name)
