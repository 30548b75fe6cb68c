"""Every text of the page is in every file of texts, with the same values in it, and no file has one too many."""

import json
import re
from pathlib import Path

import pytest

from rest.page_texts import used_texts
from twinlens.rest.page import STATIC

FILES = sorted((STATIC / "texts").glob("*.json"))


def forms(text: str | dict[str, str]) -> list[str]:
    return list(text.values()) if isinstance(text, dict) else [text]


def test_each_language_that_can_be_chosen_has_its_file() -> None:
    script = (STATIC / "js/language.js").read_text(encoding="utf-8")
    table = re.search(r"const LANGUAGES = \{(.*?)\}", script)
    assert table is not None
    assert sorted(re.findall(r"(\w+): \"", table[1])) == sorted(["en", *(file.stem for file in FILES)])


def test_each_page_with_modules_chooses_its_language_first() -> None:
    for file in STATIC.glob("*.html"):
        scripts = re.findall(r"<script[^>]*>", file.read_text(encoding="utf-8"))
        if any('type="module"' in one for one in scripts):
            assert any(one.endswith('/js/language.js">') for one in scripts), f"{file.name}: texts.js needs it"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_file_has_all_texts_and_no_others(file: Path) -> None:
    texts = json.loads(file.read_text(encoding="utf-8"))
    used = used_texts()
    assert sorted(used - texts.keys()) == [], f"not in {file.name}"
    assert sorted(texts.keys() - used) == [], f"in {file.name}, and nowhere in the page"
    assert list(texts) == sorted(texts), "in order, so that changes are easy to compare"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_translation_has_the_values_and_the_marked_words_of_its_text(file: Path) -> None:
    inside = re.compile(r"\{\w+\}|</?\w+[^>]*>")
    for english, text in json.loads(file.read_text(encoding="utf-8")).items():
        wanted = [sorted(inside.findall(form)) for form in english.split("|")]
        assert all(sorted(inside.findall(form)) in wanted for form in forms(text)), english
        assert "other" in text if isinstance(text, dict) else text, english


def test_numbers_are_not_glued_to_nouns() -> None:
    for file in (STATIC / "js").rglob("*.js"):
        glued = re.findall(r"countOf\([^()]*, [\"'`]", file.read_text(encoding="utf-8"))
        assert glued == [], f'{file.name}: t("{{count}} file|{{count}} files", {{ count }}) instead'
