"""Which texts are English, by a small word list."""

from pathlib import Path

import pytest

from small_words import save_small_words
from twinlens.words.language import is_english
from twinlens.words.word_list import WordList


@pytest.fixture
def words(tmp_path: Path) -> WordList:
    return WordList(save_small_words(tmp_path))


@pytest.mark.parametrize(
    "text", ["a dog on the beach", "Elephant", "A DOG!!!", "dog, IMG_2207", "the qwrtzx dog", "giraffe"]
)
def test_english_texts_are_english(words: WordList, text: str) -> None:
    assert is_english(text, words)


@pytest.mark.parametrize(
    "text",
    [
        "ein Hund am Strand",
        "Hund",
        "un chien",
        "köpek",
        "собака",
        "كلب",
        "कुत्ता",
        "海滩上的狗",
        "狗 dog",
        "qwrtzx",
        "",
        "🐶",
        "2207",
    ],
)
def test_texts_of_other_languages_or_of_none_are_not(words: WordList, text: str) -> None:
    assert not is_english(text, words)


def test_of_words_that_two_languages_have_the_more_frequent_use_decides(words: WordList) -> None:
    assert not is_english("Kind", words)  # German only
    assert is_english("elephant kite", words)
    assert not is_english("Elefant giraffe", words)
