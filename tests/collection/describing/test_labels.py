from pathlib import Path

import pytest

from twinlens.collection.describing.labels import MOST_LABELS, Label, read_labels
from twinlens.errors import DataError


def test_a_line_is_a_label_and_the_phrases_behind_it_are_searched_for_it_too(tmp_path: Path) -> None:
    file = tmp_path / "labels.txt"
    file.write_text('dog, Hund , "a dog, or a wolf"\n\n  \nbeach\nDOG,chien\n,,\n', encoding="utf-8")
    found = read_labels(file)
    assert found.labels == (
        Label("dog", ("dog", "Hund", "a dog, or a wolf", "DOG", "chien")),
        Label("beach", ("beach",)),
    )
    assert (found.blank, found.twice) == (3, 1)
    assert found.note == "2 labels with 6 phrases (3 blank lines, 1 label repeated)"


def test_labels_in_another_encoding_are_read(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for encoding in ("utf-16", "utf-8-sig", "cp1252"):
        (tmp_path / encoding).write_text("Küche\nCafé\n", encoding=encoding)
        assert [label.name for label in read_labels(tmp_path / encoding).labels] == ["Küche", "Café"]
    assert "read as Windows-1252" in caplog.text


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "contains no labels"),
        (b"\n \n,\n", "contains no labels"),
        (bytes(range(256)) * 20, "binary file"),
        (b"ok\n" + b"x" * 101 + b"\n", "line 2: the name of a tag may have 100 characters"),
        (b"ok, " + b"x" * 501 + b"\n", "line 1: a phrase may have 500 characters"),
        (b",a phrase\n", "line 1: the name of a tag must have"),
        (b"\xc3\xa9t\xc3\xa9\n\xff\n", "not valid UTF-8"),
        (b"a\n" * (MOST_LABELS + 1), "more than 50,000 labels"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_in_one_line(tmp_path: Path, content: bytes, why: str) -> None:
    file = tmp_path / "labels.txt"
    file.write_bytes(content)
    with pytest.raises(DataError, match=why) as told:
        read_labels(file)
    assert "\n" not in str(told.value)
    assert str(file) in str(told.value)


def test_a_folder_and_a_missing_file_are_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is a folder"):
        read_labels(tmp_path)
    with pytest.raises(DataError, match="cannot be read"):
        read_labels(tmp_path / "none.txt")
