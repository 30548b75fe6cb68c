"""``twinlens caption`` without captions, and ``twinlens tag suggest``: what photos show, from lists of texts."""

import json
from pathlib import Path

import pytest

from e2e.conftest import Run
from twinlens.collection.describing import describe, tag_suggestions
from twinlens.everyday.tags import EverydayTags

CAT, COFFEE, MOTORCYCLE = "pets/cat.png", "kitchen/coffee.png", "street/motorcycle.png"
LIST = ("a cat", "a cup of coffee", "a rocket", "a motorcycle", "a man with a camera", "a beach", "a receipt")
TAGS = EverydayTags(["animal, cat", "coffee, coffee", "vehicle, rocket, motorcycle"], LIST)


@pytest.fixture(autouse=True)
def small_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    """The built-in ones take half a minute to embed."""
    for module in (describe, tag_suggestions):
        monkeypatch.setattr(module, "descriptions", lambda language="en": LIST)
    monkeypatch.setattr(tag_suggestions, "everyday_tags", lambda: TAGS)
    monkeypatch.setattr(tag_suggestions, "everyday_texts", lambda: ("a cat", "a beach", "a receipt", "a car"))


def test_a_photo_is_described_where_there_are_no_captions(run_here: Run, indexed: Path) -> None:
    done = run_here("caption", indexed / CAT, "--in", indexed)
    assert done.returncode == 0
    rank, probability, _, caption, grade = done.stdout.splitlines()[0].split("\t")
    assert (rank, caption, grade) == ("1", "a cat", "strong")
    assert float(probability) > 0.75
    assert "described by the built-in list" in done.stderr
    told = json.loads(run_here("caption", indexed / CAT, "--in", indexed, "--json").stdout)
    assert (told["source"], told["results"][0]["image_id"]) == ("built-in", None)


def test_a_photo_is_described_without_any_collection(
    run_here: Run, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    assert run_here("caption", library / COFFEE, "-0").stdout.split("\0")[0] == "a cup of coffee"
    assert run_here("caption", library / COFFEE, "--in", library).returncode == 1  # it was asked for by name
    assert list((tmp_path / "empty").iterdir()) == []


def test_the_list_goes_neither_with_candidates_nor_with_filters(run_here: Run, indexed: Path) -> None:
    photo = indexed / CAT
    assert run_here("caption", photo, "--built-in", "--candidates", "x.txt").returncode == 2
    assert run_here("caption", photo, "--built-in", "--after", "2020", "--in", indexed).returncode == 2
    assert run_here("caption", photo, "--built-in", "--in", indexed).stdout.startswith("1\t")


def test_tags_are_suggested_one_a_line_and_stored_only_when_accepted(run_here: Run, indexed: Path) -> None:
    done = run_here("tag", "suggest", indexed / CAT, COFFEE, "--in", indexed)
    lines = [line.split("\t")[:3] for line in done.stdout.splitlines()]
    assert sorted(lines) == [[COFFEE, "coffee", "strong"], [CAT, "animal", "strong"]]
    assert run_here("tag", "list", "--in", indexed).returncode == 3
    done = run_here("tag", "suggest", CAT, "--accept", "strong", "--in", indexed)
    assert "stored 1 tag (1 different) of 1 photo" in done.stderr
    assert run_here("tag", "list", "--in", indexed).stdout == "animal\t1\n"
    again = run_here("tag", "suggest", CAT, "--in", indexed)
    assert (again.returncode, again.stdout) == (3, "")
    assert "no tag is suggested" in again.stderr


def test_people_are_told_in_the_language_of_their_system_and_programs_in_english(
    run_here: Run, indexed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lists = {"en": LIST, "de": ("eine Katze", "eine Tasse Kaffee", *LIST[2:])}
    monkeypatch.setattr(describe, "descriptions", lambda language="en": lists[language])
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    caption = ("caption", indexed / CAT, "--in", indexed)
    assert run_here(*caption).stdout.splitlines()[0].split("\t")[3] == "eine Katze"
    assert run_here(*caption, "--language", "English").stdout.splitlines()[0].split("\t")[3] == "a cat"
    for more, language, text in (((), "en", "a cat"), (("--language", "de"), "de", "eine Katze")):
        told = json.loads(run_here(*caption, "--json", *more).stdout)
        assert (told["language"], told["results"][0]["caption"]) == (language, text)
    assert run_here(*caption, "-0").stdout.startswith("a cat\0")
    tags = ("tag", "suggest", COFFEE, "--in", indexed)
    assert run_here(*tags).stdout.split("\t")[1] == "Kaffee"
    assert json.loads(run_here(*tags, "--json").stdout)["photos"][0]["tags"][0]["tag"] == "coffee"
    done = run_here(*tags, "--language", "fr", "--accept", "strong")
    assert (done.returncode, run_here("tag", "list", "--in", indexed).stdout) == (0, "café\t1\n")
    assert run_here(*tags).returncode == 3  # it has the tag, in French


def test_labels_are_read_from_a_file_and_written_beside_the_photos_when_asked(
    run_here: Run, indexed: Path, tmp_path: Path
) -> None:
    labels = tmp_path / "labels.txt"
    labels.write_text("vehicle, a motorcycle, a bicycle\n\nqwrtzx\nVEHICLE\n", encoding="utf-8")
    before = (indexed / MOTORCYCLE).read_bytes()
    arguments = ["tag", "suggest", MOTORCYCLE, "--labels", labels, "--in", indexed, "--json"]
    done = run_here(*arguments, "--accept", "likely", "--write-xmp")
    assert "2 labels with 5 phrases (1 blank line, 1 label repeated)" in done.stderr
    told = json.loads(done.stdout)
    assert [one["tag"] for one in told["photos"][0]["tags"]] == ["vehicle"]
    assert told["accepted"] == {"photos": 1, "tags": 1, "given": 1}
    assert told["xmp_files"] == [str(indexed / f"{MOTORCYCLE}.xmp")]
    assert "<rdf:li>vehicle</rdf:li>" in (indexed / f"{MOTORCYCLE}.xmp").read_text(encoding="utf-8")
    assert (indexed / MOTORCYCLE).read_bytes() == before


def test_labels_alone_are_suggested_from(run_here: Run, indexed: Path, tmp_path: Path) -> None:
    labels = tmp_path / "labels.txt"
    labels.write_text("a motorcycle\na cat\n", encoding="utf-8")
    short, long = (run_here("tag", *command, "--labels", labels, "--in", indexed) for command in ((), ("suggest",)))
    assert (short.returncode, short.stdout) == (long.returncode, long.stdout)
    assert "a motorcycle\t" in short.stdout
    misplaced = run_here("tag", "--labels", labels, "list", "--in", indexed)
    assert (misplaced.returncode, misplaced.stdout) == (2, "")


def test_wrong_use_and_bad_files_are_told_in_a_line(run_here: Run, indexed: Path, tmp_path: Path) -> None:
    assert run_here("tag", "suggest", "--write-xmp", "--in", indexed).returncode == 2
    assert run_here("tag", "suggest", "--accept", "possible", "--in", indexed).returncode == 2
    assert run_here("tag", "suggest", "--labels", "x.txt", "--language", "de", "--in", indexed).returncode == 2
    unknown = run_here("caption", indexed / CAT, "--language", "tlh", "--in", indexed)
    assert (unknown.returncode, len(unknown.stderr.splitlines())) == (1, 1)
    assert "de (German)" in unknown.stderr
    (tmp_path / "binary").write_bytes(bytes(range(256)) * 9)
    (tmp_path / "empty").write_bytes(b"\n")
    for name, why in (("binary", "binary file"), ("empty", "no labels"), ("none", "cannot be read")):
        done = run_here("tag", "suggest", "--labels", tmp_path / name, "--in", indexed)
        assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
        assert why in done.stderr
