"""Captioned photos with their splits: the result of every data set reader."""

import logging
import math
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from twinlens.counted import counted
from twinlens.data.splits import DEFAULT_RATIOS, check_split_name, seeded_splits
from twinlens.errors import DataError
from twinlens.types import CaptionedImage

logger = logging.getLogger(__name__)
LOOKED_UP = 20  # photos that are looked for in each folder that may be theirs
_LINE_ENDS = re.compile(r"\s*[\r\n]\s*")


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
                f"{counted(len(self._images), 'photo was', 'photos were')} split at random"
                if self._split_at_random
                else "its list has no photos"
            )
            raise DataError(f"split {name!r} of {self._name} is empty: {why}; use {', '.join((*self.splits(), 'all'))}")
        if unknown := [image_id for image_id in ids if image_id not in self._images]:
            without = f"{counted(len(unknown), 'photo')} without captions"
            raise DataError(f"split {name!r} lists {without}, e.g. {unknown[0]!r}")
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

    def photo_folder(self, file_names: Sequence[str], *names: str) -> Path:
        """The folder that file names are relative to: the one of these with most of the photos.

        Args:
            file_names: of the photos, with or without subfolders.
            names: folders where they may be, in order of preference.

        Raises:
            DataError: none of the photos is found, and none of the folders exists.
        """
        return self.find_photos(file_names, *names) or self.image_folder(*names)

    def find_photos(self, file_names: Sequence[str], *names: str) -> Path | None:
        """As ``photo_folder``, but None if none of the photos is found."""
        sample = file_names[:: max(1, len(file_names) // LOOKED_UP)]
        best, most = None, 0
        for folder in dict.fromkeys(self._possible_folders(names)):
            found = sum(os.path.isfile(folder / name) for name in sample) if folder.is_dir() else 0  # noqa: PTH113
            if found > most:
                best, most = folder, found
        return best

    def _possible_folders(self, names: Sequence[str]) -> Iterator[Path]:
        if self.images:
            yield from (self.images, self.images / self.images.name)
            return
        for base in (self.directory, *([self.file.parent] if self.file else [])):
            for name in names:
                yield from (base / name / PurePath(name).name, base / name)
            yield base

    def captioned(
        self, images: Iterable[CaptionedImage], splits: Mapping[str, Sequence[str]] | None = None
    ) -> CaptionedPhotos:
        """A data set of these photos, named after the folder; split at random if no splits are given."""
        name = self.directory.resolve().name
        return CaptionedPhotos(name, images, splits or {}, ratios=self.ratios, seed=self.seed)


def caption_of(value: object) -> str | None:
    """The caption in a cell or an entry, on one line; None where there is none.

    pandas writes "nan" for a missing caption.

    Raises:
        TypeError: the value is not a text.

    >>> caption_of(" a dog\\nruns "), caption_of("nan"), caption_of(float("nan")), caption_of("a nan bread")
    ('a dog runs', None, None, 'a nan bread')
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if not isinstance(value, str):
        raise TypeError(f"the caption is {value!r:.80}, not a text")
    caption = _LINE_ENDS.sub(" ", value.strip())
    return None if caption.lower() in ("", "nan") else caption


def caption_ids(captions: Sequence[str], numbers: Sequence[int]) -> tuple[int, ...]:
    """The captions' numbers in COCO's files, if each has one; else nothing."""
    return tuple(numbers) if len(numbers) == len(captions) else ()


def note_uncaptioned(count: int, source: object) -> None:
    """Logs how many rows or entries of a file were left out because they have no caption."""
    if count:
        logger.warning("%s: %d without caption left out", source, count)


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
    if not file_name:
        raise ValueError("the file name is missing")
    if PurePath(file_name).is_absolute() or ".." in PurePath(file_name).parts:
        raise ValueError(f"{file_name!r} is not below the folder of photos")
    return file_name


def _check_disjoint(name: str, splits: Mapping[str, Sequence[str]]) -> None:
    seen: dict[str, str] = {}
    for split, ids in splits.items():
        for image_id in ids:
            if (other := seen.setdefault(image_id, split)) != split:
                raise DataError(f"{name}: photo {image_id!r} is in split {other!r} and in {split!r}; list it in one")
