"""Recognize a compositional set, and read it."""

from pathlib import Path

from twinlens.errors import DataError
from twinlens.evaluation.compositional import sugarcrepe, winoground
from twinlens.evaluation.compositional.cases import CompositionalSet


def is_compositional(directory: Path) -> bool:
    """Whether a folder has the files of Winoground or SugarCrepe."""
    return bool(winoground.recognizes(directory) or sugarcrepe.recognizes(directory))


def read_compositional(directory: Path, images: Path | None) -> CompositionalSet:
    """The cases of a folder.

    Args:
        directory: with the files of Winoground or SugarCrepe.
        images: the folder of photos, if it is elsewhere.

    Raises:
        DataError: the folder is neither, or a file is malformed.
    """
    if examples := winoground.recognizes(directory):
        return winoground.read_winoground(examples, images)
    if files := sugarcrepe.recognizes(directory):
        return sugarcrepe.read_sugarcrepe(files, images)
    wanted = f"Winoground's {winoground.FILE} or SugarCrepe's {sugarcrepe.CATEGORIES[0]}.json"
    raise DataError(f"{directory} is not a compositional set; expected {wanted}")
