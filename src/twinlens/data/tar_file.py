"""Read members of an uncompressed tar by their offset, without unpacking."""

import tarfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from twinlens.errors import DataError


class Member(NamedTuple):
    """Position of a member's bytes."""

    offset: int
    size: int


class _Index(NamedTuple):
    stamp: tuple[int, int]  # size and modification time of the tar when it was indexed
    members: Mapping[str, Member]


_indexes: dict[Path, _Index] = {}  # cached: finding a member means reading all headers
_indexing = threading.Lock()


def tar_members(tar: Path) -> Mapping[str, Member]:
    """The regular files in a tar by name, in archive order; thread-safe.

    Raises:
        DataError: it cannot be read, is not an uncompressed tar, or is truncated or damaged.
    """
    try:
        stat = tar.stat()
        stamp = (stat.st_size, stat.st_mtime_ns)
        with _indexing:
            known = _indexes.get(tar)
            if known is None or known.stamp != stamp:
                known = _indexes[tar] = _Index(stamp, _read_index(tar))
    except OSError as error:
        raise DataError(f"{tar} cannot be read: {error.strerror or error}") from error
    except tarfile.TarError as error:
        raise DataError(f"{tar} is damaged or not an uncompressed tar: {error}; create or download it again") from error
    return known.members


def read_member(tar: Path, name: str) -> bytes:
    """The bytes of one member.

    Raises:
        KeyError: the tar has no such member.
        DataError: the tar cannot be read.
    """
    member = tar_members(tar)[name]
    try:
        with tar.open("rb") as file:
            file.seek(member.offset)
            return file.read(member.size)
    except OSError as error:
        raise DataError(f"{tar} cannot be read: {error.strerror or error}") from error


def _read_index(tar: Path) -> dict[str, Member]:
    with tarfile.open(tar, mode="r:") as archive:
        members = {
            info.name.removeprefix("./"): Member(info.offset_data, info.size)
            for info in archive
            if info.isreg() and not info.issparse()
        }
        end = archive.offset
    with tar.open("rb") as file:
        # tarfile stops silently at a damaged header; a real end is followed by zeros or nothing
        file.seek(end)
        if any(file.read(tarfile.BLOCKSIZE)):
            raise tarfile.ReadError(f"a header after {len(members):,} members is damaged")
    return members
