"""``twinlens models benchmark`` and ``recommend`` on a small library with the embedded model."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

import twinlens
from twinlens.cli.main import app


@pytest.fixture
def library(make_photo: Callable[..., Path]) -> Path:
    for place, colour in enumerate(("red", "green", "blue")):
        make_photo(f"{colour}.png", colour, seed=place)
    folder = make_photo("white.png", "white").parent
    with twinlens.Collection.create(folder) as collection:
        collection.index()
    return folder


def test_a_benchmark_measures_photos_queries_and_memory(library: Path) -> None:
    answer = CliRunner().invoke(app, ["models", "benchmark", "--in", str(library), "--json"])
    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.stdout)
    assert told["photos"] == 4
    assert min(told["tower_photos_per_s"], told["photos_per_s"], told["query_ms"], told["cores"]) > 0
    assert told["memory_bytes"] is None or told["memory_bytes"] > 50_000_000


def test_a_recommendation_gives_one_model_its_reasons_and_what_speaks_against_others(library: Path) -> None:
    answer = CliRunner().invoke(app, ["models", "recommend", "--in", str(library), "--language", "ja", "--json"])
    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.stdout)
    others = {one["model"]: one for one in told["others"]}
    assert told["reasons"]
    assert others["clip-b32"]["against"] == ["it is not known to understand ja"]
    here = told if told["model"] == "default" else others["default"]
    assert here["is_measured"]
    assert [one["model"] for one in (told, *told["others"]) if one["is_used"]] == ["default"]
    assert here["seconds"] > 0


def test_people_are_told_how_to_get_the_model(library: Path) -> None:
    answer = CliRunner().invoke(app, ["models", "recommend", "--in", str(library)])
    assert answer.exit_code == 0, answer.output
    assert re.search(r"(get it: twinlens models pull \S+|this collection is indexed with it)$", answer.stderr, re.M)


def test_a_place_without_a_collection_is_refused_in_one_line(tmp_path: Path) -> None:
    answer = CliRunner().invoke(app, ["models", "recommend", "--in", str(tmp_path)])
    assert answer.exit_code == 1
    assert "there is no collection" in answer.stderr


def test_a_sample_is_spread_over_the_collection_and_never_larger_than_it(library: Path) -> None:
    with twinlens.Collection.open(library) as collection:
        assert [file.name for file in collection.sample_files(2)] == ["blue.png", "red.png"]
        assert len(collection.sample_files(64)) == 4
        assert all(file.is_file() for file in collection.sample_files(64))
