"""The map of places: clusters of the photos that are asked for."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from rest.served_library import client_of
from twinlens.collection.collection import Collection

POSITIONS = {
    "beach/red.png": (48.8566, 2.3522),
    "beach/sea & sand.png": (48.86, 2.33),
    "wood/green.png": (43.77, 11.25),
    "turned.jpg": (-18.1, 179.9),
    "phone.heic": (-18.1, -179.9),
}


@pytest.fixture
def placed(library: Path) -> Iterator[TestClient]:
    """A client of the library, of which five photos have a position."""
    rows = [(*position, path) for path, position in POSITIONS.items()]
    with Collection.open(library) as collection, collection.catalog.writing(), collection.catalog.transaction() as sql:
        sql.executemany("UPDATE photos SET latitude = ?, longitude = ? WHERE path = ?", rows)
    with client_of(library) as client:
        yield client


def places(client: TestClient, **parameters: object) -> Any:
    return client.get("/api/places/map", params=parameters).json()


def test_photos_of_a_place_are_one_cluster_until_the_map_is_close(placed: TestClient) -> None:
    whole = places(placed)
    assert (whole["num_images"], whole["num_placed"]) == (7, 5)
    assert whole["extent"] == "2.33,-18.1,-179.9,48.86", "the widest gap is on the other side of the Earth"
    assert sorted(one["num_images"] for one in whole["clusters"]) == [2, 3]
    assert whole["towns"] == []

    def seen(box: str, zoom: float) -> list[tuple[int, str]]:
        return [(one["num_images"], one["place"]) for one in places(placed, box=box, zoom=zoom)["clusters"]]

    assert seen("-5,40,20,55", 6) == [(2, "Paris, France"), (1, "Florence, Italy")]
    assert seen("2,48,3,49", 14) == [(1, "Paris, France")] * 2
    assert [count for count, _ in seen("175,-30,-175,-10", 7)] == [2], "over the 180th meridian"
    assert seen("-90,0,-80,10", 6) == []


def test_a_cluster_tells_the_area_that_finds_its_photos(placed: TestClient) -> None:
    for cluster in places(placed)["clusters"] + places(placed, zoom=7)["clusters"]:
        found = placed.get("/api/photos", params={"within": cluster["within"]}).json()
        assert found["num_candidates"] == cluster["num_images"]
        assert cluster["image_id"] in [one["image_id"] for one in found["results"]]


def test_the_map_shows_what_is_asked_for(placed: TestClient) -> None:
    assert places(placed, folder="beach")["num_placed"] == 2
    assert places(placed, within="11,43,12,44")["num_placed"] == 1
    assert places(placed, query="folder:wood")["num_placed"] == 1
    matching = placed.post("/api/search/text", json={"query": "a red wall", "top_k": 50}).json()
    assert places(placed, query="a red wall")["num_images"] == matching["num_matches"]
    refused = placed.get("/api/places/map", params={"query": "date:2023-13"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "invalid_query")


def test_towns_are_named_that_do_not_cover_each_other(placed: TestClient) -> None:
    names = [town["name"] for town in places(placed, box="5,42,15,49", zoom=6)["towns"]]
    assert {"Milan", "Munich"} <= set(names)
    assert len(names) <= 40
    assert len(places(placed, box="11,43.6,11.5,44", zoom=10)["towns"]) >= 3


def test_a_photo_that_leaves_the_library_leaves_the_map(placed: TestClient, library: Path) -> None:
    assert places(placed)["num_placed"] == 5
    (library / "turned.jpg").unlink()
    with Collection.open(library) as collection:
        collection.index()
    assert places(placed)["num_placed"] == 4


@pytest.mark.parametrize(
    "wrong", [{"box": "1,2,3"}, {"box": "0,0,0,91"}, {"zoom": "-1"}, {"zoom": "23"}, {"within": "x"}]
)
def test_what_is_no_map_is_refused(client: TestClient, wrong: dict[str, str]) -> None:
    (name,) = wrong
    answer = client.get("/api/places/map", params=wrong)
    assert answer.status_code == 422
    assert name in str(answer.json()["error"])


def test_without_a_place_there_is_no_extent(client: TestClient) -> None:
    whole = places(client)
    assert (whole["num_placed"], whole["extent"], whole["clusters"]) == (0, None, [])
