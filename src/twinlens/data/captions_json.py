"""``captions.json`` + ``images/`` (+ ``splits.json``): one row a caption, many rows a photo."""

from collections.abc import Sequence
from pathlib import Path

from twinlens.data.json_file import read_file_name, read_json, read_text
from twinlens.data.splits import check_split_name, seeded_splits
from twinlens.errors import DataError
from twinlens.types import CaptionedImage

STANDARD_SPLITS = ("train", "val", "test")


class CaptionsJson:
    """A folder with ``captions.json``: ``[{"file_name": …, "caption": …}]``.

    ``splits.json`` maps train, val and test to file names; photos under other
    keys belong to ``all`` only. Without it photos are dealt by seeded ratios.

    Args:
        directory: holds captions.json and images/ (or images/images/).
        seed: of the deal, used only without splits.json.

    Raises:
        DataError: a file is missing or does not hold what it should.
    """

    def __init__(self, directory: Path, *, seed: int = 0) -> None:
        self._directory = directory
        self._images = _image_folder(directory)
        self._captions = _read_captions(directory / "captions.json")
        self._splits = _read_splits(directory / "splits.json") or seeded_splits(list(self._captions), seed=seed)

    @property
    def name(self) -> str:
        """The folder's name."""
        return self._directory.resolve().name

    def splits(self) -> tuple[str, ...]:
        """Names of the splits besides ``all``."""
        return tuple(self._splits)

    def split(self, name: str) -> Sequence[CaptionedImage]:
        """The photos of one split, in the order it lists them; ``all`` in caption order."""
        check_split_name(name, self.splits())
        ids = list(self._captions) if name == "all" else self._splits[name]
        if unknown := [image_id for image_id in ids if image_id not in self._captions]:
            raise DataError(f"split {name!r} lists {len(unknown)} photos without captions, as {unknown[0]!r}")
        return [CaptionedImage(i, self._images / i, tuple(self._captions[i])) for i in ids]


def _image_folder(directory: Path) -> Path:
    folder = directory / "images"
    if not folder.is_dir():
        raise DataError(f"{directory} has no folder images/ beside captions.json")
    return folder / "images" if (folder / "images").is_dir() else folder


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
