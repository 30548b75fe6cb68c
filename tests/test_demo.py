"""The demo's pictures have free licences, and its questions follow a rule instead of the model's strengths."""

import sys
import tomllib
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from twinlens.collection.searching.answer import Answer
from twinlens.collection.searching.search import Search
from twinlens.collection.searching.wording import Wording
from twinlens.errors import TwinlensError
from twinlens.types import Hit

ROOT = Path(__file__).parents[1]
PHOTOS = ROOT / "demo" / "photos"
FREE = {"CC0 1.0", "CC BY 2.0", "CC BY 4.0", "CC BY-SA 4.0", "public domain", "public domain (Unlicense)"}
BUDGET_BYTES = 6_000_000
EVERY = 4


def read(name: str, table: str) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = tomllib.loads((ROOT / "demo" / name).read_text(encoding="utf-8"))[table]
    return rows


@pytest.fixture
def demo(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    import demo

    yield demo
    for name in ("demo", "demo_questions"):
        sys.modules.pop(name, None)


def hit(photo: str, *, relevant: bool = True) -> Hit:
    return Hit(rank=1, id=photo, path=PHOTOS / photo, caption=None, score=0.4, probability=0.5, relevant=relevant)


def test_every_picture_has_its_author_source_and_free_licence() -> None:
    rows = read("photos.toml", "photo")
    assert [row["file"] for row in rows] == sorted(file.relative_to(PHOTOS).as_posix() for file in PHOTOS.glob("*/*"))
    assert all(row[key].strip() for row in rows for key in ("shows", "author", "source", "from"))
    assert {row["licence"] for row in rows} <= FREE


def test_the_pictures_are_small_enough_for_the_repository() -> None:
    files = list(PHOTOS.glob("*/*.jpg"))
    assert sum(file.stat().st_size for file in files) <= BUDGET_BYTES
    for file in files:
        with Image.open(file) as image:
            assert max(image.size) <= 640, file


def test_questions_are_every_fourth_picture_of_each_folder_in_the_words_of_its_description() -> None:
    rows = read("photos.toml", "photo")
    folders = groupby(rows, key=lambda row: row["file"].partition("/")[0])
    ruled = [row for _, group in folders for row in list(group)[::EVERY]]
    asked = read("questions.toml", "question")
    assert [(one["photo"], one["en"]) for one in asked] == [(row["file"], row["shows"]) for row in ruled]


def test_every_question_has_every_language(demo: Any) -> None:
    asked = read("questions.toml", "question")
    for language in demo.LANGUAGES:
        texts = [one[language] for one in asked]
        assert len(set(texts)) == len(asked)


def test_languages_are_asked_in_turn(demo: Any) -> None:
    asked = demo.questions(("en", "de", "es"))
    assert [one.language for one in asked[:4]] == ["en", "de", "es", "en"]
    assert len(asked) == len(demo.questions()) == len(read("questions.toml", "question"))


def test_misses_are_told(demo: Any) -> None:
    asked = demo.questions()[:4]
    photos = [one.photo for one in asked]
    told = demo.tally(asked, [[hit(photos[0])], [hit(photos[0])], [hit(photos[2], relevant=False)], []])
    assert told.splitlines()[0] == "The right picture comes first, as a match, for 1 of 4 questions. Not for:"
    assert f"{photos[1]} is right; {photos[0]} comes first" in told
    assert f"{photos[2]} is right; it comes first, but not as a match" in told
    assert f"{photos[3]} is right; nothing comes first" in told


def test_all_right_is_one_line(demo: Any) -> None:
    asked = demo.questions()[:2]
    told = demo.tally(asked, [[hit(one.photo)] for one in asked])
    assert told == "The right picture comes first, as a match, for 2 of 2 questions."


def test_unknown_words_are_told(demo: Any, capsys: pytest.CaptureFixture[str]) -> None:
    class Library:
        def answer(self, query: str, *, k: int) -> Answer:
            wording = Wording(unknown_words=(query,), did_you_mean="giraffe", no_word_known=True)
            return Answer(Search.of(query, k=k), [hit("owl.jpg", relevant=False)], 1, 0, "", 1.0, wording=wording)

    demo.answer(Library(), ("giraff",))
    told = capsys.readouterr().out
    assert "no word of this query is known: “giraff”; did you mean: giraffe" in told
    assert "the closest is owl.jpg" in told


def test_without_the_repository_the_demo_says_what_to_do(
    demo: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "PHOTOS", tmp_path / "none")
    with pytest.raises(TwinlensError, match=r"come with the repository.*--photos ~/Pictures"):
        demo.demo_photos()


@pytest.mark.slow
def test_the_demo_runs(demo: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setattr(demo, "WORK", tmp_path)
    assert demo.demo("", "", sheet_file=str(tmp_path / "sheet.jpg")) == 0
    shown = capsys.readouterr().out
    assert f"{len(list(PHOTOS.glob('*/*')))} photos indexed, 0 files skipped" in shown
    assert f"of {len(demo.questions())} questions" in shown
    assert (tmp_path / "hits.html").is_file()
    assert (tmp_path / "sheet.jpg").is_file()
