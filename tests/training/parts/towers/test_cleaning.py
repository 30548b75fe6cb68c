"""Cleaning steps inside a tokenizer."""

from pathlib import Path

import pytest
from tokenizers import Tokenizer

from training.parts.towers.tiny import save_roberta_tokenizer, save_wordpiece
from twinlens.errors import UnknownPartError
from twinlens.training.parts.text_towers import CLEANING
from twinlens.training.parts.text_towers.cleaning import cleaned


def normalized(tokenizer: Tokenizer, text: str) -> str:
    return tokenizer.normalizer.normalize_str(text)


@pytest.fixture
def tokenizer(tmp_path: Path) -> Tokenizer:
    return Tokenizer.from_file(str(save_roberta_tokenizer(tmp_path) / "tokenizer.json"))


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (("lower",), "  the dog's «ball» – 3 € !"),
        (("punctuation",), "  THE Dogs  Ball    3    "),
        (("spaces",), "THE Dog's «Ball» – 3 € !"),
        (("lower", "punctuation", "spaces"), "the dogs ball 3"),
    ],
)
def test_each_step_does_one_thing(tokenizer: Tokenizer, steps: tuple[str, ...], expected: str) -> None:
    assert normalized(cleaned(tokenizer, steps), "  THE Dog's «Ball» – 3 € !") == expected


def test_letters_of_all_scripts_and_digits_stay(tokenizer: Tokenizer) -> None:
    text = "Ελλάδα été 中文 हिन्दी 42"
    assert normalized(cleaned(tokenizer, tuple(CLEANING)), text) == text.lower()


def test_steps_survive_saving_and_come_before_the_tokenizers_own(tmp_path: Path) -> None:
    own = Tokenizer.from_file(str(save_wordpiece(tmp_path) / "tokenizer.json"))
    clean = cleaned(own, ("punctuation", "spaces"))
    clean.save(str(tmp_path / "clean.json"))
    again = Tokenizer.from_file(str(tmp_path / "clean.json"))
    text = "A  RÉD, dog!"
    assert normalized(again, text) == normalized(clean, text) == "a red dog"
    assert again.encode(text).ids == own.encode("a red dog").ids != own.encode(text).ids


def test_the_tokenizer_given_stays_as_it_was(tokenizer: Tokenizer) -> None:
    before = tokenizer.to_str()
    assert cleaned(tokenizer, ()).to_str() == before
    cleaned(tokenizer, ("lower",))
    assert tokenizer.to_str() == before


def test_an_unknown_step_is_named_with_a_near_one(tokenizer: Tokenizer) -> None:
    with pytest.raises(UnknownPartError, match=r"no cleaning is called 'lowr'.* did you mean 'lower'"):
        cleaned(tokenizer, ("lowr",))
