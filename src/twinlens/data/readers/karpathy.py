"""Karpathy's ``dataset_*.json``: photos, sentences and the splits used in papers."""

from pathlib import Path

from twinlens.data.captioned import CaptionedPhotos, Source, check_below
from twinlens.data.readers.json_file import read_json
from twinlens.errors import DataError
from twinlens.types import CaptionedImage

RESTVAL = "restval"  # COCO photos of the original validation set that papers train on


def recognizes(directory: Path) -> Path | None:
    """The file in a folder; None if there is none."""
    return next(iter(sorted(directory.glob("dataset*.json"))), None)


def read_karpathy(source: Source) -> CaptionedPhotos:
    """Photos, captions and splits; ``restval`` counts as train, as in papers.

    Raises:
        DataError: an entry is incomplete.
    """
    file = source.file or recognizes(source.directory)
    if file is None:
        raise DataError(f"{source.directory} contains no dataset_*.json")
    folder = source.image_folder("images", "Images")
    data = read_json(file)
    if not isinstance(data, dict) or not isinstance(data.get("images"), list):
        raise DataError(f"{file}: expected a list 'images', as in Karpathy's files")
    photos: list[CaptionedImage] = []
    splits: dict[str, list[str]] = {"train": [], "val": [], "test": []}
    for number, entry in enumerate(data["images"]):
        try:
            parts = [part for part in (entry.get("filepath", ""), entry["filename"]) if part]
            image_id = check_below("/".join(parts))
            captions = tuple(str(sentence["raw"]).strip() for sentence in entry["sentences"])
            splits["train" if entry["split"] == RESTVAL else entry["split"]].append(image_id)
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            wanted = "filename, split and sentences"
            raise DataError(f"{file}, entry {number}: {error!r}; expected {wanted}") from error
        photos.append(CaptionedImage(image_id, folder / image_id, captions))
    return source.captioned(photos, splits)
