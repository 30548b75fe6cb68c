"""``twinlens search`` and ``similar``: hits, filters, exit codes, and contact sheets."""

import contextlib
import json
import os
import shutil
import sqlite3
from pathlib import Path

import pytest
from PIL import Image

from e2e.command_line import index, only_line
from e2e.conftest import Run


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("a cat", "pets/cat.png"),
        ("a motorcycle", "street/motorcycle.png"),
        ("a man with a camera", "people/photographer.png"),
        ("a cup of coffee", "kitchen/"),
    ],
)
def test_search_indexes_a_new_folder_first_and_finds_the_photo(
    run: Run, library: Path, query: str, answer: str
) -> None:
    result = run("search", query, "--in", library, "-k", "3", "--all")
    assert result.returncode == 0, result.stderr
    lines = [line.split("\t") for line in result.stdout.splitlines()]
    assert [line[0] for line in lines] == ["1", "2", "3"]
    assert all(line[1] == "-" or 0 <= float(line[1]) <= 1 for line in lines)
    assert answer in lines[0][3]
    assert float(lines[0][2]) > float(lines[1][2])
    assert "indexing" in result.stderr


def test_a_date_filter_tells_once_how_many_photos_it_cannot_judge(run: Run, library: Path, tmp_path: Path) -> None:
    for photo in library.rglob("*.*"):  # one has a date of its own
        os.utime(photo, (0, 0))
    index(run, library)
    queries = tmp_path / "queries.txt"
    queries.write_text("a cat\na cup\n")
    for asked in (("a cat",), ("--queries", queries)):
        result = run("search", *asked, "--in", library, "--before", "2000", "--all")
        assert result.stderr.count("6 photos have no date, so the date filter leaves them out") == 1, result.stderr
    result = run("search", "a cat", "--in", library, "--before", "2000", "--json")
    assert (json.loads(result.stdout)["num_undated"], json.loads(result.stdout)["num_file_dated"]) == (6, 0)


def test_search_json_has_the_fields_that_others_rely_on(run: Run, indexed: Path) -> None:
    result = run("search", "a cat", "--in", indexed, "-k", "2", "--json", "--all")
    answer = json.loads(result.stdout)
    assert result.stderr == ""
    assert {key: answer[key] for key in ("query", "target", "num_results", "num_candidates")} == {
        "query": "a cat",
        "target": "image",
        "num_results": 2,
        "num_candidates": 7,
    }
    hit = answer["results"][0]
    assert (hit["rank"], hit["image_id"]) == (1, "pets/cat.png")
    assert (hit["probability"], hit["relevant"]) == (None, None) or hit["relevant"] in (True, False)
    assert Path(hit["image_path"]) == indexed / "pets/cat.png"
    assert answer["took_ms"] > 0
    assert len(answer["model"]) == 16


def test_search_without_in_is_limited_to_the_current_folder(run: Run, indexed: Path) -> None:
    everywhere = run("search", "anything", "--all", "--all-copies", cwd=indexed)
    here = run("search", "anything", "--all", cwd=indexed / "people")
    assert len(everywhere.stdout.splitlines()) == 7
    assert sorted(line.split("\t")[3] for line in here.stdout.splitlines()) == ["astronaut.png", "photographer.png"]
    assert not (indexed / "people" / ".twinlens").exists()


def test_similar_leaves_the_photo_itself_out_unless_asked(run: Run, indexed: Path) -> None:
    photo = indexed / "kitchen/coffee.png"
    others = run("similar", photo, "--in", indexed, "-k", "10")
    compared, grades = others.stderr.splitlines()
    assert compared == "photos are compared by their features"
    assert compared in run("status", "--in", indexed).stdout
    assert grades.endswith(" among 6 photos")
    assert len(others.stdout.splitlines()) == 6
    assert "phone.heic" in others.stdout.splitlines()[0]  # the same cup, as a phone keeps it
    assert "coffee.png" not in others.stdout
    itself = run("similar", photo, "--in", indexed, "-k", "1", "--include-self")
    assert "coffee.png" in itself.stdout
    outside = indexed.parent / "elsewhere.png"
    shutil.copyfile(photo, outside)
    assert "coffee.png" in run("search", str(outside), "--in", indexed, "-k", "2", "--all").stdout


def test_similar_marks_the_nearest_that_are_no_sure_match_and_exits_with_3_if_none_is(
    run: Run, indexed: Path, tmp_path: Path
) -> None:
    photo = indexed / "kitchen/coffee.png"
    some = run("similar", photo, "--in", indexed)
    assert some.returncode == 0
    first, *others = [line.split("\t")[4:] for line in some.stdout.splitlines()]
    assert "no sure match" not in first
    assert ["no sure match"] in others
    none = run("similar", photo, "--in", indexed, "--folder", "space", "--grid", tmp_path / "sheet.html")
    assert none.returncode == 3
    assert "no sure match among 1 photo; the closest:" in none.stderr.splitlines()
    (line,) = none.stdout.splitlines()
    assert line.split("\t")[3:] == ["library/space/rocket.jpg", "no sure match"]
    assert "coffee.png (no sure match; the closest)" in (tmp_path / "sheet.html").read_text()
    bare = run("similar", photo, "--in", indexed, "--folder", "space", "-0")
    assert (bare.returncode, bare.stdout) == (3, "library/space/rocket.jpg\0")


def test_the_only_photo_of_a_library_has_none_like_it(run: Run, library: Path) -> None:
    index(run, library / "space")
    result = run("similar", library / "space" / "rocket.jpg", "--in", library / "space")
    assert result.returncode == 3
    assert "nothing found: the library has no other photo" in result.stderr


def test_near_copies_are_one_hit_unless_asked(run: Run, indexed: Path) -> None:
    lines = run("search", "anything", "--all", "--in", indexed).stdout.splitlines()
    assert len(lines) == 6
    assert [line.split("\t")[4:] for line in lines if "kitchen" in line] == [["+1 alike"]]
    each = run("search", "anything", "--all", "--all-copies", "--in", indexed).stdout
    assert len(each.splitlines()) == 7
    assert "alike" not in each
    answer = json.loads(run("similar", indexed / "pets/cat.png", "--in", indexed, "--json").stdout)
    (cup,) = [hit for hit in answer["results"] if hit["num_alike"]]
    assert {cup["image_id"], *cup["alike"]} == {"kitchen/coffee.png", "kitchen/phone.heic"}
    assert (answer["space"], answer["num_entries"], answer["num_candidates"]) == ("likeness", 5, 6)


def test_contact_sheets_are_written(run: Run, library: Path, tmp_path: Path) -> None:
    for name in ("sheet.png", "sheet.html"):
        result = run("search", "a cat", "--in", library, "--all", "--all-copies", "--grid", tmp_path / name)
        assert result.returncode == 0, result.stderr
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width > 1000
    assert (tmp_path / "sheet.html").read_text().count("<figure>") == 7
    wrong = run("search", "a cat", "--in", library, "--grid", tmp_path / "sheet.xyz")
    assert wrong.returncode == 2
    assert "sheet.xyz" in wrong.stderr


def test_filters_that_leave_nothing_exit_with_3(run: Run, indexed: Path) -> None:
    result = run("search", "a cat", "--in", indexed, "--after", "2099")
    assert result.returncode == 3
    assert result.stdout == ""
    told = result.stderr.splitlines()
    assert told == [
        "no photo fits “taken 2099 or later”",
        "6 photos have only the date of the file, which may be that of a copy",
        "nothing found: 0 photos pass the filters; leave one out",
    ]


def test_a_very_long_query_says_what_was_cut(run: Run, indexed: Path) -> None:
    result = run("search", "cat " * 10_000, "--in", indexed, "-k", "1", "--all")
    assert result.returncode == 0
    assert "10,000 words, the model reads 62" in only_line(result)


def test_a_search_says_in_a_line_what_has_changed_since_the_last_index(run: Run, indexed: Path) -> None:
    quiet = run("search", "a cat", "--in", indexed, "--json")
    assert quiet.stderr == ""
    assert json.loads(quiet.stdout)["since_index"] == {"new": 0, "changed": 0, "gone": 0, "is_complete": True}
    shutil.copyfile(indexed / "pets/cat.png", indexed / "pets/another.png")
    shutil.copyfile(indexed / "pets/cat.png", indexed / "new.png")
    (indexed / "space/rocket.jpg").unlink()
    commands = (["search", "a cat"], ["similar", indexed / "pets/cat.png"])
    for command in commands:
        result = run(*command, "--in", indexed, "-k", "1")
        assert result.stderr.splitlines()[0] == "since the last index at least 2 new, 1 gone; run: twinlens index"
    assert run("index", indexed, "--forget-missing").returncode == 0
    assert "since" not in run("search", "a cat", "--in", indexed).stderr


def test_photos_that_were_deleted_since_are_marked_and_left_out_of_contact_sheets(
    run: Run, indexed: Path, tmp_path: Path
) -> None:
    (indexed / "pets/cat.png").unlink()
    asked = ("search", "a cat", "--in", indexed, "--all", "--all-copies", "-k", "3")
    result = run(*asked, "--grid", tmp_path / "cats.html")
    lines = [line.split("\t") for line in result.stdout.splitlines()]
    assert [(line[0], line[4:]) for line in lines] == [("1", ["file is gone", "by name"]), ("2", []), ("3", [])]
    assert result.stderr.count("gone; run: twinlens index") == result.stderr.count("run: twinlens index") == 1
    assert "cats.html (without 1 photo that is not there)" in result.stderr
    assert (tmp_path / "cats.html").read_text().count("<img") == 2
    answer = json.loads(run("similar", indexed / "people/astronaut.png", "--in", indexed, "-k", "9", "--json").stdout)
    assert [one["image_id"] for one in answer["results"] if one["missing"]] == ["pets/cat.png"]
    assert run("index", indexed).returncode == 1  # keeps it: pets is empty now
    again = run(*asked)
    assert again.stderr == "1 of these photos is gone since the last index; run: twinlens index\n"


def test_a_first_search_that_was_interrupted_goes_on_at_the_next(run: Run, library: Path) -> None:
    index(run, library / "people", "--collection", library / ".twinlens")  # a collection whose first run never ended
    catalog = library / ".twinlens" / "catalog.sqlite"
    with contextlib.closing(sqlite3.connect(catalog)) as connection, connection:
        connection.execute("UPDATE folders SET path = '..', name = 'library'")
        connection.execute("UPDATE photos SET path = 'people/' || path")
        connection.execute("DELETE FROM meta WHERE key = 'first_index'")
    result = run("search", "a cat", "--in", library, "-k", "1")
    assert result.returncode == 0, result.stderr
    assert "indexed; indexing first" in result.stderr
    assert "pets/cat.png" in result.stdout


def test_a_contact_sheet_never_replaces_a_photo(run: Run, library: Path) -> None:
    photo = library / "pets/cat.png"
    before = photo.read_bytes()
    result = run("search", "a cat", "--in", library, "--grid", photo)
    assert result.returncode == 2
    assert photo.read_bytes() == before
