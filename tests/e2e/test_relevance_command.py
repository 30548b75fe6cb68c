"""The real command with a calibration: what matches is shown; where nothing does, the closest, marked as such."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from e2e.conftest import Run
from twinlens.model.bundle import open_bundle
from twinlens.model.load import find_bundle
from twinlens.model.relevance_file import save_calibration
from twinlens.relevance.maps import Calibration, LogisticMap, RelevanceMap

LINE = 0.2  # by this model "a cat" scores 0.32 with the cat, and no other photo 0.2


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """The default model with a line drawn by hand: words match from a cosine on, photos have no map."""
    folder = Path(shutil.copytree(find_bundle("default"), tmp_path / "model"))
    bundle = open_bundle(folder)
    rising = LogisticMap(intercept=-40 * LINE, weights={"score": 40.0})
    one = RelevanceMap(hit=rising, query=rising, query_threshold=0.5, hit_threshold=0.5, max_fitted_photos=1000)
    rows = np.eye(4, bundle.manifest.embedding_dim, dtype=np.float32)
    save_calibration(bundle, Calibration(model=bundle.fingerprint, text=one), rows)
    return folder


@pytest.fixture
def search(run: Run, library: Path, model: Path):
    assert run("index", library, "--model", model).returncode == 0
    return lambda *arguments: run("search", *arguments, "--all-copies", "--in", library, "--model", model)


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
    assert result.stderr == ""
    lines = [line.split("\t") for line in result.stdout.splitlines()]
    assert [len(line) for line in lines] == [4] * len(matching)
    assert float(lines[0][1]) == pytest.approx(ranked[0]["probability"], abs=0.005)
    answer = json.loads(search("a cat", "--json").stdout)
    assert [hit["image_id"] for hit in answer["results"]] == matching
    assert answer["num_results"] == len(matching)


def test_where_nothing_matches_the_three_closest_are_marked_and_the_exit_code_is_3(search, tmp_path: Path) -> None:
    query = "a bank statement"
    assert not any(hit["relevant"] for hit in all_hits(search, query))
    result = search(query, "--grid", tmp_path / "sheet.html")
    assert result.returncode == 3
    lines = [line.split("\t") for line in result.stdout.splitlines()]
    assert [(line[0], line[4]) for line in lines] == [(str(rank), "not a match") for rank in (1, 2, 3)]
    assert result.stderr.startswith("nothing here matches among 7 photos; the 3 closest are shown, --all shows more\n")
    assert f"nothing matches: {query}" in (tmp_path / "sheet.html").read_text()
    answer = search(query, "--json")
    assert answer.returncode == 3
    assert [hit["relevant"] for hit in json.loads(answer.stdout)["results"]] == [False] * 3


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


def test_a_query_without_a_map_has_no_probabilities(search, library: Path) -> None:
    photo = library / "kitchen" / "coffee.png"
    result = search(str(photo), "-k", "2")
    assert result.returncode == 0
    assert [line.split("\t")[1] for line in result.stdout.splitlines()] == ["-", "-"]
    refused = search(str(photo), "--min-probability", "0.5")
    assert refused.returncode == 1
    assert "this query has no probabilities" in refused.stderr


def test_many_queries_are_found_where_one_of_them_is(search, tmp_path: Path) -> None:
    (tmp_path / "queries.txt").write_text("a bank statement\na cat\n")
    result = search("--queries", tmp_path / "queries.txt")
    assert result.returncode == 0
    assert "nothing here matches for 'a bank statement'" in result.stderr
    (tmp_path / "queries.txt").write_text("a bank statement\n")
    assert search("--queries", tmp_path / "queries.txt").returncode == 3
