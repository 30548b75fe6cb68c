"""Recognize the format of a data set, and open it."""

import logging
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from twinlens.data import READERS
from twinlens.data.captioned import Source
from twinlens.data.splits import DEFAULT_RATIOS
from twinlens.data.text_file import start_of_text
from twinlens.errors import DataError
from twinlens.plugins import load_part, load_part_module, part_names
from twinlens.protocols import Dataset

logger = logging.getLogger(__name__)
FAMILY = "dataset"  # other packages add readers with entry points of the group twinlens.dataset
RECURSIVE = ("sidecars", "webdataset", "parquet")  # these have looked into all subfolders already
MAX_OUTER_FOLDERS = 3  # archive/flickr8k/Flickr8k/ around the data, as archives unpack
_TOKEN = re.compile(r"#\d+\t")
_BINARY_KINDS = {".tar": "webdataset", ".parquet": "parquet"}


class Place(NamedTuple):
    """A folder that a reader recognizes."""

    kind: str
    directory: Path


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
        directory: the data set's folder, or one around it.
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
    if file is None and name in READERS:
        directory = next((place.directory for place in _places(directory, [name])), directory)
    dataset: Dataset = load_part(FAMILY, READERS, name)(Source(directory, file, images, ratios, seed))
    return dataset


def known_kind(directory: Path, file: Path | None = None) -> str:
    """Name of the reader for a folder, or for a captions file if one is given.

    Raises:
        DataError: no reader recognizes it; the message lists all readers, built-in and installed.
    """
    if file:
        return kind_of_file(file)
    names = part_names(FAMILY, READERS)
    places = _places(directory, names)
    if len(places) == 1:
        return places[0].kind
    if places:
        found = ", ".join(place.directory.name for place in places)
        raise DataError(f"{directory} holds {len(places)} data sets, {found}; give the folder of one")
    raise DataError(
        f"{directory} holds no data set in a recognized format: neither it nor a folder in it has "
        f"{', '.join(_looked_for(names))}; name the format, one of: {', '.join(names)}"
    )


def find_kind(directory: Path) -> str | None:
    """Name of the first reader that recognizes a folder, or the only data set inside it; None when none does.

    Built-in readers come first, then those of installed packages. A reader's module says what it
    recognizes with a function ``recognizes(directory)``; an installed reader without one is only used
    by name, and one that fails is skipped with a warning.
    """
    places = _places(directory, part_names(FAMILY, READERS))
    return places[0].kind if len(places) == 1 else None


def _places(directory: Path, names: Sequence[str]) -> list[Place]:
    """The folder if a reader recognizes it, else the recognized ones in it, and so on down a single outer folder."""
    folders, asked = [directory], names
    for _ in range(MAX_OUTER_FOLDERS):
        kinds = ((next((name for name in asked if _recognizes(name, folder)), None), folder) for folder in folders)
        if found := [Place(kind, folder) for kind, folder in kinds if kind]:
            return found
        if len(folders) > 1:
            break
        folders, asked = _folders_in(folders[0]), [name for name in names if name not in RECURSIVE]
        if not folders:
            break
    return []


def _folders_in(directory: Path) -> list[Path]:
    try:
        inside = sorted(directory.iterdir())
        return [folder for folder in inside if folder.is_dir() and not folder.name.startswith((".", "__"))]
    except OSError:  # missing, or not ours to read
        return []


def _looked_for(names: Sequence[str]) -> list[str]:
    """The file names that built-in readers look for; each module lists its own as ``LOOKED_FOR``."""
    modules = (load_part_module(FAMILY, READERS, name) for name in names if name in READERS)
    return list(dict.fromkeys(file for module in modules for file in module.LOOKED_FOR))


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
    start = start_of_text(file)
    if (suffix := file.suffix.lower()) in _BINARY_KINDS:
        return _BINARY_KINDS[suffix]
    if suffix == ".json":
        if start.lstrip().startswith("["):
            return "visual-genome" if '"phrase"' in start else "captions-json"
        return "karpathy" if '"sentences"' in start else "coco"
    first = start.partition("\n")[0]
    if '"image/key"' in first:
        return "crossmodal-3600"
    return "flickr" if _TOKEN.search(first) else "table"
