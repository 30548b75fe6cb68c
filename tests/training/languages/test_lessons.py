"""Captions, sentences and words that a text tower is taught."""

import json
from pathlib import Path

import pytest

from twinlens.errors import DataError
from twinlens.training.languages.lessons import Lessons, TaughtText, read_captions, read_sentences, read_words
from twinlens.types import CaptionedImage

PHOTOS = [
    CaptionedImage("a.jpg", Path("a.jpg"), ("a dog", "a brown dog")),
    CaptionedImage("b.jpg", Path("b.jpg"), ("a cat",)),
]


def write(path: Path, *rows: tuple[str, str]) -> None:
    path.write_text(json.dumps([{"file_name": name, "caption": caption} for name, caption in rows]), encoding="utf-8")


def test_captions_of_the_training_split_are_read_by_language(tmp_path: Path) -> None:
    write(tmp_path / "de_described.train.json", ("a.jpg", "ein Hund"), ("elsewhere.jpg", "ein Haus"))
    write(tmp_path / "de_translated.train.json", ("a.jpg", "ein brauner Hund "), ("b.jpg", ""))
    write(tmp_path / "de_described.val.json", ("b.jpg", "eine Katze"))
    captions = read_captions(PHOTOS, tmp_path)
    assert captions["en"] == {"a.jpg": ["a dog", "a brown dog"], "b.jpg": ["a cat"]}
    assert captions["de"] == {"a.jpg": ["ein Hund", "ein brauner Hund"]}


def test_a_file_of_another_shape_is_refused(tmp_path: Path) -> None:
    (tmp_path / "texts.json").write_text('{"a.jpg": "a dog"}')
    with pytest.raises(DataError, match="must be a list"):
        read_sentences([tmp_path / "texts.json"])


def test_words_are_a_table_of_three_columns(tmp_path: Path) -> None:
    table = tmp_path / "words.tsv"
    table.write_text('es\tperro\tdog\nfr\tchat "doux"\tcat\n', encoding="utf-8")
    assert read_words(table) == [TaughtText("perro", "dog"), TaughtText('chat "doux"', "cat")]
    table.write_text("es\tperro\n")
    with pytest.raises(DataError, match="line 1: expected language, word and english, got 2"):
        read_words(table)


def test_every_english_text_is_asked_for_once() -> None:
    lessons = Lessons(
        {"en": {"a.jpg": ["a dog"]}, "de": {"a.jpg": ["ein Hund"]}},
        ["a dog", "a bus"],
        [TaughtText("perro", "dog")],
        ["tench"],
    )
    assert lessons.english() == ["a dog", "dog", "a photo of a tench", "a bus"]
