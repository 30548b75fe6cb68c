"""SugarCrepe's files, one per kind of change: a photo of COCO, its caption, and a fluent wrong one.

C.-Y. Hsieh, J. Zhang, Z. Ma, A. Kembhavi, R. Krishna: SugarCrepe, NeurIPS 2023, arXiv:2306.14610.
"""

from pathlib import Path

from twinlens.data.captioned import check_below
from twinlens.data.readers.json_file import read_json, read_text
from twinlens.errors import DataError
from twinlens.evaluation.compositional.cases import Case, CompositionalSet

CATEGORIES = ("add_att", "add_obj", "replace_att", "replace_obj", "replace_rel", "swap_att", "swap_obj")
IMAGE_FOLDERS = ("val2017", "images/val2017", "images")


def recognizes(directory: Path) -> list[Path] | None:
    """``add_att.json`` … ``swap_obj.json``, those that a folder or its ``data/`` has; None if there are none."""
    for folder in (directory, directory / "data"):
        if files := [file for name in CATEGORIES if (file := folder / f"{name}.json").is_file()]:
            return files
    return None


def read_sugarcrepe(files: list[Path], images: Path | None) -> CompositionalSet:
    """The pairs of captions of these files; the name of a file is the category.

    Args:
        files: from ``recognizes``.
        images: COCO's val2017; None = val2017/, images/val2017/ or images/ beside the files.

    Raises:
        DataError: an entry is incomplete, or there is no folder of photos.
    """
    beside = files[0].parent
    folder = images or next((place for name in IMAGE_FOLDERS if (place := beside / name).is_dir()), None)
    if folder is None:
        raise DataError(f"{beside} has no photos; give COCO's val2017 with --images DIR")
    cases = []
    for file in files:
        rows = read_json(file)
        if not isinstance(rows, dict):
            raise DataError(f"{file}: expected an object of number → filename, caption and negative_caption")
        for key, row in rows.items():
            try:
                photo = folder / check_below(read_text(row, "filename"))
                captions = (read_text(row, "caption"), read_text(row, "negative_caption"))
            except (TypeError, KeyError, ValueError) as error:
                wanted = "filename, caption and negative_caption"
                raise DataError(f"{file}, entry {key!r:.20}: expected {wanted}, got {row!r:.80}") from error
            cases.append(Case(file.stem, (photo,), captions))
    if not cases:
        raise DataError(f"{beside} has no pairs of captions")
    place = beside.parent if beside.name == "data" else beside
    return CompositionalSet(place.resolve().name, "sugarcrepe", tuple(cases))
