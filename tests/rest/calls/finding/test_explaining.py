"""The call that shows where in a photo a text matches."""

import asyncio
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from starlette.testclient import TestClient

from conftest import COLOURS, ColourEncoder
from rest.engine.drawn_engine import engine_of
from rest.served_library import client_of, code
from twinlens.api.explanation import explain
from twinlens.api.library import Collection, photo_file
from twinlens.api.searching import Query
from twinlens.rest.failures import RequestFailure
from twinlens.rest.settings import Settings

BODY = {"query": "red", "image_id": "spots.png"}


@pytest.fixture
def spots(tmp_path: Path) -> Path:
    """A photo with a red spot at the upper left and a blue one at the lower right; another of one colour."""
    photo = Image.new("RGB", (280, 140), (128, 128, 128))
    photo.paste(COLOURS["red"], (40, 20, 80, 40))
    photo.paste(COLOURS["blue"], (200, 100, 240, 120))
    (tmp_path / "photos").mkdir()
    photo.save(tmp_path / "photos" / "spots.png")
    Image.new("RGB", (60, 40), COLOURS["green"]).save(tmp_path / "photos" / "green.png")
    return tmp_path / "photos"


@pytest.fixture
def colours(spots: Path) -> Iterator[TestClient]:
    """A client of a model without a grid."""
    collection = Collection.create([spots], model=ColourEncoder())
    collection.index()
    with client_of(collection, Settings(requests_per_minute=52)) as client:
        yield client


def test_the_map_shows_where_the_words_match_and_how_well_the_photo_fits(colours: TestClient) -> None:
    answer = colours.post("/api/explain", json=BODY)
    assert answer.status_code == 200
    told = answer.json()
    assert (told["query"], told["understood"], told["image_id"]) == ("red", "“red”", "spots.png")
    assert (told["map_kind"], len(told["map"]), len(told["map"][0])) == ("occlusion", 7, 7)
    assert told["map"][1][1] == max(max(row) for row in told["map"]) == 1
    assert 40 / 280 < told["peak"][0] < 80 / 280
    assert 20 / 140 < told["peak"][1] < 40 / 140
    assert told["seen_box"] == [0, 0, 1, 1]


def test_the_map_is_that_of_the_command_line_and_the_grade_that_of_a_search(client: TestClient, indexed: Path) -> None:
    told = client.post("/api/explain", json={"query": "a red wall", "image_id": "beach/red.png"}).json()
    encoder = client.app.state.engine.collection.encoder  # type: ignore[attr-defined]
    mapped = explain(indexed / "beach" / "red.png", "a red wall", model=encoder).to_json()
    found = client.post("/api/search/text", json={"query": "a red wall"}).json()["results"]
    graded = next(one for one in found if one["image_id"] == "beach/red.png")
    assert told["map_kind"] == "grid"
    assert graded["probability"] is not None
    for same, names in ((mapped, ("map", "peak", "seen_box")), (graded, ("score", "probability", "grade"))):
        assert {name: told[name] for name in names} == {name: same[name] for name in names}


def test_a_picture_comes_to_those_who_want_one(colours: TestClient) -> None:
    answer = colours.post("/api/explain", json=BODY, headers={"Accept": "image/png"})
    assert answer.headers["content-type"] == "image/png"
    with Image.open(io.BytesIO(answer.content)) as picture:
        assert picture.size == (280, 140)
        assert picture.getpixel((60, 30))[0] > 150  # type: ignore[index]
        assert max(picture.getpixel((220, 110))) < 60  # type: ignore[arg-type]
        assert "occlusion" in picture.info["Description"]


def test_a_photo_that_is_unknown_or_gone_is_named_as_by_other_calls(colours: TestClient, spots: Path) -> None:
    unknown = colours.post("/api/explain", json={**BODY, "image_id": "../spots.png"})
    assert (unknown.status_code, code(unknown)) == (404, "unknown_image")
    (spots / "green.png").unlink()
    gone = colours.post("/api/explain", json={**BODY, "image_id": "green.png"})
    assert (gone.status_code, code(gone)) == (410, "photo_gone")


@pytest.mark.parametrize(
    "body", [{**BODY, "query": " "}, {"query": "red"}, {**BODY, "file": "x"}, {**BODY, "query": "a" * 1001}]
)
def test_a_body_that_asks_for_nothing_is_refused(colours: TestClient, body: dict[str, str]) -> None:
    assert colours.post("/api/explain", json=body).status_code == 422


def test_a_map_by_occlusion_costs_as_much_as_so_many_uploads(colours: TestClient) -> None:
    answers = [colours.post("/api/explain", json=BODY) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 429]  # fifty of a minute's fifty-two
    assert code(answers[1]) == "too_many_requests"


def test_one_is_made_at_a_time_and_those_who_wait_too_long_are_told(spots: Path) -> None:
    async def check() -> None:
        engine = engine_of(spots, ColourEncoder())
        engine._explain_turns._patience_s = 0.01
        file = photo_file(engine.collection.photo("spots.png"))  # type: ignore[arg-type]
        async with engine._explain_turns.turn("another"):
            with pytest.raises(RequestFailure, match="too many explanations") as refused:
                await engine.explained(file, Query(()), 0.0)
        assert refused.value.code == "too_busy"
        await engine.stop()

    asyncio.run(check())
