import re
from importlib.resources import files

import pytest

from twinlens.everyday.agreement import content_words
from twinlens.everyday.composed import lines_of_choices
from twinlens.everyday.descriptions import descriptions, list_file
from twinlens.everyday.languages import LANGUAGES, Language

OTHERS = [language for language in LANGUAGES if language != "en"]


def test_the_list_holds_a_few_thousand_plain_descriptions_in_little_space() -> None:
    texts = descriptions()
    assert 3000 <= len(texts) == len(set(texts)) <= 5000
    assert all(re.fullmatch(r"[A-Za-z][A-Za-z' -]{2,59}", text) for text in texts)
    folder = files("twinlens.everyday")
    names = ("descriptions.txt", "tags.txt")
    assert sum(len(list_file(name, language).encode()) for name in names for language in LANGUAGES) < 200_000
    assert {one.name for one in folder.iterdir() if one.joinpath("descriptions.txt").is_file()} == set(OTHERS)


def test_every_description_says_something() -> None:
    assert [text for text in descriptions() if not content_words(text)] == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_follows_the_english_list_line_by_line(language: Language) -> None:
    english, translated = (list_file("descriptions.txt", one) for one in ("en", language))
    for ours, theirs in zip(lines_of_choices(english), lines_of_choices(translated), strict=True):
        assert [len(part) for part in ours] == [len(part) for part in theirs], theirs
    sections = [[line for line in text.splitlines()[3:] if line.startswith("#")] for text in (english, translated)]
    assert sections[0] == sections[1]


@pytest.mark.parametrize("language", OTHERS)
def test_each_description_has_a_text_of_its_own_in_each_language(language: Language) -> None:
    texts = descriptions(language)
    assert len(set(texts)) == len(texts) == len(descriptions())
    assert [text for text in texts if re.search(r"[~…{}|/@]|  ", text) or text != text.strip()] == []
    if language == "zh":
        assert {text for text in texts if re.search(r"[a-z ]", text)} == set()
    else:
        assert all(len(text) <= 90 for text in texts)


def test_some_texts_say_what_they_should() -> None:
    row = descriptions().index("children playing soccer on a beach")
    assert [descriptions(language)[row] for language in ("de", "es", "fr", "zh")] == [
        "Kinder spielen am Strand Fußball",
        "unos niños jugando al fútbol en una playa",
        "des enfants jouant au football sur une plage",
        "几个孩子在海滩上踢足球",
    ]
    row = descriptions().index("two people sitting on a couch")
    assert [descriptions(language)[row] for language in ("de", "es", "fr", "zh")] == [
        "zwei Personen sitzen auf einem Sofa",
        "dos personas sentadas en un sofá",
        "deux personnes assises sur un canapé",
        "两个人坐在沙发上",
    ]
