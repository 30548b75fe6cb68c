"""Emoji, unknown words and typos: all interfaces tell the same of them."""

import json
import re
from pathlib import Path

import pytest

from e2e.conftest import Run
from rest.served_library import client_of, draw
from small_words import default_model_with_words
from twinlens.api.library import Collection
from twinlens.apps.libraries.library import SearchOptions
from twinlens.apps.libraries.served.served_library import ServedLibrary
from twinlens.cli.commands import search
from twinlens.model.bundle import open_bundle
from twinlens.model.load import DEFAULT_BUNDLE

TOLD = ("understood", "read_as", "unknown_words", "did_you_mean", "no_word_known")


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    default_model_with_words(tmp_path / "bundle", monkeypatch)
    root = tmp_path / "photos"
    draw(root / "red.png", (200, 30, 30))
    draw(root / "green.png", (30, 180, 40))
    with Collection.open(root) as collection:
        collection.index()
    return root


@pytest.mark.parametrize("query", ["a giraff on the grass", "🐶 on the beach", "qwrtzx", "dog", "dog - bananna"])
def test_command_server_and_app_tell_what_python_tells(run_here: Run, library: Path, query: str) -> None:
    with Collection.open(library) as collection:
        wanted = collection.answer(query)
    told = json.loads(run_here("search", query, "--in", library, "--json").stdout)
    assert {name: told[name] for name in TOLD} == {name: wanted.to_json()[name] for name in TOLD}
    with client_of(library) as client:
        served = client.post("/api/search/text", json={"query": query}).json()
        app = ServedLibrary(_Client(client)).by_words(query, SearchOptions())
    assert {name: served[name] for name in TOLD} == {name: told[name] for name in TOLD}
    assert app.wording == wanted.wording


def test_the_command_line_says_it_in_a_line(run_here: Run, library: Path) -> None:
    found = run_here("search", "a giraff on the grass", "--in", library, "--all")
    assert "unknown word: “giraff”; did you mean: a giraffe on the grass" in found.stderr
    found = run_here("search", "🐶", "--in", library, "--all")
    assert "the query was read as “dog face”" in found.stderr
    assert "unknown" not in run_here("search", "the dog", "--in", library, "--all").stderr


def test_where_no_word_is_known_the_photos_are_not_blamed(run_here: Run, library: Path) -> None:
    found = run_here("search", "qwrtzx", "--in", library, "--min-probability", 1)
    assert found.returncode == 3
    assert "no word of this query is known: “qwrtzx”; the closest:" in found.stderr
    assert "no sure match" not in found.stderr


def test_of_several_queries_it_is_told_which_one_is_meant(run_here: Run, library: Path, tmp_path: Path) -> None:
    (tmp_path / "queries.txt").write_text("🐶\n???\n", encoding="utf-8")
    told = run_here("search", "--queries", tmp_path / "queries.txt", "--in", library).stderr
    assert "🐶: the query was read as “dog face”" in told
    assert "???: there is no word in this query; the closest:" in told


def test_the_languages_of_a_model_are_told(run_here: Run, library: Path) -> None:
    assert '["en", "de"]' in run_here("models", "info", "default").stdout
    assert "understands en, de, tells unknown words" in run_here("doctor", "--in", library).stdout
    with client_of(library) as client:
        assert client.get("/api/stats").json()["languages"] == ["en", "de"]
        card = client.get("/api/model").json()
        assert (card["languages"], card["knows_words"]) == (["en", "de"], True)


def test_the_help_names_the_languages_of_the_embedded_model() -> None:
    names = "Arabic Czech German English Spanish French Hindi Italian Japanese Korean Dutch Polish Portuguese Russian"
    codes = "ar cs de en es fr hi it ja ko nl pl pt ru tr uk vi zh".split()
    told = dict(zip(codes, [*names.split(), "Turkish", "Ukrainian", "Vietnamese", "Chinese"], strict=True))
    reads = re.search(r"The embedded model reads ([^;]*);", " ".join(str(search.run.__doc__).split()))
    languages = open_bundle(DEFAULT_BUNDLE).manifest.text.languages
    assert reads
    assert re.split(", | and ", reads[1]) == sorted(told[code] for code in languages)


class _Client:
    """The part of a ``RestClient`` that a search by words needs."""

    url = "http://localhost"

    def __init__(self, client: object) -> None:
        self._client = client

    def post(self, path: str, body: dict[str, object]) -> dict[str, object]:
        return dict(self._client.post(path, json=body).json())
