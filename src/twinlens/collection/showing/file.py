"""A photo file that is safe to serve: inside its library, a regular file, of a known type."""

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from twinlens.collection.showing.card import PhotoCard
from twinlens.data.content_hash import content_hash
from twinlens.data.decoding.kinds import find_kind
from twinlens.data.images import read_photo_bytes
from twinlens.data.objects.object_path import ObjectPath
from twinlens.data.objects.patience import SHOWN_S, soon
from twinlens.data.objects.reading import object_pieces, read_start, stamp
from twinlens.data.objects.stamp import indexed_stat
from twinlens.data.packed import find_packed
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
    (b"8BPS", "image/vnd.adobe.photoshop"),
    (b"\xff\x0a", "image/jxl"),
    (b"\0\0\0\x0cJXL ", "image/jxl"),
    (b"P3", "image/x-portable-pixmap"),
    (b"P6", "image/x-portable-pixmap"),
    (b"P2", "image/x-portable-graymap"),
    (b"P5", "image/x-portable-graymap"),
)
_VIDEOS = {
    "video (MP4)": "video/mp4",
    "video (QuickTime)": "video/quicktime",
    "video (AVI)": "video/x-msvideo",
    "video (MPEG)": "video/mpeg",
    "video (MPEG transport stream)": "video/mp2t",
    "video (Windows Media)": "video/x-ms-wmv",
    "video (Flash)": "video/x-flv",
    "sound or video (Ogg)": "video/ogg",
}
_BRANDS = {b"avif": "image/avif", b"avis": "image/avif", b"heic": "image/heic", b"heix": "image/heic"}


class OutsideLibraryError(PhotoError):
    """A link in the library leads to a file outside it."""


@dataclass(frozen=True, slots=True)
class PhotoFile:
    """A file that may be sent.

    Attributes:
        path: with all links resolved.
        stat: current state of the file.
        media_type: determined by the first bytes, never by the name; empty for an object, which was not asked.
        tag: changes with the content.
        content: of a photo inside an archive; None for a file.
    """

    path: Path
    stat: os.stat_result
    media_type: str
    tag: str
    content: bytes | None = None

    @property
    def source(self) -> Path | bytes:
        """Where its picture is read from."""
        return self.path if self.content is None else self.content

    @property
    def is_video(self) -> bool:
        """Whether it is sent as a video."""
        return self.media_type.startswith("video/")

    @property
    def is_remote(self) -> bool:
        """Whether it is in object storage; then everything is as it was indexed until ``current`` is called."""
        return isinstance(self.path, ObjectPath)

    def current(self) -> Self:
        """The file as it is now: of object storage, which is asked.

        Raises:
            PhotoError, PhotosMissingError: see ``photo_file``.
        """
        if not isinstance(self.path, ObjectPath):
            return self
        try:
            with soon(SHOWN_S):
                start, found = read_start(self.path, START_BYTES), self.path.stat()
        except FileNotFoundError as error:
            raise PhotoError("file is gone") from error
        except OSError as error:
            raise PhotoError(f"could not be read: {error.strerror or error}") from error
        if find_kind(start) is None:
            raise PhotoError("it is not a picture")
        tag = self.tag if stamp(found) == stamp(self.stat) else _tag_of(str(self.path), found)
        return replace(self, stat=found, media_type=media_type(start), tag=tag)

    def pieces(self) -> Iterator[bytes]:
        """The content of an object, one piece after another.

        Raises:
            PhotosMissingError, OSError: it cannot be read, or has changed.
        """
        assert isinstance(self.path, ObjectPath)
        return object_pieces(self.path, self.stat.st_size)


def photo_file(card: PhotoCard) -> PhotoFile:
    """The file of an indexed photo.

    Raises:
        OutsideLibraryError: its path contains a link that leads out of the photo folder, and the collection
            does not follow such links, or what is behind it has changed since it was indexed.
        PhotoError: it is gone, not a regular file, no picture, or cannot be read.
    """
    if isinstance(card.path, ObjectPath):
        return PhotoFile(card.path, indexed_stat(card.size_bytes, card.mtime_ns), "", card.content_hash.hex())
    path = Path(os.path.realpath(card.path))
    is_outside = not path.is_relative_to(os.path.realpath(card.folder))
    if is_outside and not card.may_leave_folder:
        raise OutsideLibraryError("it is outside the library, behind a link")
    if packed := find_packed(path):
        return _inside(card, path, packed.archive, is_outside=is_outside)
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
            return PhotoFile(path, found, media_type(start), _tag(card, found))
    except FileNotFoundError as error:
        raise PhotoError("file is gone") from error
    except OSError as error:
        raise PhotoError(f"could not be read: {error.strerror or error}") from error


def _inside(card: PhotoCard, path: Path, archive: Path, *, is_outside: bool) -> PhotoFile:
    """A photo inside an archive, which is read for it."""
    content = read_photo_bytes(path)
    try:
        found = archive.stat()
    except OSError as error:
        raise PhotoError(f"could not be read: {error.strerror or error}") from error
    is_as_indexed = (len(content), found.st_mtime_ns) == (card.size_bytes, card.mtime_ns)
    if is_outside and not is_as_indexed:
        raise OutsideLibraryError("it is outside the library, behind a link, and not as it was indexed")
    if find_kind(content[:START_BYTES]) is None:
        raise PhotoError("it is not a picture")
    tag = card.content_hash.hex() if is_as_indexed else content_hash(content).hex()
    return PhotoFile(path, found, media_type(content[:START_BYTES]), tag, content)


def media_type(start: bytes) -> str:
    """Type of a photo or a video by its first bytes: 32 of a photo, 400 of a video.

    >>> media_type(b"GIF89a".ljust(32))
    'image/gif'
    """
    if video := _video_type(start):
        return video
    if start[4:8] == b"ftyp":
        return _BRANDS.get(start[8:12], "image/avif" if b"avif" in start[16:] else "image/heif")
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for magic, kind in _MAGIC if start.startswith(magic)), "application/octet-stream")


def _video_type(start: bytes) -> str | None:
    kind = find_kind(start)
    if kind is None or kind.is_read:
        return None
    if start.startswith(b"\x1aE\xdf\xa3"):
        return "video/webm" if b"webm" in start else "video/x-matroska"
    return _VIDEOS.get(kind.name)


def _is_as_indexed(card: PhotoCard, found: os.stat_result) -> bool:
    return (found.st_size, found.st_mtime_ns) == (card.size_bytes, card.mtime_ns)


def _tag(card: PhotoCard, found: os.stat_result) -> str:
    if _is_as_indexed(card, found):
        return card.content_hash.hex()
    return _tag_of(card.id, found)


def _tag_of(name: str, found: os.stat_result) -> str:
    return hashlib.sha256(f"{name}\0{found.st_size}\0{found.st_mtime_ns}".encode()).hexdigest()[:32]
