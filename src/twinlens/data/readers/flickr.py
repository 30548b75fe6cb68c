"""Token files of Flickr8k and Flickr30k: ``name.jpg#0<TAB>caption``, with lists of splits."""

import re
from collections.abc import Iterator
from pathlib import Path

from twinlens.data.captioned import CaptionedPhotos, Source, check_below, gather
from twinlens.errors import DataError

NAMES = ("Flickr8k.token.txt", "Flickr8k.lemma.token.txt", "results_20130124.token")
IMAGE_FOLDERS = ("images", "Images", "Flicker8k_Dataset", "Flickr8k_Dataset", "flickr30k-images", "flickr30k_images")
SPLIT_LISTS = {
    "train": ("Flickr_8k.trainImages.txt", "train.txt"),
    "val": ("Flickr_8k.devImages.txt", "val.txt"),
    "test": ("Flickr_8k.testImages.txt", "test.txt"),
}
# one name in the official Flickr8k file has an extra suffix: "2258277193_586949ec62.jpg.1#0"
_ROW = re.compile(r"(?P<image>.+?\.\w+?)(?:\.\d+)?#\d+\t(?P<caption>.*)")


def recognizes(directory: Path) -> Path | None:
    """The token file in a folder, by its name; None if there is none."""
    return next((directory / name for name in NAMES if (directory / name).is_file()), None)


def read_flickr(source: Source) -> CaptionedPhotos:
    """Photos and captions from a token file, with the splits from the lists beside it.

    Photos whose file is missing are left out: the official lists contain one that was never published.

    Raises:
        DataError: a row is malformed; the message gives file and line.
    """
    tokens = source.file or recognizes(source.directory)
    if tokens is None:
        raise DataError(f"{source.directory} contains no token file; expected one of {', '.join(NAMES)}")
    folder = source.image_folder(*IMAGE_FOLDERS)
    listed = gather(folder, _rows(tokens))
    photos = [photo for photo in listed if photo.path.is_file()] or listed  # without any photo files, keep the captions
    known = {photo.image_id for photo in photos}
    splits = {
        split: [name for name in _names(source.directory / list_name) if name in known]
        for split, list_names in SPLIT_LISTS.items()
        for list_name in list_names
        if (source.directory / list_name).is_file()
    }
    return source.captioned(photos, splits)


def _rows(tokens: Path) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(_lines(tokens), start=1):
        if not line.strip():
            continue
        row = _ROW.fullmatch(line)
        try:
            if row is None or not row["caption"].strip():
                raise ValueError("expected name.jpg#0, a tab and a caption")
            yield check_below(row["image"]), row["caption"].strip()
        except ValueError as error:
            raise DataError(f"{tokens}, line {number}: {error}, got {line!r:.80}") from error


def _names(file: Path) -> list[str]:
    return [line.strip() for line in _lines(file) if line.strip()]


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        raise DataError(f"{file} cannot be read: {error}") from error
