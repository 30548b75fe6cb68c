"""Captioned photos with their splits: what every reader of a data set gives."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from twinlens.data.splits import DEFAULT_RATIOS, check_split_name, seeded_splits
from twinlens.errors import DataError
from twinlens.types import CaptionedImage


class CaptionedPhotos:
    """Implements ``Dataset`` on photos that a reader has gathered.

    Args:
        name: what reports call the data.
        images: in file order, each id once.
        splits: name → ids; empty = dealt by seeded ratios, by photo.
        ratios: split name → share of the deal.
        seed: of the deal.

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
        self._dealt = not any(given.values())
        self._splits = seeded_splits(list(self._images), ratios=ratios, seed=seed) if self._dealt else given

    @property
    def name(self) -> str:
        """What reports call the data."""
        return self._name

    @property
    def is_dealt(self) -> bool:
        """True when the data brought no splits, and photos were dealt by seeded ratios."""
        return self._dealt

    def splits(self) -> tuple[str, ...]:
        """Names of the splits besides ``all`` that have photos."""
        return tuple(split for split, ids in self._splits.items() if ids)

    def split(self, name: str) -> Sequence[CaptionedImage]:
        """The photos of one split in the order it lists them; ``all`` in file order.

        Raises:
            DataError: there is no such split, it is empty, or it lists a photo without captions.
        """
        ids = list(self._images) if name == "all" else self._splits.get(name)
        if ids is None:
            check_split_name(name, list(self._splits))  # also the empty ones: the name may be near to theirs
        if not ids:
            why = f"{len(self._images)} photos were dealt" if self._dealt else "its list has no photos"
            raise DataError(f"split {name!r} of {self._name} is empty: {why}; use {', '.join((*self.splits(), 'all'))}")
        if unknown := [image_id for image_id in ids if image_id not in self._images]:
            raise DataError(f"split {name!r} lists {len(unknown)} photos without captions, as {unknown[0]!r}")
        return [self._images[image_id] for image_id in ids]


@dataclass(frozen=True, slots=True)
class Source:
    """What a reader is asked to read.

    Attributes:
        directory: the data set's folder.
        file: the captions' file, in place of the one that the reader knows by name.
        images: the folder of photos, likewise.
        ratios: split name → share of the deal, where the data brings no splits.
        seed: of that deal.
    """

    directory: Path
    file: Path | None = None
    images: Path | None = None
    ratios: Mapping[str, float] = field(default_factory=lambda: DEFAULT_RATIOS)
    seed: int = 0

    def image_folder(self, *names: str) -> Path:
        """The folder of photos: the one asked for, or the first of ``names`` in the data set's folder."""
        return self.images or image_folder(self.directory, *names)

    def captioned(
        self, images: Iterable[CaptionedImage], splits: Mapping[str, Sequence[str]] | None = None
    ) -> CaptionedPhotos:
        """The photos that were read, under the folder's name; dealt as asked where no splits are given."""
        name = self.directory.resolve().name
        return CaptionedPhotos(name, images, splits or {}, ratios=self.ratios, seed=self.seed)


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
