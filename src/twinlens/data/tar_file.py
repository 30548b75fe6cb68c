"""Read members of an uncompressed tar by their place in it, without unpacking."""

import tarfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from twinlens.errors import DataError


class Member(NamedTuple):
    """Where a member's bytes lie."""

    offset: int
    size: int


class _Index(NamedTuple):
    stamp: tuple[int, int]  # of the tar when it was indexed
    members: Mapping[str, Member]


_indexes: dict[Path, _Index] = {}  # kept once per process: finding one member means walking over all headers
_indexing = threading.Lock()


def tar_members(tar: Path) -> Mapping[str, Member]:
    """The regular files of a tar, by name, in their order; safe to call from several threads.

    Raises:
        DataError: it cannot be read, is no uncompressed tar, or is cut or damaged.
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
        raise DataError(f"{tar} is no uncompressed tar, or a damaged one: {error}; make or fetch it again") from error
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
        # tarfile takes a damaged header for the end: a true one is followed by zeros or by nothing
        file.seek(end)
        if any(file.read(tarfile.BLOCKSIZE)):
            raise tarfile.ReadError(f"a header after {len(members):,} members is damaged")
    return members
