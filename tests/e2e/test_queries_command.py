"""``twinlens search`` with a file of queries, and at its prompt."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from e2e.conftest import Run

QUERIES = ["a cat", "a motorcycle", "a man with a camera", "a cup of coffee", "a rocket"]


@pytest.fixture
def queries(tmp_path: Path) -> Path:
    file = tmp_path / "queries.txt"
    file.write_text("\ufeff" + "\n\n".join(QUERIES) + "\n", encoding="utf-8")
    return file


def at_prompt(library: Path, typed: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    line = [sys.executable, "-m", "twinlens", "search", "-i", "--in", str(library), "-k", "2", "--all", *arguments]
    return subprocess.run(line, input=typed, capture_output=True, text=True, timeout=300, check=False)


def test_five_queries_give_six_pictures_and_their_hits(run: Run, indexed: Path, queries: Path, tmp_path: Path) -> None:
    result = run(
        "search", "--queries", queries, "--in", indexed, "-k", "3", "--all", "--grid", tmp_path / "new" / "pictures"
    )
    assert result.returncode == 0, result.stderr
    lines = [line.split("\t") for line in result.stdout.splitlines()]
    assert [line[0] for line in lines] == [query for query in QUERIES for _ in range(3)]
    assert [line[1] for line in lines[:3]] == ["1", "2", "3"]
    assert "pets/cat.png" in lines[0][4]
    assert "motorcycle" in lines[3][4]
    pictures = sorted((tmp_path / "new" / "pictures").iterdir())
    assert [file.name for file in pictures] == [*(f"query_{n}.png" for n in range(1, 6)), "top_matches_grid.png"]
    with Image.open(pictures[0]) as one, Image.open(pictures[-1]) as overview:
        assert overview.height > 4 * one.height  # a row for each query
    again = run("search", "--queries", queries, "--in", indexed, "--grid", tmp_path / "new" / "pictures")
    assert again.returncode == 0, again.stderr  # older sheets are replaced


def test_queries_as_json_are_an_object_a_line_and_one_that_fails_ends_nothing(
    run: Run, indexed: Path, tmp_path: Path
) -> None:
    (tmp_path / "queries.txt").write_text("a cat\n./gone.jpg\na rocket\n")
    result = run(
        "search", "--queries", "queries.txt", "--in", indexed, "-k", "1", "--json", "--all", "--grid", "pictures"
    )
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(answer["query"], answer["num_results"]) for answer in answers] == [("a cat", 1), ("a rocket", 1)]
    assert "error: query 2 (./gone.jpg): " in result.stderr
    assert result.returncode == 1
    pictures = sorted(file.name for file in (tmp_path / "pictures").iterdir())
    assert pictures == ["query_1.png", "query_3.png", "top_matches_grid.png"]


def test_prompt_answers_until_quit_and_outlives_a_bad_query(indexed: Path) -> None:
    result = at_prompt(indexed, "a cat\n./gone.jpg\na motorcycle\nquit\na rocket\n")
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert len(lines) == 4
    assert "pets/cat.png" in lines[0]
    assert "motorcycle" in lines[2]
    assert result.stderr.count("query> ") == 4
    assert "error: the query photo" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("typed", ["", "\n", "a cat", "EXIT\n"])
def test_prompt_ends_with_its_input_an_empty_line_or_exit(indexed: Path, typed: str) -> None:
    result = at_prompt(indexed, typed, "--json")
    assert result.returncode == 0, result.stderr
    assert len(result.stdout.splitlines()) == (1 if "cat" in typed else 0)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ([], 2, "give exactly one of QUERY"),
        (["a cat", "-i"], 2, "give exactly one of QUERY"),
        (["a cat", "--queries", "queries.txt"], 2, "give exactly one of QUERY"),
        (["--queries", "queries.txt", "--open"], 2, "--grid DIR"),
        (["--queries", "gone.txt"], 1, "gone.txt cannot be read"),
        (["--queries", "empty.txt"], 1, "empty.txt is empty"),
        (["--queries", "queries.txt", "--grid", "empty.txt"], 1, "--grid must be a folder"),
        (["--queries", "queries.txt", "--grid", "mine"], 1, "is not a contact sheet"),
    ],
)
def test_mistakes_are_told_before_anything_is_indexed(
    run: Run, library: Path, queries: Path, tmp_path: Path, arguments: list[str], code: int, message: str
) -> None:
    (tmp_path / "empty.txt").write_text("\n \n")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "query_2.png").write_bytes(b"my own picture")
    result = run("search", *arguments, "--in", library)
    assert result.returncode == code
    assert message in " ".join(result.stderr.replace("│", " ").split())
    assert not (library / ".twinlens").exists()
    assert (tmp_path / "mine" / "query_2.png").read_bytes() == b"my own picture"
