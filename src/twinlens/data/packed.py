"""Photos inside an archive, each under a path of its own: ``000.tar/0001.jpg``, ``train-0.parquet/17.jpg`` (row 17)."""

import re
from pathlib import Path
from typing import NamedTuple

from twinlens.data.parquet_file import read_photo
from twinlens.data.tar_file import read_member, tar_members
from twinlens.errors import DataError, PhotoError

SUFFIXES = frozenset((".tar", ".parquet"))
_ROW = re.compile(r"(\d+)\.\w+")


class Packed(NamedTuple):
    """A photo that has no file of its own."""

    archive: Path
    member: str


def find_packed(path: Path) -> Packed | None:
    """The archive that a path goes through and the rest of the path; None for an ordinary one."""
    for parent in path.parents:
        if parent.suffix.lower() in SUFFIXES and parent.is_file():
            return Packed(parent, path.relative_to(parent).as_posix())
    return None


def read_packed(packed: Packed, *, max_bytes: int) -> bytes:
    """The photo's bytes, without unpacking anything else to disk.

    Raises:
        PhotoError: the archive has no such photo or cannot be read, or the photo is larger than allowed.
    """
    try:
        if packed.archive.suffix.lower() == ".tar":
            if (size := tar_members(packed.archive)[packed.member].size) > max_bytes:
                raise PhotoError(f"{size / 1e9:,.1f} GB, more than {max_bytes / 1e9:.0f} GB")
            return read_member(packed.archive, packed.member)
        return read_photo(packed.archive, _row(packed.member))
    except KeyError as error:
        raise PhotoError(f"{packed.archive.name} holds no photo {packed.member}") from error
    except DataError as error:
        raise PhotoError(str(error)) from error


def packed_stamp(packed: Packed) -> tuple[int, int]:
    """Size and date in ns: of the member where the archive tells it, else of the archive.

    Raises:
        PhotoError: as ``read_packed``.
    """
    stat = packed.archive.stat()
    if packed.archive.suffix.lower() != ".tar":
        return stat.st_size, stat.st_mtime_ns
    try:
        return tar_members(packed.archive)[packed.member].size, stat.st_mtime_ns
    except KeyError as error:
        raise PhotoError(f"{packed.archive.name} holds no photo {packed.member}") from error
    except DataError as error:
        raise PhotoError(str(error)) from error


def _row(member: str) -> int:
    match = _ROW.fullmatch(member)
    if match is None:
        raise KeyError(member)
    return int(match[1])
