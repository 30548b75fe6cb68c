"""Decoded photos for a tower that is trained: decoded at each use, or cached on disk or in memory."""

import hashlib
import logging
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from twinlens.data.images import open_photo, photo_stamp
from twinlens.embedding.local import map_ahead
from twinlens.errors import ConfigError, PhotoError, TrainingError
from twinlens.model.preprocess import Preprocessing
from twinlens.types import Pixels

logger = logging.getLogger(__name__)
ImageCache = Literal["none", "disk", "memory"]
SHARE_OF_MEMORY = 0.8  # the rest is needed for weights and activations


class PhotoPixels:
    """Prepared photos [N, H, W, 3] uint8; the kind of cache does not change them.

    Args:
        paths: N photos.
        preprocessing: how photos become pixels.
        cache: "none" decodes at each use, "disk" uses a memory-mapped file, "memory" an array.
        folder: of the cache file.
        on_progress: called with "photos", the number of photos decoded and the total.

    Raises:
        ConfigError: the cache would not fit; the message gives its size.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        preprocessing: Preprocessing,
        *,
        cache: ImageCache,
        folder: Path,
        on_progress: Callable[[str, int, int], None] = lambda *_: None,
    ) -> None:
        self.paths, self.preprocessing = list(paths), preprocessing
        side = preprocessing.image_size
        self.shape = (len(self.paths), side, side, 3)
        self.broken: dict[int, str] = {}  # row → reason
        self._kept: Pixels | None = None
        if cache != "none":
            self._kept = self._load_or_decode(cache, folder, on_progress)

    def __len__(self) -> int:
        return len(self.paths)

    @property
    def size_bytes(self) -> int:
        """Size of a cache of all photos."""
        return int(np.prod(self.shape))

    def take(self, rows: Sequence[int]) -> Pixels:
        """[B, H, W, 3], the photos in some rows.

        Raises:
            TrainingError: a photo cannot be read.
        """
        if self._kept is not None:
            return np.asarray(self._kept[list(rows)])
        photos = []
        for row, pixels in map_ahead(self._prepare, rows):
            if isinstance(pixels, PhotoError):
                hint = "'twinlens datasets info' lists all such photos; image_cache = 'disk' leaves them out"
                raise TrainingError(f"{self.paths[row]} cannot be read: {pixels}; {hint}")
            photos.append(pixels)
        return np.stack(photos)

    def _prepare(self, row: int) -> Pixels | PhotoError:
        try:
            photo = open_photo(self.paths[row], min_side=self.preprocessing.resized_side)
        except PhotoError as error:
            return error
        return self.preprocessing.pixels(photo.image)

    def _load_or_decode(self, cache: ImageCache, folder: Path, on_progress: Callable[[str, int, int], None]) -> Pixels:
        file = folder / f"pixels-{self._key()}.npy"
        if cache == "disk" and file.exists():
            kept: Pixels = np.load(file, mmap_mode="r")
            self._mark_broken(kept)
            return kept
        self._check_room(cache, folder)
        if cache == "memory":
            return self._fill(np.empty(self.shape, dtype=np.uint8), on_progress)
        partial = folder / f"{file.stem}.{os.getpid()}.partial.npy"
        try:
            mapped = np.lib.format.open_memmap(partial, mode="w+", dtype=np.uint8, shape=self.shape)
            self._fill(mapped, on_progress)
            mapped.flush()
            partial.replace(file)
        finally:
            partial.unlink(missing_ok=True)
        return np.load(file, mmap_mode="r")  # type: ignore[no-any-return]

    def _fill(self, pixels: Pixels, on_progress: Callable[[str, int, int], None]) -> Pixels:
        for row, photo in map_ahead(self._prepare, range(len(self.paths))):
            if isinstance(photo, PhotoError):
                logger.warning("photo left out: %s: %s", self.paths[row], photo)
                self.broken[row] = str(photo)
                pixels[row] = 0
            else:
                # all zeros mark a photo that cannot be read
                pixels[row] = photo if photo.any() else 1
            on_progress("photos", row + 1, len(self.paths))
        return pixels

    def _mark_broken(self, kept: Pixels) -> None:
        self.broken = {row: "cannot be read" for row in range(len(kept)) if not kept[row].any()}

    def _key(self) -> str:
        digest = hashlib.sha256(self.preprocessing.model_dump_json().encode())
        for path in self.paths:
            digest.update(f"{path.name}|{photo_stamp(path)}\0".encode("utf-8", "surrogatepass"))
        return digest.hexdigest()[:16]

    def _check_room(self, cache: ImageCache, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free if cache == "disk" else int(SHARE_OF_MEMORY * _free_memory())
        need = f"{self.size_bytes / 1e9:.2f} GB for {len(self):,} photos of {self.shape[1]} pixels"
        logger.info("image_cache = %s: %s", cache, need)
        if self.size_bytes > free:
            other = "'none' or 'disk'" if cache == "memory" else "'none'"
            raise ConfigError(
                f"data.image_cache = {cache!r} needs {need}, but {free / 1e9:.2f} GB are free; use {other}, "
                "or lower image.image_size"
            )


def _free_memory() -> int:
    """Free memory in bytes; if unknown, a number larger than any cache."""
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return 2**62
