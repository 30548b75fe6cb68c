"""Open, inspect and convert captioned data sets."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from twinlens.collection.place.locate import user_path
from twinlens.data.convert import SHARD_SIZE, Converted, convert
from twinlens.data.find import known_kind, open_dataset
from twinlens.data.published import Published, find_published
from twinlens.data.splits import DEFAULT_RATIOS, parse_ratios
from twinlens.data.survey import Survey, survey
from twinlens.errors import DataError
from twinlens.protocols import Dataset


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
    """Contents of a data set and possible problems; see ``Survey``.

    Args:
        data: the data set's folder.
        kind: name of a reader; None = detect it.
        captions: caption file, instead of the one in the folder.
        images: folder of photos, instead of the one in the folder.
        ratios: split ratios for data without splits, such as ``70/15/15``.
        quick: do not read photos; broken and duplicate ones are not found.
        on_progress: called with the numbers of opened and of all photos.

    Raises:
        DataError: the folder has no data in a known format.
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
    """Converts a data set to another format; the source is only read.

    Args:
        data: the data set's folder; it, kind, captions, images and ratios are as in ``survey_dataset``.
        out: output folder; new or empty, and not inside the data.
        to: captions-json, jsonl, webdataset or parquet.
        kind: name of a reader.
        captions: caption file.
        images: folder of photos.
        ratios: split ratios.
        splits: convert only these; none = all photos.
        link: hard-link photo files instead of copying them.
        shard_size: photos per shard or Parquet file.
        on_progress: called with the numbers of finished and of all photos.

    Raises:
        DataError: the folder has no data in a known format, or ``out`` is not empty.
    """
    target = user_path(out)
    if target.is_relative_to(user_path(data)):
        raise DataError(f"{target} is inside the data to convert; give a folder outside it")
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


def splits_of(data: str | os.PathLike[str]) -> tuple[str, ...]:
    """Names of the splits of a data set that have photos, in file order, without ``all``.

    Raises:
        DataError: the folder is missing, or has no data in a known format.
    """
    dataset, _ = open_captioned(data, kind=None, captions=None, images=None, ratios=None)
    return dataset.splits()


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
        DataError: the folder is missing, or has no data in a known format.
    """
    directory = user_path(data)
    if directory.is_file():
        raise DataError(f"{directory} is a file; give the folder of the data, or --captions FILE with --images DIR")
    if not directory.is_dir():
        raise DataError(f"the data folder {directory} does not exist")
    file, folder = (None if path is None else user_path(path) for path in (captions, images))
    name = kind or known_kind(directory, file)
    shares = DEFAULT_RATIOS if ratios is None else parse_ratios(ratios)
    return open_dataset(directory, kind=name, file=file, images=folder, ratios=shares), name
