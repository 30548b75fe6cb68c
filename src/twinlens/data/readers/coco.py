"""COCO's ``captions_*.json``: images and annotations; the file name says the split."""

import re
from pathlib import Path
from typing import Any

from twinlens.data.captioned import CaptionedPhotos, Source, caption_ids, caption_of, check_below, note_uncaptioned
from twinlens.data.readers.json_file import read_json
from twinlens.errors import DataError
from twinlens.types import CaptionedImage

_NAME = re.compile(r"captions_(?P<split>train|val|test)(?P<year>\d{4})?\.json")
LOOKED_FOR = ("captions_train*.json", "captions_val*.json", "captions_test*.json")
_PART = re.compile(r"COCO_((?:train|val|test)\d{4})_")  # in the names of the photos of 2014


def recognizes(directory: Path) -> list[Path] | None:
    """The caption files in a folder or its ``annotations/``; None if there are none."""
    for place in ("", "annotations/", "annotations_*/", "annotations_*/annotations/", "captions/annotations/"):
        files = [file for file in sorted(directory.glob(f"{place}captions_*.json")) if _NAME.fullmatch(file.name)]
        if files:
            return files
    return None


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
        found = _photos(source, annotations, split + year)
        photos += found
        splits.setdefault(split, []).extend(photo.image_id for photo in found)
    return source.captioned(photos, splits if len(splits) > 1 else None)


def _photos(source: Source, file: Path, part: str) -> list[CaptionedImage]:
    data = read_json(file)
    names: dict[Any, str] = {}
    captions: dict[Any, list[str]] = {}
    numbers: dict[Any, list[int]] = {}
    for number, image in enumerate(_entries(file, data, "images")):
        try:
            names[image["id"]] = check_below(image["file_name"])
        except (TypeError, KeyError, ValueError) as error:
            raise _fault(file, "images", number, error) from error
    n_empty = 0
    for number, row in enumerate(_entries(file, data, "annotations")):
        try:
            if row["image_id"] not in names:
                raise ValueError(f"image_id {row['image_id']!r} is not the id of an image")
            caption, number_in_coco = caption_of(row["caption"]), row.get("id")
        except (TypeError, KeyError, ValueError) as error:
            raise _fault(file, "annotations", number, error) from error
        if caption is None:
            n_empty += 1
        else:
            captions.setdefault(row["image_id"], []).append(caption)
            if isinstance(number_in_coco, int):
                numbers.setdefault(row["image_id"], []).append(number_in_coco)
    note_uncaptioned(n_empty, file)
    listed = {key: name for key, name in names.items() if key in captions}
    folder = _folder(source, list(listed.values()), part)
    return [
        CaptionedImage(name, folder / name, tuple(captions[key]), caption_ids(captions[key], numbers.get(key, [])))
        for key, name in listed.items()
    ]


def _folder(source: Source, file_names: list[str], part: str) -> Path:
    in_name = _PART.search(file_names[0]) if file_names else None
    parts = dict.fromkeys((part, in_name[1] if in_name else part))
    return source.photo_folder(file_names, *parts, *(f"images/{own}" for own in parts), "images")


def _entries(file: Path, data: Any, key: str) -> list[Any]:
    if not isinstance(data, dict) or not isinstance(data.get(key), list):
        raise DataError(f"{file}: expected a list {key!r}, as in COCO's caption files")
    entries: list[Any] = data[key]
    return entries


def _fault(file: Path, key: str, number: int, error: Exception) -> DataError:
    return DataError(f"{file}, entry {number} of {key}: {error!r}; expected the COCO captions format")
