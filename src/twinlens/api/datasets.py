"""Open captioned photos, look into them, write them in another format."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from twinlens.collection.place.locate import user_path
from twinlens.data.convert import SHARD_SIZE, Converted, convert
from twinlens.data.find import known_kind, open_dataset
from twinlens.data.published import Published, find_published
from twinlens.data.splits import DEFAULT_RATIOS, parse_ratios
from twinlens.data.survey import Survey, survey
from twinlens.errors import DataError
from twinlens.protocols import Dataset

if TYPE_CHECKING:
    pass


def survey_dataset(
    data: str | os.PathLike[str],
    *,
    kind: str | None = None,
    captions: str | os.PathLike[str] | None = None,
    images: str | os.PathLike[str] | None = None,
    ratios: str | None = None,
    quick: bool = False,
    on_progress: Callable[[int, int], None] | None = None,
) -> Survey:
    """What a data set holds, and what may be wrong with it; see ``Survey``.

    Args:
        data: the data set's folder.
        kind: name of a reader; None = found out by looking.
        captions: the captions' file, in place of the one in the folder.
        images: the folder of photos, likewise.
        ratios: shares of the deal where the data brings no splits, as ``70/15/15``.
        quick: photos are not read, so broken and repeated ones stay unknown.
        on_progress: told how many of how many photos are opened.

    Raises:
        DataError: the folder holds no known data.
    """
    dataset, name = open_captioned(data, kind=kind, captions=captions, images=images, ratios=ratios)
    return survey(dataset, name, quick=quick, on_progress=on_progress)


def convert_dataset(
    data: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    to: str,
    kind: str | None = None,
    captions: str | os.PathLike[str] | None = None,
    images: str | os.PathLike[str] | None = None,
    ratios: str | None = None,
    splits: Sequence[str] = (),
    link: bool = False,
    shard_size: int = SHARD_SIZE,
    on_progress: Callable[[int, int], None] | None = None,
) -> Converted:
    """Writes a data set anew in another format; the source is only read.

    Args:
        data: the data set's folder; it, kind, captions, images and ratios are as in ``survey_dataset``.
        out: the new folder; not there yet, or empty, and not inside the data.
        to: captions-json, jsonl, webdataset or parquet.
        kind: name of a reader.
        captions: the captions' file.
        images: the folder of photos.
        ratios: shares of the deal.
        splits: only these; none = all photos.
        link: photo files are hard-linked rather than copied.
        shard_size: photos in a shard or Parquet file.
        on_progress: told how many of how many photos are done.

    Raises:
        DataError: the folder holds no known data, or ``out`` is not empty.
    """
    target = user_path(out)
    if target.is_relative_to(user_path(data)):
        raise DataError(f"{target} is inside the data that is to be converted; name a folder beside it")
    dataset, _ = open_captioned(data, kind=kind, captions=captions, images=images, ratios=ratios)
    return convert(dataset, target, to=to, splits=splits, link=link, shard_size=shard_size, on_progress=on_progress)


def photo_paths(
    data: str | os.PathLike[str],
    *,
    kind: str | None = None,
    captions: str | os.PathLike[str] | None = None,
    images: str | os.PathLike[str] | None = None,
) -> dict[str, Path]:
    """Image id → photo file of a data set; the arguments are those of ``evaluate``."""
    dataset, _ = open_captioned(data, kind=kind, captions=captions, images=images, ratios=None)
    return {photo.image_id: photo.path for photo in dataset.split("all")}


def open_captioned(
    data: str | os.PathLike[str],
    *,
    kind: str | None,
    captions: str | os.PathLike[str] | None,
    images: str | os.PathLike[str] | None,
    ratios: str | None,
) -> tuple[Dataset, str]:
    """A data set and the name of its reader; the arguments are those of ``survey_dataset``.

    Raises:
        DataError: the folder is missing, or holds no known data.
    """
    directory = user_path(data)
    if not directory.is_dir():
        raise DataError(f"the data folder {directory} does not exist")
    file, folder = (None if path is None else user_path(path) for path in (captions, images))
    name = kind or known_kind(directory, file)
    shares = DEFAULT_RATIOS if ratios is None else parse_ratios(ratios)
    return open_dataset(directory, kind=name, file=file, images=folder, ratios=shares), name
