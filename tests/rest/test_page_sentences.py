"""Every sentence that the server says to people is in each language of the page, with the same values in it."""

import json
import re
from pathlib import Path

import pytest

from rest.server_sentences import sentences
from twinlens.rest.page import STATIC

FILES = sorted((STATIC / "texts/server").glob("*.json"))
VALUE = re.compile(r"\{(\w)[?!]?\}")


def test_each_language_has_a_file() -> None:
    assert [file.name for file in FILES] == [file.name for file in sorted((STATIC / "texts").glob("*.json"))]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_file_has_all_sentences_and_no_others(file: Path) -> None:
    texts = json.loads(file.read_text(encoding="utf-8"))
    said = sentences()
    assert sorted(said - texts.keys()) == [], f"not in {file.name}"
    assert sorted(texts.keys() - said) == [], f"in {file.name}, and said nowhere"
    assert list(texts) == sorted(texts), "in order, so that changes are easy to compare"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_translation_has_the_values_of_its_sentence(file: Path) -> None:
    for english, text in json.loads(file.read_text(encoding="utf-8")).items():
        assert set(VALUE.findall(text)) == set(VALUE.findall(english)), english


def test_what_is_said_in_the_source_is_found() -> None:
    """One of each kind, so that a change of how they are read does not go unseen."""
    assert {
        "there is no album “{1}” (did you mean “{2}”?)",  # a filter's note
        "taken {1} or later",  # a filter's phrase
        "the query has {1} alternatives",  # an error of a room
        "no indexed photo has the id {1}",  # of the server
        "indexing failed",  # at the end of a run
        "it matches anyway, by what is written about it",  # a clause
        "{n} photos",  # a number
        "no photo fits {1} and {2} at once",
    } <= sentences()
