"""Read members of a zip by their offset, without unpacking."""

import struct
import threading
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from twinlens.errors import DataError, PhotoError

MOST_MEMBERS = 100_000  # a list of more is a trap, or wants to be unpacked
MOST_KEPT = 16  # lists; one of 100,000 members takes 50 MB
_LOCAL_HEADER = struct.Struct("<4s22xHH")  # its signature, and the lengths of the name and of what follows it
_SIGNATURE, _ENCRYPTED = b"PK\3\4", 0x1


class _Index(NamedTuple):
    stamp: tuple[int, int]  # size and modification time of the zip when it was indexed
    members: Mapping[str, zipfile.ZipInfo]


_indexes: dict[Path, _Index] = {}  # cached: finding a member means reading the whole list
_indexing = threading.Lock()


def zip_members(archive: Path) -> Mapping[str, zipfile.ZipInfo]:
    """The files in a zip by name, in its order; thread-safe.

    Raises:
        DataError: it cannot be read, is no zip, is damaged, or lists too many members.
    """
    try:
        stat = archive.stat()
        stamp = (stat.st_size, stat.st_mtime_ns)
        with _indexing:
            known = _indexes.get(archive)
            if known is None or known.stamp != stamp:
                known = _indexes[archive] = _Index(stamp, _read_index(archive))
                while len(_indexes) > MOST_KEPT:
                    del _indexes[next(iter(_indexes))]  # the one that was read first
    except OSError as error:
        raise DataError(f"{archive.name} cannot be read: {error.strerror or error}") from error
    except (zipfile.BadZipFile, struct.error, ValueError, NotImplementedError, EOFError) as error:
        raise DataError(f"{archive.name} is damaged, or no zip: {error}") from error
    return known.members


def read_zip_member(archive: Path, name: str, *, max_bytes: int) -> bytes:
    """The content of one member.

    Raises:
        KeyError: the zip has no such member.
        DataError: the zip cannot be read.
        PhotoError: the member is encrypted, damaged, packed in an unusual way, or longer than ``max_bytes``.
    """
    member = zip_members(archive)[name]
    if member.flag_bits & _ENCRYPTED:
        raise PhotoError("encrypted in its archive")
    if member.file_size > max_bytes or member.compress_size > max_bytes:
        raise PhotoError(f"{member.file_size / 1e9:,.1f} GB, more than {max_bytes / 1e9:.0f} GB")
    try:
        with archive.open("rb") as file:
            file.seek(member.header_offset)
            signature, name_bytes, extra_bytes = _LOCAL_HEADER.unpack(file.read(_LOCAL_HEADER.size))
            if signature != _SIGNATURE:
                raise PhotoError("damaged in its archive")
            file.seek(name_bytes + extra_bytes, 1)
            packed = file.read(member.compress_size)
    except (OSError, struct.error) as error:
        raise PhotoError(f"cannot be read in its archive: {getattr(error, 'strerror', None) or 'cut off'}") from error
    content = _unpacked(packed, member)
    if len(content) != member.file_size or zlib.crc32(content) != member.CRC:
        raise PhotoError("damaged in its archive")
    return content


def _unpacked(packed: bytes, member: zipfile.ZipInfo) -> bytes:
    """No more than one byte beyond the size that the zip tells, whatever the member would become."""
    if member.compress_type == zipfile.ZIP_STORED:
        return packed
    if member.compress_type != zipfile.ZIP_DEFLATED:
        raise PhotoError("packed in its archive in a way that is not read; unpack the archive")
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, member.file_size + 1)
    except zlib.error as error:
        raise PhotoError("damaged in its archive") from error


def _read_index(archive: Path) -> dict[str, zipfile.ZipInfo]:
    with zipfile.ZipFile(archive) as opened:
        if len(opened.filelist) > MOST_MEMBERS:
            raise DataError(f"{archive.name} has more than {MOST_MEMBERS:,} members; unpack it")
        return {member.filename: member for member in opened.filelist if not member.is_dir()}
