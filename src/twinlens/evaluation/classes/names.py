"""Read the file given with ``--classes``: the names or prompts of each class."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from twinlens.data.readers.classes_json import ClassifiedImages
from twinlens.data.readers.json_file import read_json
from twinlens.errors import DataError
from twinlens.plugins import did_you_mean

ClassNames = Mapping[str, Sequence[str]]
"""Class → its names or prompts, at least one."""


def read_class_names(path: Path) -> dict[str, tuple[str, ...]]:
    """Reads the classes to choose from.

    A text file has one class per line; JSON is a list of classes, or an object of class →
    name or list of names (synonyms, or complete prompts for the template ``{}``).

    Raises:
        DataError: the file is missing, has no classes or a class twice, or an entry is not a string.
    """
    if path.suffix.lower() == ".json":
        rows = read_json(path)
        if isinstance(rows, list):
            listed = [(name, [name]) for name in rows]
        elif isinstance(rows, dict):
            listed = [(name, own if isinstance(own, list) else [own]) for name, own in rows.items()]
        else:
            raise DataError(f"{path}: expected a list of classes or an object, got {type(rows).__name__}")
    else:
        try:
            lines = path.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, ValueError) as error:
            raise DataError(f"{path} cannot be read: {error}") from error
        listed = [(line.strip(), [line.strip()]) for line in lines if line.strip()]
    return _checked(path, listed)


def with_classes(data: ClassifiedImages, names: ClassNames) -> ClassifiedImages:
    """The same photos, to be classified among all given classes.

    Raises:
        DataError: a photo's class is not in the file.
    """
    order = list(names)
    place = {name: number for number, name in enumerate(order)}
    for name in data.class_names:
        if name not in place:
            raise DataError(f"class {name!r} of {data.name} is not in the classes file{did_you_mean(name, order)}")
    return data._replace(labels=[place[data.class_names[label]] for label in data.labels], class_names=order)


def _checked(path: Path, listed: list[tuple[str, list[str]]]) -> dict[str, tuple[str, ...]]:
    if not listed:
        raise DataError(f"{path} contains no classes")
    classes: dict[str, tuple[str, ...]] = {}
    for name, own in listed:
        if not own or not all(isinstance(text, str) and text.strip() for text in (name, *own)):
            raise DataError(f"{path}: each class needs a string or a list of strings, got {name!r:.80}: {own!r:.80}")
        if name in classes:
            raise DataError(f"{path} contains class {name!r} twice")
        classes[name] = tuple(own)
    return classes
