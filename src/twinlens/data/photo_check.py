"""Check every photo of a data set: does it exist, does it open, is it a duplicate?"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from twinlens.data.content_hash import content_hash
from twinlens.data.guarded.photos import open_guarded
from twinlens.data.images import PHOTO_SUFFIXES, photo_exists, read_photo_bytes
from twinlens.errors import PhotoError
from twinlens.types import CaptionedImage

CHECKED_SIDE = 16  # pixels; JPEGs are read completely but decoded small: faster, and damage is still found
CHUNK = 64  # photos in memory at once


class BrokenPhoto(NamedTuple):
    """A photo that exists but cannot be opened, and why."""

    image_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class CheckedPhotos:
    """The result of checking the photos of a data set.

    Attributes:
        missing: ids of photos whose file is missing.
        broken: photos that cannot be opened.
        same: groups of ids of byte-identical photos, each in order.
    """

    missing: list[str]
    broken: list[BrokenPhoto]
    same: list[list[str]]


def check_photos(
    images: Sequence[CaptionedImage], *, on_progress: Callable[[int, int], None] | None = None
) -> CheckedPhotos:
    """Reads and opens each photo once, in threads.

    Args:
        images: the photos.
        on_progress: called with the number of photos done and the total.
    """
    missing: list[str] = []
    broken: list[BrokenPhoto] = []
    groups: dict[str, list[str]] = {}
    remaining = iter(images)
    done = 0
    with ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="check") as pool:
        while chunk := list(islice(remaining, CHUNK)):
            for image, found in zip(chunk, pool.map(_check, [image.path for image in chunk]), strict=True):
                if found is None:
                    missing.append(image.image_id)
                elif isinstance(found, PhotoError):
                    broken.append(BrokenPhoto(image.image_id, str(found)))
                else:
                    groups.setdefault(found, []).append(image.image_id)
            done += len(chunk)
            if on_progress:
                on_progress(done, len(images))
    return CheckedPhotos(missing, broken, [ids for ids in groups.values() if len(ids) > 1])


def missing_photos(images: Iterable[CaptionedImage]) -> list[str]:
    """Ids of photos whose file is missing; no file is read."""
    return [image.image_id for image in images if not photo_exists(image.path)]


def uncaptioned_photos(images: Sequence[CaptionedImage]) -> list[str]:
    """Photos without captions: those listed with none, and files in the same folders that are not listed."""
    known = {image.path for image in images}
    without = [image.image_id for image in images if not image.captions]
    return without + sorted(
        file.relative_to(root).as_posix()
        for root in _roots(images)
        for file in root.rglob("*")
        if file.suffix.lower() in PHOTO_SUFFIXES and file not in known and file.is_file()
    )


def _roots(images: Iterable[CaptionedImage]) -> Iterator[Path]:
    """The folders that ids are relative to; none is inside another."""
    roots = {_root(image) for image in images}
    for root in roots:
        if root.is_dir() and not any(parent in roots for parent in root.parents):
            yield root


def _root(image: CaptionedImage) -> Path:
    levels = image.image_id.count("/")
    if len(image.path.parents) > levels and image.path == image.path.parents[levels] / image.image_id:
        return image.path.parents[levels]
    return image.path.parent


def _check(path: Path) -> str | PhotoError | None:
    """A hash of the content, or the error that opening it raised, or None if the file is missing."""
    if not photo_exists(path):
        return None
    try:
        data = read_photo_bytes(path)
        open_guarded(data, min_side=CHECKED_SIDE)
    except PhotoError as error:
        return error
    return content_hash(data).hex()
