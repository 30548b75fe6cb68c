"""Karpathy's ``dataset_*.json``: photos, sentences and the splits that papers report on."""

from pathlib import Path

from twinlens.data.captioned import CaptionedPhotos, check_below, image_folder
from twinlens.data.json_file import read_json
from twinlens.errors import DataError
from twinlens.types import CaptionedImage

RESTVAL = "restval"  # COCO photos of the old validation set that papers train on


def recognizes(directory: Path) -> Path | None:
    """The file in a folder; None where there is none."""
    return next(iter(sorted(directory.glob("dataset*.json"))), None)


def read_karpathy(
    directory: Path, *, file: Path | None = None, images: Path | None = None, seed: int = 0
) -> CaptionedPhotos:
    """Photos, captions and splits; ``restval`` counts as train, as in the papers.

    Raises:
        DataError: an entry is incomplete.
    """
    source = file or recognizes(directory)
    if source is None:
        raise DataError(f"{directory} holds no dataset_*.json")
    folder = images or image_folder(directory, "images", "Images")
    data = read_json(source)
    if not isinstance(data, dict) or not isinstance(data.get("images"), list):
        raise DataError(f"{source}: a list 'images' was expected, as in Karpathy's files")
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
            raise DataError(f"{source}, entry {number}: {error!r}; expected {wanted}") from error
        photos.append(CaptionedImage(image_id, folder / image_id, captions))
    return CaptionedPhotos(directory.resolve().name, photos, splits, seed=seed)
