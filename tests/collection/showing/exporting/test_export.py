import csv
import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from conftest import PhotoMaker
from twinlens.collection.searching.answer import Answer
from twinlens.collection.searching.search import Search
from twinlens.collection.showing.exporting.export import check_outside, export_target, write_export
from twinlens.errors import QueryError
from twinlens.types import Hit

ODD = "new\nline, =1.png"


@pytest.fixture
def hits(make_photo: PhotoMaker, photos: Path) -> list[Hit]:
    """Four hits: two of the same name, a strange one, and one whose file is gone."""
    files = [make_photo("a.png", "red"), make_photo("sub/a.png", "blue"), make_photo(ODD), photos / "gone.png"]
    found = [
        Hit(rank=rank, id=str(file.relative_to(photos)), path=file, score=0.5, grade="strong", found_by=("meaning",))
        for rank, file in enumerate(files, start=1)
    ]
    return [*found[:3], replace(found[3], is_missing=True)]


def answer_of(hits: Sequence[Hit]) -> Answer:
    return Answer(Search.of("something red", show_all=True), hits, len(hits), len(hits), "model", 1.0)


def test_a_csv_has_a_line_for_each_hit(hits: list[Hit], tmp_path: Path) -> None:
    named = [replace(hits[0], id="=1+1.png"), *hits[1:]]
    assert write_export(answer_of(named), export_target(str(tmp_path / "hits.CSV"))) == 4
    with (tmp_path / "hits.CSV").open(newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert [line["rank"] for line in lines] == ["1", "2", "3", "4"]
    assert [line["image_id"] for line in lines] == ["'=1+1.png", *(hit.id for hit in hits[1:])]
    assert (lines[0]["image_path"], lines[0]["grade"], lines[0]["found_by"]) == (str(hits[0].path), "strong", "meaning")
    assert lines[3]["missing"] == "True"


def test_a_json_file_is_what_the_command_prints(hits: list[Hit], tmp_path: Path) -> None:
    answer = answer_of(hits)
    write_export(answer, export_target(str(tmp_path / "hits.json")))
    assert json.loads((tmp_path / "hits.json").read_text(encoding="utf-8")) == json.loads(json.dumps(answer.to_json()))


def test_a_gallery_shows_the_photos_that_are_there_and_is_replaced_by_the_next(hits: list[Hit], tmp_path: Path) -> None:
    for _ in range(2):
        assert write_export(answer_of(hits), export_target(str(tmp_path / "hits.html"))) == 3
    assert (tmp_path / "hits.html").read_text(encoding="utf-8").count("<figure>") == 3


@pytest.mark.parametrize("copies", [False, True])
def test_a_folder_holds_links_or_copies_named_by_rank(hits: list[Hit], tmp_path: Path, *, copies: bool) -> None:
    target = export_target(f"{tmp_path}/new/hits/", copies=copies)
    assert write_export(answer_of(hits), target) == 3
    files = sorted((tmp_path / "new" / "hits").iterdir())
    assert [file.name for file in files] == ["0001_a.png", "0002_a.png", f"0003_{ODD}"]
    assert [file.is_symlink() for file in files] == [not copies] * 3
    assert [file.read_bytes() for file in files] == [hit.path.read_bytes() for hit in hits[:3]]
    assert [file.stat().st_mtime_ns for file in files] == [hit.path.stat().st_mtime_ns for hit in hits[:3]]


@pytest.mark.parametrize("copies", [False, True])
def test_nothing_in_the_folder_is_overwritten(hits: list[Hit], tmp_path: Path, *, copies: bool) -> None:
    target = export_target(f"{tmp_path}/hits/", copies=copies)
    (tmp_path / "hits").mkdir()
    (tmp_path / "hits" / "0002_a.png").write_text("mine")  # came after the check
    with pytest.raises(QueryError, match=r"0002_a\.png"):
        write_export(answer_of(hits), target)
    assert (tmp_path / "hits" / "0002_a.png").read_text() == "mine"
    with pytest.raises(QueryError, match="is not empty; choose a new one"):
        export_target(str(tmp_path / "hits"), copies=copies)


def test_the_longest_name_of_a_file_is_shortened(make_photo: PhotoMaker, tmp_path: Path) -> None:
    photo = make_photo("é" * 125 + ".png")
    answer = answer_of([Hit(rank=1, id=photo.name, path=photo, score=0.5)])
    for name, copies in (("links", False), ("copies", True)):
        assert write_export(answer, export_target(f"{tmp_path}/{name}/", copies=copies)) == 1
        (file,) = (tmp_path / name).iterdir()
        assert (file.suffix, len(os.fsencode(file.name)) < 250) == (".png", True)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("hits.txt", "must end in .csv, .json, .html, or in / for a folder, got"),
        ("hits", "or in / for a folder"),
        ("taken.csv", "already exists"),
        ("taken.json", "already exists"),
        ("taken.html", "is not a contact sheet"),
        ("taken.csv/", "is a file"),
        ("none/hits.csv", "there is no folder"),
        ("taken.csv/hits/", "there is no folder"),
        (".", "is not empty"),
        ("x" * 300 + "/", "name too long"),
    ],
)
def test_a_target_that_cannot_be_written_is_refused_before_any_work(tmp_path: Path, name: str, message: str) -> None:
    for taken in ("taken.csv", "taken.json", "taken.html"):
        (tmp_path / taken).write_text("mine")
    with pytest.raises(QueryError, match=f"(?i){message}"):
        export_target(f"{tmp_path}/{name}")
    assert len(list(tmp_path.iterdir())) == 3


def test_copies_need_a_folder_outside_the_library(photos: Path, tmp_path: Path) -> None:
    with pytest.raises(QueryError, match="copied to a folder, not to a file"):
        export_target(str(tmp_path / "hits.csv"), copies=True)
    with pytest.raises(QueryError, match="is inside the photo folder"):
        check_outside(export_target(f"{photos}/hits/"), [tmp_path / "other", photos])
    check_outside(export_target(f"{photos}/hits.csv"), [photos])
    check_outside(export_target(f"{tmp_path}/hits/"), [photos])
