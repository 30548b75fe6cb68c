"""Recognize the format of a data set, and open it."""

import logging
import re
from collections.abc import Mapping
from pathlib import Path

from twinlens.data import READERS
from twinlens.data.captioned import Source
from twinlens.data.splits import DEFAULT_RATIOS
from twinlens.errors import DataError
from twinlens.plugins import load_part, load_part_module, part_names
from twinlens.protocols import Dataset

logger = logging.getLogger(__name__)
FAMILY = "dataset"  # other packages add readers with entry points of the group twinlens.dataset
_TOKEN = re.compile(r"#\d+\t")
_BINARY_KINDS = {".tar": "webdataset", ".parquet": "parquet"}


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
        kind: name of a reader; None = recognized from the files.
        file: the captions file; None = the one with the format's usual name.
        images: the folder of photos; None = the one with the format's usual name.
        ratios: split name → share, used where the data has no splits of its own; see ``parse_ratios``.
        seed: of the random split.

    Raises:
        DataError: no reader recognizes the folder, the reader cannot be imported, or the data is invalid.
        UnknownPartError: there is no reader of that name, or its package fails.
    """
    name = kind or known_kind(directory, file)
    dataset: Dataset = load_part(FAMILY, READERS, name)(Source(directory, file, images, ratios, seed))
    return dataset


def known_kind(directory: Path, file: Path | None = None) -> str:
    """Name of the reader for a folder, or for a captions file if one is given.

    Raises:
        DataError: no reader recognizes it; the message lists all readers, built-in and installed.
    """
    name = kind_of_file(file) if file else find_kind(directory)
    if name is None:
        known = ", ".join(part_names(FAMILY, READERS))
        raise DataError(f"{directory} holds no data set in a recognized format; name the format, one of: {known}")
    return name


def find_kind(directory: Path) -> str | None:
    """Name of the first reader that recognizes a folder; None when none does.

    Built-in readers come first, then those of installed packages. A reader's module says what it
    recognizes with a function ``recognizes(directory)``; an installed reader without one is only used
    by name, and one that fails is skipped with a warning.
    """
    for name in part_names(FAMILY, READERS):
        if _recognizes(name, directory):
            return name
    return None


def _recognizes(name: str, directory: Path) -> bool:
    try:
        recognizes = getattr(load_part_module(FAMILY, READERS, name), "recognizes", None)
        return recognizes is not None and bool(recognizes(directory))
    except Exception as error:  # another package's code may raise anything, and must not hide the other formats
        if name in READERS:
            raise
        logger.warning("the data set reader %r was skipped, its package failed: %r", name, error)
        return False


def kind_of_file(file: Path) -> str:
    """Name of the reader for a captions file, recognized from its suffix and its first lines.

    Raises:
        DataError: the file cannot be read.
    """
    try:
        with file.open(encoding="utf-8-sig", errors="replace") as text:
            start = text.read(65536)
    except OSError as error:
        raise DataError(f"{file} cannot be read: {error.strerror or error}") from error
    if (suffix := file.suffix.lower()) in _BINARY_KINDS:
        return _BINARY_KINDS[suffix]
    if suffix == ".json":
        if start.lstrip().startswith("["):
            return "visual-genome" if '"phrase"' in start else "captions-json"
        return "karpathy" if '"sentences"' in start else "coco"
    return "flickr" if _TOKEN.search(start.partition("\n")[0]) else "table"
