"""Find out by looking which kind of data set a folder holds, and open it."""

import re
from collections.abc import Mapping
from pathlib import Path

from twinlens.data import READERS
from twinlens.data.captioned import Source
from twinlens.data.splits import DEFAULT_RATIOS
from twinlens.errors import DataError
from twinlens.plugins import load_part
from twinlens.protocols import Dataset

_TOKEN = re.compile(r"#\d+\t")
_KINDS = {".tar": "webdataset", ".parquet": "parquet"}  # files that are no text


def open_dataset(
    directory: Path,
    *,
    kind: str | None = None,
    file: Path | None = None,
    images: Path | None = None,
    ratios: Mapping[str, float] = DEFAULT_RATIOS,
    seed: int = 0,
) -> Dataset:
    """Opens captioned photos.

    Args:
        directory: the data set's folder.
        kind: name of a reader; None = found out by looking.
        file: the captions' file, in place of the one that the reader knows by name.
        images: the folder of photos, likewise.
        ratios: split name → share of the deal, where the data brings no splits; see ``parse_ratios``.
        seed: of that deal.

    Raises:
        DataError: no reader knows the folder, or its data is not what it should be.
        UnknownPartError: there is no reader of that name.
    """
    name = kind or known_kind(directory, file)
    dataset: Dataset = load_part("dataset", READERS, name)(Source(directory, file, images, ratios, seed))
    return dataset


def known_kind(directory: Path, file: Path | None = None) -> str:
    """Name of the reader for a folder, or for the file of captions where there is one.

    Raises:
        DataError: none is known.
    """
    name = kind_of_file(file) if file else find_kind(directory)
    if name is None:
        raise DataError(f"{directory} is no data set that is known by looking; name its kind: {', '.join(READERS)}")
    return name


def find_kind(directory: Path) -> str | None:
    """Name of the first reader that recognizes a folder; None when none does."""
    for name, target in READERS.items():
        module, _, _ = target.partition(":")
        if load_part("dataset", {name: f"{module}:recognizes"}, name)(directory):
            return name
    return None


def kind_of_file(file: Path) -> str:
    """Name of the reader for a file of captions, from its ending and its first lines.

    Raises:
        DataError: it cannot be read.
    """
    try:
        with file.open(encoding="utf-8-sig", errors="replace") as text:
            start = text.read(65536)
    except OSError as error:
        raise DataError(f"{file} cannot be read: {error.strerror or error}") from error
    if (suffix := file.suffix.lower()) in _KINDS:
        return _KINDS[suffix]
    if suffix == ".json":
        if start.lstrip().startswith("["):
            return "visual-genome" if '"phrase"' in start else "captions-json"
        return "karpathy" if '"sentences"' in start else "coco"
    return "flickr" if _TOKEN.search(start.partition("\n")[0]) else "table"
