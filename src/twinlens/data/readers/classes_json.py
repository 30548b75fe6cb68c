"""``classes.json`` + ``images/``: photos with one class name each, for zero-shot classification."""

from pathlib import Path
from typing import NamedTuple

from twinlens.data.readers.json_file import read_file_name, read_json, read_text
from twinlens.errors import DataError


class ClassifiedImages(NamedTuple):
    """N photos with C class names."""

    name: str
    paths: list[Path]  # [N]
    labels: list[int]  # [N], index into class_names
    class_names: list[str]  # [C], in order of first appearance


def read_classes(directory: Path) -> ClassifiedImages:
    """Reads ``[{"file_name": …, "class_name": …}]``.

    Raises:
        DataError: the file is missing or an entry is incomplete.
    """
    path = directory / "classes.json"
    numbers: dict[str, int] = {}
    paths, labels = [], []
    rows = read_json(path)
    if not isinstance(rows, list):
        raise DataError(f"{path}: expected a list of {{file_name, class_name}}, got {type(rows).__name__}")
    for number, row in enumerate(rows):
        try:
            file_name, class_name = read_file_name(row), read_text(row, "class_name")
        except (TypeError, KeyError, ValueError) as error:
            wanted = "a file_name below images/ and a class_name"
            raise DataError(f"{path}, entry {number}: expected {wanted}, got {row!r:.80}") from error
        paths.append(directory / "images" / file_name)
        labels.append(numbers.setdefault(class_name, len(numbers)))
    if not paths:
        raise DataError(f"{path} contains no photos")
    return ClassifiedImages(directory.resolve().name, paths, labels, list(numbers))
