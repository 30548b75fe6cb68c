"""Captioned photos with their splits: the result of every data set reader."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from twinlens.data.splits import DEFAULT_RATIOS, check_split_name, seeded_splits
from twinlens.errors import DataError
from twinlens.types import CaptionedImage


class CaptionedPhotos:
    """Implements ``Dataset`` for photos that a reader has collected.

    Args:
        name: shown in reports.
        images: in file order, each id once.
        splits: name → ids; if empty, photos are split at random by ``ratios``.
        ratios: split name → share of the photos.
        seed: of the random split.

    Raises:
        DataError: there are no photos, or a photo is in two splits.
    """

    def __init__(
        self,
        name: str,
        images: Iterable[CaptionedImage],
        splits: Mapping[str, Sequence[str]],
        *,
        ratios: Mapping[str, float] = DEFAULT_RATIOS,
        seed: int = 0,
    ) -> None:
        self._name = name
        self._images = {image.image_id: image for image in images}
        if not self._images:
            raise DataError(f"{name} holds no captioned photos")
        given = {split: list(dict.fromkeys(ids)) for split, ids in splits.items()}
        _check_disjoint(name, given)
        self._split_at_random = not any(given.values())
        self._splits = seeded_splits(list(self._images), ratios=ratios, seed=seed) if self._split_at_random else given

    @property
    def name(self) -> str:
        """The name shown in reports."""
        return self._name

    @property
    def is_split_at_random(self) -> bool:
        """True when the data has no splits of its own, so that photos were split at random."""
        return self._split_at_random

    def splits(self) -> tuple[str, ...]:
        """Names of the non-empty splits, without ``all``."""
        return tuple(split for split, ids in self._splits.items() if ids)

    def split(self, name: str) -> Sequence[CaptionedImage]:
        """The photos of one split in the order of its list; ``all`` is in file order.

        Raises:
            DataError: the split does not exist, is empty, or lists a photo without captions.
        """
        ids = list(self._images) if name == "all" else self._splits.get(name)
        if ids is None:
            check_split_name(name, list(self._splits))  # empty ones included, for the suggestion
        if not ids:
            why = (
                f"{len(self._images)} photos were split at random"
                if self._split_at_random
                else "its list has no photos"
            )
            raise DataError(f"split {name!r} of {self._name} is empty: {why}; use {', '.join((*self.splits(), 'all'))}")
        if unknown := [image_id for image_id in ids if image_id not in self._images]:
            raise DataError(f"split {name!r} lists {len(unknown)} photos without captions, e.g. {unknown[0]!r}")
        return [self._images[image_id] for image_id in ids]


@dataclass(frozen=True, slots=True)
class Source:
    """Arguments of a reader.

    Attributes:
        directory: the data set's folder.
        file: the captions file; None = the one with the format's usual name.
        images: the folder of photos; None = the one with the format's usual name.
        ratios: split name → share, used where the data has no splits of its own.
        seed: of the random split.
    """

    directory: Path
    file: Path | None = None
    images: Path | None = None
    ratios: Mapping[str, float] = field(default_factory=lambda: DEFAULT_RATIOS)
    seed: int = 0

    def image_folder(self, *names: str) -> Path:
        """The folder of photos: ``images`` if given, else the first of ``names`` that exists."""
        return self.images or image_folder(self.directory, *names)

    def captioned(
        self, images: Iterable[CaptionedImage], splits: Mapping[str, Sequence[str]] | None = None
    ) -> CaptionedPhotos:
        """A data set of these photos, named after the folder; split at random if no splits are given."""
        name = self.directory.resolve().name
        return CaptionedPhotos(name, images, splits or {}, ratios=self.ratios, seed=self.seed)


def gather(images: Path, rows: Iterable[tuple[str, str]]) -> list[CaptionedImage]:
    """Groups rows of file name and caption by photo, in order of first appearance."""
    captions: dict[str, list[str]] = {}
    for file_name, caption in rows:
        captions.setdefault(file_name, []).append(caption)
    return [CaptionedImage(name, images / name, tuple(own)) for name, own in captions.items()]


def image_folder(directory: Path, *names: str) -> Path:
    """The folder of photos: the first of ``names`` that exists, or a folder of the same name inside it.

    Raises:
        DataError: none of them exists.
    """
    for name in names:
        folder = directory / name
        if folder.is_dir():
            nested = folder / PurePath(name).name
            return nested if nested.is_dir() else folder
    raise DataError(f"{directory} has no folder of photos; expected {' or '.join(f'{name}/' for name in names)}")


def check_below(file_name: str) -> str:
    """Returns the name if it stays below the folder of photos; raises ValueError otherwise."""
    if not file_name or PurePath(file_name).is_absolute() or ".." in PurePath(file_name).parts:
        raise ValueError(f"{file_name!r} is not below the folder of photos")
    return file_name


def _check_disjoint(name: str, splits: Mapping[str, Sequence[str]]) -> None:
    seen: dict[str, str] = {}
    for split, ids in splits.items():
        for image_id in ids:
            if (other := seen.setdefault(image_id, split)) != split:
                raise DataError(f"{name}: photo {image_id!r} is in split {other!r} and in {split!r}; list it in one")
