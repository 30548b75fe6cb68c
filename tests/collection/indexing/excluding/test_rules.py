"""Patterns mean what they mean in a .gitignore."""

import shutil
import subprocess
from pathlib import Path

import pytest

from twinlens.collection.indexing.excluding.rules import Rules, check_pattern, collection_rules
from twinlens.collection.indexing.scanning.scan import scan_folder
from twinlens.errors import ConfigError

FILES = "a.jpg b.png a/a.jpg a/b.png a/b/a.jpg a/b/c/b.png b/a.jpg b/a/a.jpg b/a/b.png c/keep.jpg c/a.jpg".split()
CASES = [  # patterns at the top, patterns in the folder a
    (["*.png", "!b.png"], []),
    (["a/"], ["!a.jpg"]),
    (["/a.jpg", "b/*", "!b/a/"], []),
    (["a/**", "!a/b/", "# c", "", "\\#x"], ["*.png"]),
    (["**/b/a.jpg", "c/*", "!c/keep.jpg"], ["/b.png"]),
    (["*", "!*/", "!*.png"], ["b/**/"]),
    (["**/"], []),
    (["[ab].???", "!/?.jpg"], ["*/"]),
    (["a/**/b.png", "c"], ["!b/c/b.png", "a.jpg"]),
]


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
@pytest.mark.parametrize(("top", "inner"), CASES)
def test_a_scan_finds_the_files_that_git_does_not_ignore(tmp_path: Path, top: list[str], inner: list[str]) -> None:
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    for folder, lines in (tmp_path, top), (tmp_path / "a", inner):
        for ignore_file in (".gitignore", ".twinlensignore"):
            (folder / ignore_file).write_text("\n".join(lines))
    subprocess.run(["git", "init", "-q", tmp_path], check=True, capture_output=True)
    listed = subprocess.run(
        ["git", "-C", tmp_path, "ls-files", "-o", "--exclude-standard"], check=True, capture_output=True, text=True
    ).stdout.split()
    assert {photo.path for photo in scan_folder(tmp_path).photos} == {*listed} & {*FILES}


def left_out(rules: Rules, path: str) -> str | None:
    rule = rules.deciding(path.rstrip("/"), is_folder=path.endswith("/"))
    return rule.reason if rule is not None and rule.excludes else None


def test_patterns_of_the_collection_come_last() -> None:
    rules, faults = collection_rules(["!*.jpg"]).and_file(["*.jpg", "*.png"], "trip")
    assert (left_out(rules, "trip/a.jpg"), faults) == (None, [])
    assert left_out(rules, "trip/a.png") == "excluded by trip/.twinlensignore: *.png"
    rules, _ = collection_rules(["*.jpg"]).and_file(["!*.jpg"], "")
    assert left_out(rules, "a.jpg") == "excluded by --exclude: *.jpg"


def test_a_line_that_is_no_pattern_is_told_and_the_others_hold() -> None:
    rules, faults = collection_rules([]).and_file(["!", "*.png", "a\\"], "")
    assert faults == ["!", "a\\"]
    assert left_out(rules, "x.png")


def test_a_name_is_matched_in_either_of_its_unicode_forms() -> None:
    assert left_out(collection_rules(["Su\u0308den/"]), "S\u00fcden/")
    rules, _ = collection_rules([]).and_file(["*.jpg"], "Su\u0308den")
    assert left_out(rules, "Su\u0308den/a.jpg")


@pytest.mark.parametrize("pattern", ["", "  ", "# comment", "!", "/", "a\nb"])
def test_what_can_match_nothing_is_refused(pattern: str) -> None:
    with pytest.raises(ConfigError, match=r"--exclude takes a pattern as gitignore has them, such as '\*\.png'"):
        check_pattern(pattern)
