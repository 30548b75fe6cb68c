"""Find out by looking which kind of data set a folder holds, and open it."""

import re
from pathlib import Path

from twinlens.data import READERS
from twinlens.errors import DataError
from twinlens.plugins import load_part
from twinlens.protocols import Dataset

_TOKEN = re.compile(r"#\d+\t")


def open_dataset(
    directory: Path, *, kind: str | None = None, file: Path | None = None, images: Path | None = None, seed: int = 0
) -> Dataset:
    """Opens captioned photos.

    Args:
        directory: the data set's folder.
        kind: name of a reader; None = found out by looking.
        file: the captions' file, in place of the one that the reader knows by name.
        images: the folder of photos, likewise.
        seed: of the deal into splits, where the data has none.

    Raises:
        DataError: no reader knows the folder, or its data is not what it should be.
        UnknownPartError: there is no reader of that name.
    """
    name = kind or (kind_of_file(file) if file else find_kind(directory))
    if name is None:
        raise DataError(f"{directory} is no data set that is known by looking; name its kind: {', '.join(READERS)}")
    dataset: Dataset = load_part("dataset", READERS, name)(directory, file=file, images=images, seed=seed)
    return dataset


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
    if file.suffix.lower() == ".json":
        if start.lstrip().startswith("["):
            return "captions-json"
        return "karpathy" if '"sentences"' in start else "coco"
    return "flickr" if _TOKEN.search(start.partition("\n")[0]) else "table"
