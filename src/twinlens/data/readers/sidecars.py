"""A folder of photos with a text file each: ``photo.jpg`` and ``photo.txt``, one caption per line."""

from pathlib import Path

from twinlens.data.captioned import CaptionedPhotos, Source
from twinlens.data.images import PHOTO_SUFFIXES
from twinlens.data.text_file import TextDecoder
from twinlens.types import CaptionedImage

LOOKED_FOR = ("photo.jpg with photo.txt",)


def recognizes(directory: Path) -> Path | None:
    """The folder, if a photo in it has a text file of the same name; None otherwise."""
    photos = (file for file in directory.rglob("*") if file.suffix.lower() in PHOTO_SUFFIXES)
    return directory if any(photo.with_suffix(".txt").is_file() for photo in photos) else None


def read_sidecars(source: Source) -> CaptionedPhotos:
    """Photos with captions from their text files, split at random; photos without a text file are left out.

    Raises:
        DataError: a text file cannot be read, or there are none.
    """
    root = source.images or source.directory
    photos, decoder = [], TextDecoder()
    for photo in sorted(root.rglob("*")):
        text = photo.with_suffix(".txt")
        if photo.suffix.lower() not in PHOTO_SUFFIXES or not text.is_file():
            continue
        captions = tuple(line.strip() for line in decoder.read(text).splitlines() if line.strip())
        if captions:
            photos.append(CaptionedImage(photo.relative_to(root).as_posix(), photo, captions))
    return source.captioned(photos)
