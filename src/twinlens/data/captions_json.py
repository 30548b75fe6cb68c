"""``captions.json`` + ``images/`` (+ ``splits.json``): one row a caption, many rows a photo."""

from pathlib import Path

from twinlens.data.captioned import STANDARD_SPLITS, CaptionedPhotos, image_folder
from twinlens.data.json_file import read_file_name, read_json, read_text
from twinlens.errors import DataError
from twinlens.types import CaptionedImage

NAME = "captions.json"


class CaptionsJson(CaptionedPhotos):
    """A folder with ``captions.json``: ``[{"file_name": …, "caption": …}]``.

    ``splits.json`` maps train, val and test to file names; photos under other
    keys belong to ``all`` only. Without it photos are dealt by seeded ratios.

    Args:
        directory: holds captions.json and images/ (or images/images/).
        file: the captions, when they are not in captions.json.
        images: the folder of photos, when it is not images/.
        seed: of the deal, used only without splits.json.

    Raises:
        DataError: a file is missing or does not hold what it should.
    """

    def __init__(self, directory: Path, *, file: Path | None = None, images: Path | None = None, seed: int = 0) -> None:
        folder = images or image_folder(directory, "images")
        captions = _read_captions(file or directory / NAME)
        photos = [CaptionedImage(name, folder / name, tuple(own)) for name, own in captions.items()]
        super().__init__(directory.resolve().name, photos, _read_splits(directory / "splits.json"), seed=seed)


def recognizes(directory: Path) -> Path | None:
    """``captions.json`` in a folder; None where there is none."""
    return directory / NAME if (directory / NAME).is_file() else None


def _read_captions(path: Path) -> dict[str, list[str]]:
    captions: dict[str, list[str]] = {}
    rows = read_json(path)
    if not isinstance(rows, list):
        raise DataError(f"{path}: a list of {{file_name, caption}} was expected, got {type(rows).__name__}")
    for number, row in enumerate(rows):
        try:
            captions.setdefault(read_file_name(row), []).append(read_text(row, "caption"))
        except (TypeError, KeyError, ValueError) as error:
            wanted = "a file_name below images/ and a caption"
            raise DataError(f"{path}, entry {number}: expected {wanted}, got {row!r:.80}") from error
    if not captions:
        raise DataError(f"{path} holds no captions")
    return captions


def _read_splits(path: Path) -> dict[str, list[str]]:
    if not path.exists():
        return {}
    splits = read_json(path)
    if not isinstance(splits, dict) or not all(isinstance(ids, list) for ids in splits.values()):
        raise DataError(f"{path}: an object of lists was expected, as {{'train': […], 'test': […]}}")
    seen: dict[str, str] = {}
    for name, ids in splits.items():
        for image_id in ids:
            if not isinstance(image_id, str):
                raise DataError(f"{path}: split {name!r} must list file names, got {image_id!r:.80}")
            if image_id in seen:
                raise DataError(f"{path}: photo {image_id!r} is in {seen[image_id]!r} and in {name!r}; list it once")
            seen[image_id] = name
    known = {name: splits[name] for name in STANDARD_SPLITS if name in splits}
    if not known:
        raise DataError(f"{path} has none of {', '.join(STANDARD_SPLITS)}; without the file photos are dealt 80/10/10")
    return known
