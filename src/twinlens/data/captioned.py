"""Captioned photos with their splits: what every reader of a data set gives."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePath

from twinlens.data.splits import check_split_name, seeded_splits
from twinlens.errors import DataError
from twinlens.types import CaptionedImage

STANDARD_SPLITS = ("train", "val", "test")


class CaptionedPhotos:
    """Implements ``Dataset`` on photos that a reader has gathered.

    Args:
        name: what reports call the data.
        images: in file order, each id once.
        splits: name → ids; empty = dealt by seeded ratios, by photo.
        seed: of the deal.

    Raises:
        DataError: there are no photos, or a photo is in two splits.
    """

    def __init__(
        self, name: str, images: Iterable[CaptionedImage], splits: Mapping[str, Sequence[str]], *, seed: int = 0
    ) -> None:
        self._name = name
        self._images = {image.image_id: image for image in images}
        if not self._images:
            raise DataError(f"{name} holds no captioned photos")
        given = {split: list(dict.fromkeys(ids)) for split, ids in splits.items() if ids}
        _check_disjoint(name, given)
        self._splits = given or seeded_splits(list(self._images), seed=seed)

    @property
    def name(self) -> str:
        """What reports call the data."""
        return self._name

    def splits(self) -> tuple[str, ...]:
        """Names of the splits besides ``all``."""
        return tuple(self._splits)

    def split(self, name: str) -> Sequence[CaptionedImage]:
        """The photos of one split in the order it lists them; ``all`` in file order."""
        check_split_name(name, self.splits())
        ids = list(self._images) if name == "all" else self._splits[name]
        if unknown := [image_id for image_id in ids if image_id not in self._images]:
            raise DataError(f"split {name!r} lists {len(unknown)} photos without captions, as {unknown[0]!r}")
        return [self._images[image_id] for image_id in ids]


def gather(images: Path, rows: Iterable[tuple[str, str]]) -> list[CaptionedImage]:
    """Photos with all their captions, from rows of file name and caption, in order of first appearance."""
    captions: dict[str, list[str]] = {}
    for file_name, caption in rows:
        captions.setdefault(file_name, []).append(caption)
    return [CaptionedImage(name, images / name, tuple(own)) for name, own in captions.items()]


def image_folder(directory: Path, *names: str) -> Path:
    """The folder with the photos: the first of ``names`` that is there, or one of that name inside it.

    Raises:
        DataError: none of them is there.
    """
    for name in names:
        folder = directory / name
        if folder.is_dir():
            nested = folder / PurePath(name).name
            return nested if nested.is_dir() else folder
    raise DataError(f"{directory} has no folder of photos; expected {' or '.join(f'{name}/' for name in names)}")


def check_below(file_name: str) -> str:
    """The name, when it stays below the folder of photos; ValueError otherwise."""
    if not file_name or PurePath(file_name).is_absolute() or ".." in PurePath(file_name).parts:
        raise ValueError(f"{file_name!r} is not below the folder of photos")
    return file_name


def _check_disjoint(name: str, splits: Mapping[str, Sequence[str]]) -> None:
    seen: dict[str, str] = {}
    for split, ids in splits.items():
        for image_id in ids:
            if (other := seen.setdefault(image_id, split)) != split:
                raise DataError(f"{name}: photo {image_id!r} is in split {other!r} and in {split!r}; a photo has one")
