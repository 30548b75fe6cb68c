"""``twinlens tag``, ``rate`` and ``albums``: photos by path, id, query or stdin; all or none."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from contracts.command import CommandContract
from e2e.conftest import Run
from twinlens.api.library import Collection
from twinlens.cli.commands.curating import favourite, rate
from twinlens.cli.main import app

CAT, COFFEE, ROCKET = "pets/cat.png", "kitchen/coffee.png", "space/rocket.jpg"


class TestRate(CommandContract):
    name, command = "rate", rate

    @pytest.fixture
    def right(self, indexed: Path) -> list[str]:
        return ["5", str(indexed / CAT), "--in", str(indexed)]

    @pytest.fixture
    def wrong(self, indexed: Path) -> list[str]:
        return ["5", str(indexed / CAT), "gone.png", "--in", str(indexed)]


class TestFavourite(CommandContract):
    name, command = "favourite", favourite

    @pytest.fixture
    def right(self, indexed: Path) -> list[str]:
        return [str(indexed / CAT), "--in", str(indexed)]

    @pytest.fixture
    def wrong(self, indexed: Path) -> list[str]:
        return [str(indexed / CAT), "gone.png", "--in", str(indexed)]


@pytest.fixture
def told(run_here: Run, indexed: Path) -> Any:
    """Runs a command on the library and returns its JSON."""

    def run(*arguments: object) -> Any:
        done = run_here(*arguments, "--in", indexed, "--json")
        assert done.returncode in (0, 3), done.stderr
        return json.loads(done.stdout)

    return run


def test_the_details_and_the_list_of_a_photo_have_what_it_was_given(indexed: Path, told: Any) -> None:
    told("tag", "add", "kids", CAT)
    told("rate", "3", CAT)
    told("albums", "add", "Best", CAT)
    with Collection.open(indexed) as collection:
        card = collection.photo(CAT)
        assert card is not None
        assert (card.tags, card.rating, card.albums) == (("kids",), 3, ("Best",))
        [row] = csv.DictReader(io.StringIO(collection.list_photos([CAT])))
        assert (row["rating"], row["tags"]) == ("3", "kids")


def rows_of(table: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(table.read_text("utf-8"))))


def test_a_tag_is_given_by_path_id_or_query_and_taken_away(run_here: Run, indexed: Path, told: Any) -> None:
    done = run_here("tag", "add", "On holiday", indexed / CAT, COFFEE, "--in", indexed)
    assert (done.returncode, done.stdout) == (0, "tagged 2 photos\n")
    done = run_here("tag", "add", "on HOLIDAY", "--query", "folder:pets OR folder:space", "--in", indexed)
    assert done.stdout == "tagged 1 photo; 1 had the tag already\n"
    assert run_here("tag", "list", "--in", indexed).stdout == "On holiday\t3\n"
    assert told("tag", "list", CAT) == {"tags": [{"tag": "On holiday"}]}
    [hit] = told("search", "tag:'on holiday' folder:pets".replace("'", '"'))["results"]
    assert (hit["tags"], hit["rating"]) == (["On holiday"], None)
    assert told("tag", "rename", "on holiday", "trip")["changed"] == 3
    assert told("tag", "remove", "trip", CAT, ROCKET) == {"tag": "trip", "photos": 2, "changed": 2}
    assert told("tag", "list") == {"tags": [{"tag": "trip", "photos": 1}]}


def test_nothing_is_given_if_one_photo_is_unknown(run_here: Run, indexed: Path, told: Any) -> None:
    for command in (["tag", "add", "x"], ["rate", "3"], ["albums", "add", "x"]):
        done = run_here(*command, CAT, "gone.png", "--in", indexed)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == "error: no indexed photo has the path or id 'gone.png'; nothing was changed\n"
    assert (told("tag", "list"), told("albums", "list")) == ({"tags": []}, {"albums": []})


@pytest.mark.parametrize("command", [["tag", "add", "x"], ["rate", "3"], ["albums", "add", "x"]])
def test_photos_are_named_in_exactly_one_way(run_here: Run, indexed: Path, command: list[str]) -> None:
    for photos in ([], [CAT, "--query", "x"], ["-0", "--query", "x"]):
        done = run_here(*command, *photos, "--in", indexed)
        assert done.returncode == 2
        assert "exactly one of these" in " ".join(done.stderr.split())


def test_what_a_search_prints_can_be_piped(indexed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(indexed)
    found = CliRunner().invoke(app, ["search", "folder:people", "-0"])
    for command in (["rate", "4"], ["tag", "add", "friends"], ["albums", "add", "People"]):
        done = CliRunner().invoke(app, [*command, "-0"], input=found.stdout_bytes)
        assert (done.exit_code, done.stderr) == (0, ""), done.output
    nothing = CliRunner().invoke(app, ["rate", "4", "-0"], input=b"")
    assert (nothing.exit_code, nothing.stdout) == (3, "")
    rated = json.loads(CliRunner().invoke(app, ["search", "rating:4 tag:friends album:people", "--json"]).stdout)
    assert rated["num_results"] == 2


def test_ratings_are_changed_and_taken_away(run_here: Run, indexed: Path, told: Any) -> None:
    assert told("rate", "4", CAT, COFFEE) == {"stars": 4, "photos": 2, "changed": 2}
    assert run_here("rate", "5", CAT, "--in", indexed).stdout == "rated 1 photo\n"
    assert [hit["rating"] for hit in told("search", "rating>=5")["results"]] == [5]
    done = run_here("rate", "0", CAT, ROCKET, "--in", indexed)
    assert done.stdout == "took the rating from 1 photo; 1 had none\n"
    assert run_here("rate", "6", CAT, "--in", indexed).returncode == 2


def test_an_album_by_hand_is_shown_in_its_order_and_exported(run_here: Run, indexed: Path, told: Any) -> None:
    told("albums", "add", "Best of", ROCKET, CAT)
    told("albums", "add", "best of", COFFEE, CAT)
    told("albums", "order", "Best of", COFFEE)
    shown = told("albums", "show", "BEST OF", "-k", "2")["results"]
    assert [(hit["rank"], hit["image_id"]) for hit in shown] == [(1, COFFEE), (2, ROCKET)]
    table = indexed.parent / "best.csv"
    done = run_here("albums", "show", "Best of", "-0", "--export", table, "--in", indexed)
    assert [Path(one).name for one in done.stdout.split("\0")] == ["coffee.png", "rocket.jpg", "cat.png", ""]
    assert [row["image_id"] for row in rows_of(table)] == [COFFEE, ROCKET, CAT]
    assert run_here("albums", "list", "--in", indexed).stdout == "Best of\t3 photos\n"
    told("albums", "remove", "best of", CAT)
    assert told("albums", "rename", "best of", "Top")["photos"] == 2
    gone = told("albums", "delete", "top")
    assert gone == {"name": "Top", "query": None, "photos": 2, "image_ids": [COFFEE, ROCKET]}
    assert told("albums", "add", gone["name"], *gone["image_ids"])["changed"] == 2


def test_a_live_album_is_saved_shown_and_changed(run_here: Run, indexed: Path, told: Any) -> None:
    told("rate", "4", CAT, ROCKET)
    assert run_here("albums", "save", "Good", "rating>=4", "--in", indexed).stdout == "saved Good: 2 photos now\n"
    told("rate", "5", COFFEE)
    assert {hit["image_id"] for hit in told("albums", "show", "good")["results"]} == {CAT, ROCKET, COFFEE}
    assert told("albums", "save", "good", "rating:5")["photos_now"] == 1
    assert run_here("albums", "list", "--in", indexed).stdout == "Good\tlive: rating:5\n"
    told("rate", "0", COFFEE)
    done = run_here("albums", "show", "good", "--in", indexed)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == "there is nothing in the album 'Good': its search 'rating:5' finds no photo\n"
    done = run_here("albums", "show", "god", "--in", indexed)
    assert (done.returncode, done.stderr) == (1, "error: there is no album 'god'; did you mean 'Good'?\n")


def test_an_export_has_tags_and_rating(run_here: Run, indexed: Path, told: Any) -> None:
    told("tag", "add", "kids", CAT)
    told("tag", "add", "=1+1", CAT)
    told("rate", "3", CAT)
    run_here("search", "rating:3", "--export", indexed.parent / "hits.csv", "--in", indexed)
    [row] = rows_of(indexed.parent / "hits.csv")
    assert (row["image_id"], row["rating"], row["tags"]) == (CAT, "3", "'=1+1; kids")


def test_captions_are_given_replaced_listed_and_taken_away(run_here: Run, indexed: Path, told: Any) -> None:
    assert told("caption", CAT, "--add", "our cat")["captions"] == ["our cat"]
    assert told("caption", indexed / CAT, "--add", "Tom", "--instead-of", "our cat")["captions"] == ["Tom"]
    assert run_here("caption", CAT, "--own", "--in", indexed).stdout == "Tom\n"
    assert told("caption", CAT, "--remove", "Tom")["captions"] == []
    nothing = run_here("caption", CAT, "--own", "--in", indexed)
    assert (nothing.returncode, nothing.stdout, nothing.stderr) == (3, "", "the photo has no captions\n")
    unknown = run_here("caption", "gone.png", "--add", "x", "--in", indexed)
    assert (unknown.returncode, unknown.stdout) == (1, "")
    for wrong in (["--instead-of", "x"], ["--add", "x", "--remove", "y"], ["--add", "x", "--built-in"]):
        assert run_here("caption", CAT, *wrong, "--in", indexed).returncode == 2
