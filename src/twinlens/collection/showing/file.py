"""A photo file that is safe to serve: inside its library, a regular file, of a known type."""

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from twinlens.collection.showing.card import PhotoCard
from twinlens.data.decoding.kinds import find_kind
from twinlens.errors import PhotoError

START_BYTES = 4096  # of a file, which tell its kind
_MAGIC = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"P3", "image/x-portable-pixmap"),
    (b"P6", "image/x-portable-pixmap"),
    (b"P2", "image/x-portable-graymap"),
    (b"P5", "image/x-portable-graymap"),
)
_BRANDS = {b"avif": "image/avif", b"avis": "image/avif", b"heic": "image/heic", b"heix": "image/heic"}


class OutsideLibraryError(PhotoError):
    """A link in the library leads to a file outside it."""


@dataclass(frozen=True, slots=True)
class PhotoFile:
    """A file that may be sent.

    Attributes:
        path: with all links resolved.
        stat: current state of the file.
        media_type: determined by the first bytes, never by the name.
        tag: changes with the content.
    """

    path: Path
    stat: os.stat_result
    media_type: str
    tag: str


def photo_file(card: PhotoCard) -> PhotoFile:
    """The file of an indexed photo.

    Raises:
        OutsideLibraryError: its path contains a link that leads out of the photo folder, and the collection
            does not follow such links, or what is behind it has changed since it was indexed.
        PhotoError: it is gone, not a regular file, no picture, or cannot be read.
    """
    path = Path(os.path.realpath(card.path))
    is_outside = not path.is_relative_to(os.path.realpath(card.folder))
    if is_outside and not card.may_leave_folder:
        raise OutsideLibraryError("it is outside the library, behind a link")
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags)
        with os.fdopen(descriptor, "rb") as file:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):  # reading a pipe would block forever
                raise PhotoError("not a regular file")
            if is_outside and not _is_as_indexed(card, found):  # else a link exchanged later would show any file
                raise OutsideLibraryError("it is outside the library, behind a link, and not as it was indexed")
            start = file.read(START_BYTES)
            if find_kind(start) is None:  # whatever the catalog says, which may come from somebody else
                raise PhotoError("it is not a picture")
            return PhotoFile(path, found, media_type(start[:32]), _tag(card, found))
    except FileNotFoundError as error:
        raise PhotoError("file is gone") from error
    except OSError as error:
        raise PhotoError(f"could not be read: {error.strerror or error}") from error


def media_type(start: bytes) -> str:
    """Type of a photo by its first 32 bytes.

    >>> media_type(b"GIF89a".ljust(32))
    'image/gif'
    """
    if start[4:8] == b"ftyp":
        return _BRANDS.get(start[8:12], "image/avif" if b"avif" in start[16:] else "image/heif")
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for magic, kind in _MAGIC if start.startswith(magic)), "application/octet-stream")


def _is_as_indexed(card: PhotoCard, found: os.stat_result) -> bool:
    return (found.st_size, found.st_mtime_ns) == (card.size_bytes, card.mtime_ns)


def _tag(card: PhotoCard, found: os.stat_result) -> str:
    if _is_as_indexed(card, found):
        return card.content_hash.hex()
    return hashlib.sha256(f"{card.id}\0{found.st_size}\0{found.st_mtime_ns}".encode()).hexdigest()[:32]
