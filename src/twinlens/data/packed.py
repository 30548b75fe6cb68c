"""Photos inside archives, addressed by path: ``000.tar/0001.jpg``, ``train-0.parquet/17.jpg`` (row 17)."""

import re
from pathlib import Path
from typing import NamedTuple

from twinlens.data.parquet_file import read_photo
from twinlens.data.tar_file import read_member, tar_members
from twinlens.errors import DataError, PhotoError

SUFFIXES = frozenset((".tar", ".parquet"))
_ROW = re.compile(r"(\d+)\.\w+")


class Packed(NamedTuple):
    """A photo inside an archive."""

    archive: Path
    member: str


def find_packed(path: Path) -> Packed | None:
    """The archive in a path and the rest of the path; None for an ordinary file."""
    for parent in path.parents:
        if parent.suffix.lower() in SUFFIXES and parent.is_file():
            return Packed(parent, path.relative_to(parent).as_posix())
    return None


def read_packed(packed: Packed, *, max_bytes: int) -> bytes:
    """The photo's bytes; nothing is unpacked to disk.

    Raises:
        PhotoError: the archive lacks the photo or cannot be read, or the photo is larger than ``max_bytes``.
    """
    try:
        if packed.archive.suffix.lower() == ".tar":
            if (size := tar_members(packed.archive)[packed.member].size) > max_bytes:
                raise PhotoError(f"{size / 1e9:,.1f} GB, more than {max_bytes / 1e9:.0f} GB")
            return read_member(packed.archive, packed.member)
        return read_photo(packed.archive, _row(packed.member))
    except KeyError as error:
        raise PhotoError(f"{packed.archive.name} has no photo {packed.member}") from error
    except DataError as error:
        raise PhotoError(str(error)) from error


def packed_stamp(packed: Packed) -> tuple[int, int]:
    """Size and modification time in ns; the size is the archive's if that of the photo is unknown (Parquet).

    Raises:
        PhotoError: as ``read_packed``.
    """
    stat = packed.archive.stat()
    if packed.archive.suffix.lower() != ".tar":
        return stat.st_size, stat.st_mtime_ns
    try:
        return tar_members(packed.archive)[packed.member].size, stat.st_mtime_ns
    except KeyError as error:
        raise PhotoError(f"{packed.archive.name} has no photo {packed.member}") from error
    except DataError as error:
        raise PhotoError(str(error)) from error


def _row(member: str) -> int:
    match = _ROW.fullmatch(member)
    if match is None:
        raise KeyError(member)
    return int(match[1])
