"""Thumbnail cache on disk with a size limit and LRU eviction."""

import hashlib
import io
import logging
import math
import os
import re
import threading
import time
import zlib
from contextlib import suppress
from functools import partial
from pathlib import Path

from filelock import FileLock, Timeout
from PIL import Image

from twinlens.collection.showing.file import PhotoFile
from twinlens.config import data_folder
from twinlens.data.guarded.guard import Guard
from twinlens.data.guarded.limits import Limits
from twinlens.data.guarded.photos import read_guarded
from twinlens.data.images import DRAFT_OVERSAMPLING
from twinlens.data.objects.patience import DRAWN_S, soon
from twinlens.errors import PhotoCrashError, PhotoError, PhotoTooSlowError

logger = logging.getLogger(__name__)
THUMBNAILS = "thumbnails"  # subfolder of the collection folder
THUMBNAIL_SIDES_PX = range(16, 2049)
QUALITY = 85
VERSION = 2  # increased when thumbnails are drawn or kept differently
SUM_BYTES = 4  # CRC-32 at the end of a file
_OURS = re.compile(r"[0-9a-f]{40}\..*")  # a thumbnail, or one that was not completed
KEPT_SHARE = 0.9  # of the limit, after eviction
LIMITS = Limits(cpu_s=10, wall_s=20, memory_bytes=1_500_000_000)  # of a photo that is not light
DECODERS = 2  # at once, for such photos
REFUSED_S = 600.0  # in which a photo that took too long or crashed its decoder is not tried again
CHECKED_SHARE = 0.05  # of the limit: after this many new bytes the folder is scanned again


class ThumbnailCache:
    """Draws and caches thumbnails; may be shared between threads and processes.

    The size is measured on disk: each process scans the folder before its first thumbnail
    and again whenever it has written a twentieth of the limit, so W processes exceed the
    limit by at most W twentieths.

    Args:
        folder: created if missing; None disables the cache.
        max_bytes: size limit; 0 disables the cache.
    """

    def __init__(self, folder: Path | None, *, max_bytes: int) -> None:
        self._folder = folder if max_bytes else None
        self._max_bytes = max_bytes
        self._guard = threading.Lock()
        self._unchecked_bytes = max_bytes  # so that the first one scans the folder
        self._decoders = Guard(LIMITS, processes=DECODERS)
        self._refused: dict[str, tuple[float, PhotoError]] = {}

    def close(self) -> None:
        """Ends the decoder processes."""
        self._decoders.close()

    def thumbnail(self, file: PhotoFile, *, side: int, at_ms: int | None = None) -> tuple[bytes, bool]:
        """A JPEG whose longer side has at most ``side`` pixels, and whether it was cached.

        Args:
            file: of a photo or a video.
            side: see above.
            at_ms: the time of the frame of a video; None = one that stands for it.

        Raises:
            PhotoError: the photo cannot be read.
        """
        place = self._place(file, side, at_ms)
        if place is not None and (kept := _read(place)) is not None:
            return kept, True
        if file.is_remote:  # not asked until now; what it contains today must not be kept as what was indexed
            file = file.current()
            place = self._place(file, side, at_ms)
        with soon(DRAWN_S):
            data = self._draw(file, side, at_ms)
        if place is not None:
            self._keep(place, data)
        return data, False

    def _draw(self, file: PhotoFile, side: int, at_ms: int | None) -> bytes:
        """Draws one, unless that failed before: a page asks again and again for what would take long to fail."""
        until, reason = self._refused.get(file.tag, (0.0, None))
        if reason is not None and time.monotonic() < until:
            raise type(reason)(str(reason))
        try:
            return draw_thumbnail(file.source, side=side, guard=self._decoders, at_ms=at_ms)
        except (PhotoTooSlowError, PhotoCrashError) as error:
            self._refused[file.tag] = time.monotonic() + REFUSED_S, error.with_traceback(None)
            raise

    def _place(self, file: PhotoFile, side: int, at_ms: int | None) -> Path | None:
        if self._folder is None:
            return None
        moment = "" if at_ms is None else f"\0{at_ms}"
        key = hashlib.sha256(f"{VERSION}\0{file.tag}\0{side}{moment}".encode()).hexdigest()[:40]
        return self._folder / key[:2] / f"{key}.jpg"

    def _keep(self, place: Path, data: bytes) -> None:
        partial = place.with_name(f"{place.stem}.{os.getpid()}-{threading.get_ident()}.partial")
        try:
            self._make_folder(place.parent)
            partial.write_bytes(data + _checksum(data))
            partial.replace(place)
        except OSError as error:  # a full disk must not prevent the answer
            logger.warning("a thumbnail cannot be kept in %s: %s", place.parent, error.strerror or error)
            _remove(partial)
            return
        with self._guard:
            self._unchecked_bytes += len(data)
            if self._unchecked_bytes < CHECKED_SHARE * self._max_bytes:
                return
            self._unchecked_bytes = 0
        self.make_room()

    def _make_folder(self, folder: Path) -> None:
        """Makes a folder of the cache, but not the collection's, which may have been taken away meanwhile."""
        assert self._folder is not None
        self._folder.mkdir(exist_ok=True)
        folder.mkdir(exist_ok=True)

    def make_room(self) -> int:
        """If the limit is exceeded, evicts the least recently used down to nine tenths; returns the bytes left."""
        if self._folder is None or not self._folder.is_dir():
            return 0
        try:
            with FileLock(self._folder.with_name(f"{THUMBNAILS}.lock"), timeout=0):
                return self._make_room(self._folder)
        except Timeout:  # another process is doing it
            return 0

    def _make_room(self, folder: Path) -> int:
        kept = sorted(
            (found for file in folder.glob("*/*") if _OURS.fullmatch(file.name) and (found := _use(file))),
            key=lambda item: item[0],
        )
        total = sum(size for _, size, _ in kept)
        if total <= self._max_bytes:
            return total
        for _, size, file in kept:
            if total <= KEPT_SHARE * self._max_bytes:
                break
            _remove(file)
            total -= size
        return total


def thumbnails_folder(place: Path, *, identity: str) -> Path:
    """The cache folder: in the collection folder, or in the user's data folder if that cannot be written."""
    if os.access(place, os.W_OK):
        return place / THUMBNAILS
    folder = data_folder() / THUMBNAILS
    with suppress(OSError):  # without a cache, thumbnails are drawn each time
        folder.mkdir(parents=True, exist_ok=True)
    return folder / (identity or "unnamed")


def draw_thumbnail(source: Path | bytes, *, side: int, guard: Guard | None = None, at_ms: int | None = None) -> bytes:
    """A photo as an upright JPEG of at most ``side`` pixels, without EXIF data (no location, no camera).

    Raises:
        PhotoError: the photo cannot be read.
    """
    draw = partial(_small_jpeg, side=side)
    return read_guarded(source, draw, min_side=math.ceil(side / DRAFT_OVERSAMPLING), guard=guard, at_ms=at_ms)[0]


def _small_jpeg(image: Image.Image, *, side: int) -> bytes:
    profile = image.info.get("icc_profile") or b""
    image.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    buffer = io.BytesIO()
    # a CMYK profile would be wrong after conversion to RGB
    image.save(buffer, "JPEG", quality=QUALITY, icc_profile=profile if profile[16:20] == b"RGB " else None)
    return buffer.getvalue()


def _read(place: Path) -> bytes | None:
    try:
        content = place.read_bytes()
        os.utime(place)  # records the use, which file systems mounted with "noatime" do not
    except OSError:
        return None
    data = content[:-SUM_BYTES]
    if not data or content[-SUM_BYTES:] != _checksum(data):
        logger.debug("%s is damaged and is drawn again", place)
        return None
    return data


def _checksum(data: bytes) -> bytes:
    return zlib.crc32(data).to_bytes(SUM_BYTES, "big")


def _use(file: Path) -> tuple[float, int, Path] | None:
    try:
        found = file.stat()
    except OSError:  # another process has just deleted it
        return None
    return found.st_mtime, found.st_size, file


def _remove(file: Path) -> None:
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        logger.debug("%s cannot be deleted: %s", file, error)
