"""COCO's ``captions_*.json``: images and annotations; the file name says the split."""

import re
from pathlib import Path
from typing import Any

from twinlens.data.captioned import CaptionedPhotos, Source, check_below
from twinlens.data.readers.json_file import read_json
from twinlens.errors import DataError
from twinlens.types import CaptionedImage

_NAME = re.compile(r"captions_(?P<split>train|val|test)(?P<year>\d{4})?\.json")


def recognizes(directory: Path) -> list[Path] | None:
    """The caption files in a folder or its ``annotations/``; None if there are none."""
    places = (directory, directory / "annotations")
    files = [
        file for place in places if place.is_dir() for file in sorted(place.iterdir()) if _NAME.fullmatch(file.name)
    ]
    return files or None


def read_coco(source: Source) -> CaptionedPhotos:
    """Photos and captions from COCO's annotation files, one split per file.

    Raises:
        DataError: an entry is incomplete, or a folder of photos is missing.
    """
    files = [source.file] if source.file else recognizes(source.directory)
    if not files:
        raise DataError(f"{source.directory} contains no COCO captions_*.json")
    photos: list[CaptionedImage] = []
    splits: dict[str, list[str]] = {}
    for annotations in files:
        name = _NAME.fullmatch(annotations.name)
        split, year = (name["split"], name["year"] or "") if name else ("train", "")
        folder = source.image_folder(split + year, f"images/{split}{year}", "images")
        found = _photos(annotations, folder)
        photos += found
        splits.setdefault(split, []).extend(photo.image_id for photo in found)
    return source.captioned(photos, splits if len(splits) > 1 else None)


def _photos(file: Path, folder: Path) -> list[CaptionedImage]:
    data = read_json(file)
    names: dict[Any, str] = {}
    captions: dict[Any, list[str]] = {}
    for number, image in enumerate(_entries(file, data, "images")):
        try:
            names[image["id"]] = check_below(image["file_name"])
        except (TypeError, KeyError, ValueError) as error:
            raise _fault(file, "images", number, error) from error
    for number, row in enumerate(_entries(file, data, "annotations")):
        try:
            if row["image_id"] not in names:
                raise ValueError(f"image_id {row['image_id']!r} is not the id of an image")
            captions.setdefault(row["image_id"], []).append(str(row["caption"]).strip())
        except (TypeError, KeyError, ValueError) as error:
            raise _fault(file, "annotations", number, error) from error
    return [CaptionedImage(name, folder / name, tuple(captions[key])) for key, name in names.items() if key in captions]


def _entries(file: Path, data: Any, key: str) -> list[Any]:
    if not isinstance(data, dict) or not isinstance(data.get(key), list):
        raise DataError(f"{file}: expected a list {key!r}, as in COCO's caption files")
    entries: list[Any] = data[key]
    return entries


def _fault(file: Path, key: str, number: int, error: Exception) -> DataError:
    return DataError(f"{file}, entry {number} of {key}: {error!r}; expected the COCO captions format")
