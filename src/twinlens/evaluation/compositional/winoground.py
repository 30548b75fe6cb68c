"""Winoground's ``examples.jsonl``: two photos and two captions of the same words in another order.

T. Thrush, R. Jiang, M. Bartolo, A. Singh, A. Williams, D. Kiela, C. Ross: Winoground, CVPR 2022, arXiv:2204.03162.
"""

import json
from pathlib import Path
from typing import Any

from twinlens.data.images import PHOTO_SUFFIXES
from twinlens.data.readers.json_file import read_text
from twinlens.data.text_file import read_text_file
from twinlens.errors import DataError
from twinlens.evaluation.compositional.cases import Case, CompositionalSet

FILE = "examples.jsonl"


def recognizes(directory: Path) -> Path | None:
    """``examples.jsonl`` in a folder or its ``data/``, if it has Winoground's fields; None otherwise."""
    file = next((place for folder in ("", "data") if (place := directory / folder / FILE).is_file()), None)
    if file is None:
        return None
    with file.open("rb") as opened:
        return file if b'"caption_0"' in opened.readline(1 << 16) else None


def read_winoground(file: Path, images: Path | None) -> CompositionalSet:
    """The examples, with photos below ``images/`` beside the file.

    Args:
        file: ``examples.jsonl``.
        images: the folder of photos; None = ``images/``.

    Raises:
        DataError: a line is malformed, or there is no folder of photos.
    """
    folder = images or file.parent / "images"
    if not folder.is_dir():
        zipped = file.parent / "images.zip"
        hint = f"unpack {zipped} there" if zipped.is_file() else "give --images DIR"
        raise DataError(f"{folder} does not exist; {hint}")
    cases = []
    for number, line in enumerate(read_text_file(file).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row: Any = json.loads(line)
            photos = tuple(_photo(folder, read_text(row, name)) for name in ("image_0", "image_1"))
            captions = (read_text(row, "caption_0"), read_text(row, "caption_1"))
            cases.append(Case(str(row.get("collapsed_tag") or "other"), photos, captions))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            wanted = "image_0, image_1, caption_0 and caption_1"
            raise DataError(f"{file}, line {number}: expected {wanted}, got {line.strip()!r:.80}") from error
    if not cases:
        raise DataError(f"{file} has no examples")
    place = file.parent.parent if file.parent.name == "data" else file.parent
    return CompositionalSet(place.resolve().name, "winoground", tuple(cases))


def _photo(folder: Path, name: str) -> Path:
    """The file of a name that may lack its suffix; a missing one is found out when it is read."""
    if "/" in name or "\\" in name or name in ("", ".", ".."):
        raise ValueError(f"{name!r} is not the name of a photo")
    exact = folder / name
    if exact.suffix.lower() in PHOTO_SUFFIXES:
        return exact
    found = (place for suffix in (".png", ".jpg", ".jpeg") if (place := folder / f"{name}{suffix}").is_file())
    return next(found, folder / f"{name}.png")
