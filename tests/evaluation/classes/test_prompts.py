from pathlib import Path

import pytest

from twinlens.errors import DataError
from twinlens.evaluation.classes.prompts import SETS, read_prompts


def test_the_published_set_has_eighty_templates_and_the_seven_are_of_them() -> None:
    assert len(set(SETS["clip-80"])) == 80
    assert set(SETS["clip-7"]) < set(SETS["clip-80"])
    assert all(template.count("{}") == 1 and template.endswith(".") for template in SETS["clip-80"])
    some = {"a photo of the hard to see {}.", "a embroidered {}.", "the {} in a video game.", "graffiti of a {}."}
    assert some | {"itap of my {}.", "a photo of many {}.", "a photo of a {}."} < set(SETS["clip-80"])


def test_templates_sets_and_files_go_together_each_template_once(tmp_path: Path) -> None:
    file = tmp_path / "prompts.txt"
    file.write_text("\ufeffa {}\n\n  the {} here \n", encoding="utf-8")
    assert read_prompts([str(file), "a {}", "clip-7"]) == ("a {}", "the {} here", *SETS["clip-7"])
    assert read_prompts([]) == ()


@pytest.mark.parametrize(
    ("content", "said"),
    [("a {}\na dog\n", r"prompt 2 has no \{\} where the class name goes: 'a dog'"), ("\n", "contains no prompts")],
)
def test_a_file_without_templates_is_told(content: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "prompts.txt"
    file.write_text(content)
    with pytest.raises(DataError, match=said):
        read_prompts([str(file)])


@pytest.mark.parametrize("given", ["a photo", "clip-8", "nowhere/prompts.txt", ".", "x" * 300, ""])
def test_other_words_are_told_what_is_wanted(given: str) -> None:
    with pytest.raises(DataError, match=r"needs \{\} where the class name goes.*clip-80, clip-7"):
        read_prompts([given])
