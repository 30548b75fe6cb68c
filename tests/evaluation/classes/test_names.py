import json
from pathlib import Path

import pytest

from twinlens.data.readers.classes_json import ClassifiedImages
from twinlens.errors import DataError
from twinlens.evaluation.classes.names import read_class_names, with_classes


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("classes.txt", "\ufeffred\n\n  blue fish \n"),
        ("list.json", '["red", "blue fish"]'),
        ("map.json", '{"red": "red", "blue fish": ["blue fish"]}'),
    ],
)
def test_lines_lists_and_objects_are_read(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert read_class_names(tmp_path / name) == {"red": ("red",), "blue fish": ("blue fish",)}


def test_a_class_may_have_several_names(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text(json.dumps({"cat": ["cat", "kitten"], "dog": "hound"}))
    assert read_class_names(tmp_path / "c.json") == {"cat": ("cat", "kitten"), "dog": ("hound",)}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("c.txt", "\n", "contains no classes"),
        ("c.txt", "cat\ndog\ncat\n", "contains class 'cat' twice"),
        ("c.json", "[]", "contains no classes"),
        ("c.json", "[1]", "needs a string or a list of strings, got 1"),
        ("c.json", '{"cat": []}', "needs a string or a list of strings"),
        ("c.json", '{"cat": ["", "x"]}', "needs a string or a list of strings"),
        ("c.json", "3", "expected a list of classes or an object, got int"),
        ("c.json", "{", "is not readable JSON"),
    ],
)
def test_a_wrong_file_is_told(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=message):
        read_class_names(tmp_path / name)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    for name in ("c.txt", "c.json"):
        with pytest.raises(DataError, match=r"cannot be read|is missing"):
            read_class_names(tmp_path / name)


def test_photos_keep_their_class_among_all_of_the_file() -> None:
    data = ClassifiedImages("data", [Path("a"), Path("b"), Path("c")], [0, 1, 0], ["cat", "dog"])
    placed = with_classes(data, {"dog": ("dog",), "fox": ("fox",), "cat": ("cat",)})
    assert [placed.class_names[label] for label in placed.labels] == ["cat", "dog", "cat"]
    with pytest.raises(DataError, match="class 'dog' of data is not in the classes file; did you mean 'dogs'"):
        with_classes(data, {"cat": ("cat",), "dogs": ("dogs",)})
