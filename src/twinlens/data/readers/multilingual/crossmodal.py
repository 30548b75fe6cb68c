"""Crossmodal-3600: ``captions.jsonl`` with a photo's key and its captions in 36 languages in each line."""

import json
from collections.abc import Iterator
from pathlib import Path

from twinlens.data.captioned import CaptionedPhotos, Source
from twinlens.data.readers.multilingual.spoken import Spoken, gather_spoken
from twinlens.data.text_file import read_text_file, start_of_text
from twinlens.errors import DataError

NAME, KEY = "captions.jsonl", "image/key"
LOOKED_FOR = (f"{NAME} with {KEY}",)
IMAGE_FOLDERS = ("images", "Images", "crossmodal-3600")


def recognizes(directory: Path) -> Path | None:
    """The file of captions; None if there is none."""
    file = directory / NAME
    return file if file.is_file() and f'"{KEY}"' in start_of_text(file) else None


def read_crossmodal(source: Source) -> CaptionedPhotos:
    """Photos with captions in each language; all are the test split.

    Raises:
        DataError: a line is malformed, or the folder of photos is missing.
    """
    file = source.file or recognizes(source.directory)
    if file is None:
        raise DataError(f"{source.directory} is not Crossmodal-3600: it needs {NAME}")
    rows = list(_rows(file))
    names = list(dict.fromkeys(row.image for row in rows))
    folder = source.photo_folder(names, *IMAGE_FOLDERS)
    photos = gather_spoken(rows, {name: folder / name for name in names}, file)
    return source.captioned(photos, {"test": [photo.image_id for photo in photos]})


def _rows(file: Path) -> Iterator[Spoken]:
    for number, line in enumerate(read_text_file(file).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            image = f"{entry[KEY]}.jpg"
            spoken = {language: own["caption"] for language, own in entry.items() if isinstance(own, dict)}
            rows = [Spoken(image, language, text) for language, texts in spoken.items() for text in _listed(texts)]
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            wanted = f'"{KEY}" and languages, each with a list "caption"'
            raise DataError(f"{file}, line {number}: expected {wanted}, got {line.strip()!r:.80}") from error
        yield from rows


def _listed(texts: object) -> list[object]:
    if not isinstance(texts, list):
        raise TypeError("no list")
    return texts
