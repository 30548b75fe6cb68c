"""Karpathy's ``dataset_*.json``: photos, sentences and the splits used in papers."""

import re
from pathlib import Path
from typing import NamedTuple

from twinlens.data.captioned import CaptionedPhotos, Source, caption_ids, caption_of, check_below, note_uncaptioned
from twinlens.data.readers.json_file import read_json
from twinlens.errors import DataError
from twinlens.types import CaptionedImage

RESTVAL = "restval"  # COCO photos of the original validation set that papers train on
LOOKED_FOR = ("dataset*.json",)
IMAGE_FOLDERS = (
    *("images", "Images", "coco", "Flicker8k_Dataset", "Flickr8k_Dataset"),
    *("flickr30k-images", "flickr30k_images"),
)
_PART = re.compile(r"_((?:train|val|test)\d{4})_")  # in COCO's file names


class _Photo(NamedTuple):
    part: str  # folder such as val2014, or ""
    file_name: str
    captions: tuple[str, ...]
    caption_ids: tuple[int, ...]

    @property
    def image_id(self) -> str:
        return f"{self.part}/{self.file_name}" if self.part else self.file_name


def recognizes(directory: Path) -> Path | None:
    """The file in a folder; None if there is none."""
    return next(iter(sorted(directory.glob("dataset*.json"))), None)


def read_karpathy(source: Source) -> CaptionedPhotos:
    """Photos, captions and splits; ``restval`` counts as train, as in papers.

    Photos are looked for below images/ and below the folder itself, with and without
    their ``filepath`` such as val2014/.

    Raises:
        DataError: an entry is incomplete, or the folder of photos is missing.
    """
    file = source.file or recognizes(source.directory)
    if file is None:
        raise DataError(f"{source.directory} contains no dataset_*.json")
    data = read_json(file)
    if not isinstance(data, dict) or not isinstance(data.get("images"), list):
        raise DataError(f"{file}: expected a list 'images', as in Karpathy's files")
    photos: list[_Photo] = []
    splits: dict[str, list[str]] = {"train": [], "val": [], "test": []}
    n_empty = 0
    for number, entry in enumerate(data["images"]):
        try:
            captions = [caption_of(sentence["raw"]) for sentence in entry["sentences"]]
            kept = tuple(filter(None, captions))
            ids = [own.get("sentid") for own, caption in zip(entry["sentences"], captions, strict=True) if caption]
            numbers = caption_ids(kept, [number for number in ids if isinstance(number, int)])
            photo = _Photo(entry.get("filepath") or "", entry["filename"], kept, numbers)
            check_below(photo.image_id)
            split = splits["train" if entry["split"] == RESTVAL else entry["split"]]
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            wanted = "filename, split and sentences"
            raise DataError(f"{file}, entry {number}: {error!r}; expected {wanted}") from error
        n_empty += len(captions) - len(photo.captions)
        if photo.captions:
            photos.append(photo)
            split.append(photo.image_id)
    note_uncaptioned(n_empty, file)
    return source.captioned(_placed(source, photos), splits)


def _placed(source: Source, photos: list[_Photo]) -> list[CaptionedImage]:
    parts: dict[tuple[str, str], list[_Photo]] = {}
    for photo in photos:
        match = _PART.search(photo.file_name)
        parts.setdefault((photo.part, match[1] if match else ""), []).append(photo)
    paths: dict[str, Path] = {}
    for named, own in parts.items():
        folders = [*IMAGE_FOLDERS, *(folder for part in named if part for folder in (part, f"images/{part}"))]
        whole = source.find_photos([photo.image_id for photo in own], *folders)
        short = None if whole else source.find_photos([photo.file_name for photo in own], *folders)
        if short:
            paths |= {photo.image_id: short / photo.file_name for photo in own}
        else:
            folder = whole or source.image_folder(*IMAGE_FOLDERS)
            paths |= {photo.image_id: folder / photo.image_id for photo in own}
    return [
        CaptionedImage(photo.image_id, paths[photo.image_id], photo.captions, photo.caption_ids) for photo in photos
    ]
