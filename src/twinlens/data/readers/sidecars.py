"""A folder of photos each with its captions beside it: ``photo.jpg`` and ``photo.txt``, one caption a line."""

from pathlib import Path

from twinlens.data.captioned import CaptionedPhotos, Source
from twinlens.data.images import PHOTO_SUFFIXES
from twinlens.errors import DataError
from twinlens.types import CaptionedImage


def recognizes(directory: Path) -> Path | None:
    """The folder, when a photo in it has a text of its name; None otherwise."""
    photos = (file for file in directory.rglob("*") if file.suffix.lower() in PHOTO_SUFFIXES)
    return directory if any(photo.with_suffix(".txt").is_file() for photo in photos) else None


def read_sidecars(source: Source) -> CaptionedPhotos:
    """Photos with a text beside them; splits are dealt by photo, photos without a text are left out.

    Raises:
        DataError: a text cannot be read, or there are none.
    """
    root = source.images or source.directory
    photos = []
    for photo in sorted(root.rglob("*")):
        text = photo.with_suffix(".txt")
        if photo.suffix.lower() not in PHOTO_SUFFIXES or not text.is_file():
            continue
        try:
            captions = tuple(line.strip() for line in text.read_text(encoding="utf-8-sig").splitlines() if line.strip())
        except (OSError, ValueError) as error:
            raise DataError(f"{text} cannot be read: {error}") from error
        if captions:
            photos.append(CaptionedImage(photo.relative_to(root).as_posix(), photo, captions))
    return source.captioned(photos)
