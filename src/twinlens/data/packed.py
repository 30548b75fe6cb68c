"""Photos inside archives, addressed by path: ``trip.zip/1.jpg``, ``000.tar/0001.jpg``, ``x.parquet/7.jpg`` (row 7)."""

import re
from pathlib import Path
from typing import NamedTuple

from twinlens.data.objects.object_path import ObjectPath
from twinlens.data.parquet_file import read_photo
from twinlens.data.tar_file import read_member, tar_members
from twinlens.data.zip_file import read_zip_member, zip_members
from twinlens.errors import DataError, PhotoError

SUFFIXES = frozenset((".zip", ".tar", ".parquet"))
_ROW = re.compile(r"(\d+)\.\w+")


class Packed(NamedTuple):
    """A photo inside an archive."""

    archive: Path
    member: str


def find_packed(path: Path) -> Packed | None:
    """The archive in a path and the rest of the path; None for an ordinary file, and in object storage."""
    if isinstance(path, ObjectPath):
        return None
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
        if packed.archive.suffix.lower() == ".zip":
            return read_zip_member(packed.archive, packed.member, max_bytes=max_bytes)
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
    if packed.archive.suffix.lower() == ".parquet":
        return stat.st_size, stat.st_mtime_ns
    try:
        if packed.archive.suffix.lower() == ".zip":
            return zip_members(packed.archive)[packed.member].file_size, stat.st_mtime_ns
        return tar_members(packed.archive)[packed.member].size, stat.st_mtime_ns
    except KeyError as error:
        raise PhotoError(f"{packed.archive.name} has no photo {packed.member}") from error
    except DataError as error:
        raise PhotoError(str(error)) from error


def file_stamp(path: Path) -> tuple[int, int]:
    """Size and modification time in ns of a photo's file; of one inside an archive its size, and the archive's time.

    Raises:
        FileNotFoundError: there is neither such a file nor an archive that has it.
        OSError: nobody can tell.
    """
    try:
        found = path.stat()
    except NotADirectoryError as error:
        packed = find_packed(path)
        try:
            if packed is not None:
                return packed_stamp(packed)
        except PhotoError as reason:
            raise FileNotFoundError(str(reason)) from reason
        raise FileNotFoundError(str(path)) from error
    return found.st_size, found.st_mtime_ns


def _row(member: str) -> int:
    match = _ROW.fullmatch(member)
    if match is None:
        raise KeyError(member)
    return int(match[1])
