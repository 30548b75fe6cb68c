"""The real command with a calibration: hits with a grade are shown; where none has one, the closest, marked as such."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from e2e.conftest import Run
from twinlens.model.bundle import open_bundle
from twinlens.model.load import find_bundle
from twinlens.model.relevance_file import save_calibration
from twinlens.relevance.maps import Calibration, GradeThresholds, LogisticMap, RelevanceMap

LINE = 0.2  # by this model "a cat" scores 0.29 with the cat, and no other photo 0.2
STRONG = 0.27


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """The default model with a line drawn by hand: words match from a cosine on, photos have no map."""
    folder = Path(shutil.copytree(find_bundle("default"), tmp_path / "model"))
    bundle = open_bundle(folder)
    rising = LogisticMap(intercept=-40 * LINE, weights={"score": 40.0})
    strong = float(rising.probabilities({"score": np.array([[STRONG]])}).item())
    one = RelevanceMap(hit=rising, grades=GradeThresholds(strong=strong, likely=strong, possible=0.5))
    rows = np.eye(4, bundle.manifest.dim, dtype=np.float32)
    save_calibration(bundle, Calibration(model=bundle.fingerprint, text=one), rows)
    return folder


@pytest.fixture
def search(run: Run, indexed: Path, model: Path):
    assert run("index", indexed, "--model", model).returncode == 0
    # drawn pictures of a few colours look alike to a model
    return lambda *arguments: run("search", *arguments, "--in", indexed, "--model", model, "--all-copies")


def all_hits(search, query: str) -> list[dict]:
    return json.loads(search(query, "--all", "--json").stdout)["results"]


def test_only_what_matches_is_shown(search) -> None:
    ranked = all_hits(search, "a cat")
    assert len(ranked) == 7
    matching = [hit["image_id"] for hit in ranked if hit["relevant"]]
    assert matching[0] == "pets/cat.png"
    assert len(matching) < 7
    result = search("a cat")
    assert result.returncode == 0
    grades = [hit["grade"] for hit in ranked if hit["grade"]]
    assert grades[0] == "strong"
    counts = ", ".join(f"{grades.count(one)} {one}" for one in ("strong", "possible") if one in grades)
    assert result.stderr == f"{counts} among 7 photos\n"
    lines = [line.split("\t") for line in result.stdout.splitlines()]
    assert [line[4:] for line in lines] == [["by name"], *[[]] * (len(matching) - 1)]
    assert float(lines[0][1]) == pytest.approx(ranked[0]["probability"], abs=0.005)
    answer = json.loads(search("a cat", "--json").stdout)
    assert [hit["image_id"] for hit in answer["results"]] == matching
    assert answer["num_results"] == len(matching)


def test_where_nothing_is_sure_all_the_closest_are_shown_and_marked_and_the_exit_code_is_3(
    search, tmp_path: Path
) -> None:
    query = "a bank statement"
    assert not any(hit["grade"] for hit in all_hits(search, query))
    result = search(query, "--grid", tmp_path / "sheet.html", "-k", "5")
    assert result.returncode == 3
    lines = [line.split("\t") for line in result.stdout.splitlines()]
    assert [(line[0], line[4]) for line in lines] == [(str(rank), "no sure match") for rank in range(1, 6)]
    assert result.stderr.startswith("no sure match among 7 photos; the closest:\n")
    assert f"{query} (no sure match; the closest)" in (tmp_path / "sheet.html").read_text()
    answer = search(query, "--json")
    assert answer.returncode == 3
    found = json.loads(answer.stdout)
    assert [hit["relevant"] for hit in found["results"]] == [False] * 7
    assert found["grades"] == {"strong": 0, "likely": 0, "possible": 0}


def test_the_grade_of_a_photo_is_the_same_alone_in_a_folder_and_under_a_filter(search) -> None:
    everywhere = {hit["image_id"]: (hit["grade"], hit["probability"]) for hit in all_hits(search, "a cat")}
    for options in (("--folder", "pets"), ("-k", "1"), ("--offset", "3")):
        for hit in json.loads(search("a cat", "--all", "--json", *options).stdout)["results"]:
            assert (hit["grade"], hit["probability"]) == everywhere[hit["image_id"]]


def test_a_lowest_grade_leaves_out_less_sure_hits(search) -> None:
    ranked = all_hits(search, "a cat")
    found = json.loads(search("a cat", "--min-grade", "likely", "--json").stdout)["results"]
    assert [hit["image_id"] for hit in found] == [hit["image_id"] for hit in ranked if hit["grade"] == "strong"]
    none = search("a bank statement", "--min-grade", "likely")
    assert none.returncode == 3
    assert "no sure match graded likely or better among 7 photos" in none.stderr
    assert search("a cat", "--min-grade", "sure").returncode == 2


def test_all_shows_everything_ranked_without_marks(search) -> None:
    result = search("a bank statement", "--all")
    assert (result.returncode, result.stderr) == (0, "")
    lines = [line.split("\t") for line in result.stdout.splitlines()]
    assert [len(line) for line in lines] == [4] * 7
    chances = [float(line[1]) for line in lines]
    assert chances == sorted(chances, reverse=True)


def test_a_least_probability_takes_the_place_of_the_models_line(search) -> None:
    ranked = all_hits(search, "a cat")
    wanted = [hit["image_id"] for hit in ranked if hit["probability"] >= 0.01]
    assert len(wanted) > 1
    found = json.loads(search("a cat", "--min-probability", "0.01", "--json").stdout)["results"]
    assert [hit["image_id"] for hit in found] == wanted
    none = search("a cat", "--min-probability", "1")
    assert none.returncode == 3
    assert "with a probability of 1 or more" in none.stderr
    assert search("a cat", "--min-probability", "1.5").returncode == 2


def test_a_later_page_without_matches_shows_nothing(search) -> None:
    result = search("a cat", "--offset", "6")
    assert (result.returncode, result.stdout) == (3, "")


def test_a_sum_of_words_and_a_photo_has_no_grades_and_says_so(search, indexed: Path) -> None:
    query = f"{indexed / 'kitchen' / 'coffee.png'} + 0.5 table"
    result = search(query, "-k", "2")
    assert result.returncode == 0
    assert result.stderr == "sums of words and photos have no grades\n"
    assert [line.split("\t")[1] for line in result.stdout.splitlines()] == ["-", "-"]
    for option in (("--min-probability", "0.5"), ("--min-grade", "likely")):
        refused = search(query, *option)
        assert refused.returncode == 1
        assert "no grades and no probabilities" in refused.stderr


def test_a_photo_query_that_nobody_can_judge_shows_what_is_nearest(search, indexed: Path) -> None:
    result = search(str(indexed / "kitchen" / "coffee.png"), "-k", "2")
    assert (result.returncode, result.stderr) == (0, "photos are compared by their features\n")
    assert [line.split("\t")[1] for line in result.stdout.splitlines()] == ["-", "-"]


def test_many_queries_are_found_where_one_of_them_is(search, tmp_path: Path) -> None:
    (tmp_path / "queries.txt").write_text("a bank statement\na cat\n")
    result = search("--queries", tmp_path / "queries.txt")
    assert result.returncode == 0
    assert "no sure match for 'a bank statement'" in result.stderr
    (tmp_path / "queries.txt").write_text("a bank statement\n")
    assert search("--queries", tmp_path / "queries.txt").returncode == 3
