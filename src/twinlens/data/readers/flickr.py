"""Token files of Flickr8k and Flickr30k: ``name.jpg#0<TAB>caption``, with lists of splits."""

import re
from collections.abc import Iterator
from pathlib import Path

from twinlens.data.captioned import CaptionedPhotos, Source, caption_of, check_below, gather, note_uncaptioned
from twinlens.data.text_file import read_text_file
from twinlens.errors import DataError

NAMES = ("Flickr8k.token.txt", "Flickr8k.lemma.token.txt", "results_20130124.token")
LOOKED_FOR = NAMES
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
    rows = list(_rows(tokens))
    folder = source.photo_folder([name for name, _ in rows], *IMAGE_FOLDERS)
    listed = gather(folder, rows)
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
    n_empty = 0
    for number, line in enumerate(read_text_file(tokens).splitlines(), start=1):
        if not line.strip():
            continue
        row = _ROW.fullmatch(line)
        try:
            if row is None:
                raise ValueError("expected name.jpg#0, a tab and a caption")
            if caption := caption_of(row["caption"]):
                yield check_below(row["image"]), caption
            else:
                n_empty += 1
        except ValueError as error:
            raise DataError(f"{tokens}, line {number}: {error}, got {line!r:.80}") from error
    note_uncaptioned(n_empty, tokens)


def _names(file: Path) -> list[str]:
    return [line.strip() for line in read_text_file(file).splitlines() if line.strip()]
