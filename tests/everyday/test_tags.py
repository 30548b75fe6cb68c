import numpy as np
import pytest

from twinlens.collection.catalog.curated.names import name_key, tidy_name
from twinlens.everyday.descriptions import descriptions, list_file
from twinlens.everyday.languages import LANGUAGES, Language
from twinlens.everyday.tags import EverydayTags, everyday_tags, names_of_tag, tag_in


def test_every_built_in_tag_is_shown_by_some_description_and_comes_once() -> None:
    names = everyday_tags().names
    assert 250 <= len(names) == len({name.lower() for name in names})


def test_a_tag_is_as_probable_as_the_descriptions_that_show_it() -> None:
    texts = ["a bear", "a teddy bear", "a polar bear in the snow", "a boy in the snow"]
    tags = EverydayTags(["bear, bear, -teddy bear", "snow, snow", "animal, bear, boy"], texts)
    assert tags.probabilities(np.array([0.4, 0.3, 0.2, 0.1])) == pytest.approx([0.6, 0.3, 1.0])


def test_words_are_compared_whole() -> None:
    texts = descriptions()
    tags = EverydayTags(["can, can"], texts)
    shown = np.array(["can" in text.split() for text in texts], dtype=np.float64)
    assert tags.probabilities(shown) == pytest.approx([shown.sum()])
    with pytest.raises(ValueError, match="no description"):
        EverydayTags(["unicorn, unicorn"], texts)


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_every_built_in_tag_has_a_name_of_its_own_in_each_language(language: Language) -> None:
    lines = [line.split(" = ") for line in list_file("tags.txt", language).splitlines()]
    assert tuple(english for english, _ in lines) == everyday_tags().names
    translated = [tag_in(language, name) for name in everyday_tags().names]
    assert translated == [tidy_name(name, "tag") for _, name in lines]
    assert len({name_key(name) for name in translated}) == len(translated)


def test_a_tag_is_known_by_all_its_names() -> None:
    assert names_of_tag("dog") == {"dog", "Hund", "perro", "chien", "狗"}
    assert names_of_tag("no built-in tag") == {"no built-in tag"}
