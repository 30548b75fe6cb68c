import pytest

from twinlens.errors import QueryError
from twinlens.everyday.languages import (
    LANGUAGES,
    accepted_language,
    known_language,
    language_named,
    language_of_environment,
)


def test_a_language_is_known_by_its_code_its_names_and_locales() -> None:
    for code, names in LANGUAGES.items():
        assert {known_language(name) for name in (code, code.upper(), *names, f"{code}_XX.UTF-8")} == {code}
    assert known_language("") is known_language("POSIX") is known_language("denim") is None


def test_an_unknown_language_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(QueryError, match=r"de \(German\).*zh \(Chinese\), got 'Klingon'; choose one"):
        language_named("Klingon")
    assert language_named("deutsch") == "de"


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "de_AT.UTF-8"}, "de"),
        ({"LANG": "de_AT.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "de_AT.UTF-8", "LC_MESSAGES": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "fi_FI.UTF-8"}, "en"),
    ],
)
def test_the_locale_of_the_environment_decides_as_in_other_programs(environment: dict[str, str], language: str) -> None:
    assert language_of_environment(environment) == language


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("*", "en"),
        ("de", "de"),
        ("fr-CA,fr;q=0.9,en;q=0.8", "fr"),
        ("en;q=0.5, zh-Hans;q=0.9", "zh"),
        ("fi, es;q=0.1", "es"),
        ("de;q=0", "en"),
        ("de;q=2, es;q=0.3", "es"),
        ("de;q=" + "9" * 9999, "en"),
        ("x," * 100_000 + "de", "en"),
        (";;;,,,q=1\x00", "en"),
    ],
)
def test_the_best_liked_language_of_a_header_is_taken_whatever_it_holds(header: str, language: str) -> None:
    assert accepted_language(header) == language
