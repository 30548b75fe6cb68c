"""Calls of the page that are everybody's: the library without a query, the map, favourites, archives."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from rest.served_library import ODD_NAME, PHOTOS, client_of
from twinlens.collection.collection import Collection
from twinlens.collection.showing.map import Projection
from twinlens.collection.showing.maps.groups import MapGroup
from twinlens.rest.settings import Settings

N_PHOTOS = len(PHOTOS) + 2


def ids(answer: object) -> list[str]:
    return [one["image_id"] for one in answer.json()["results"]]  # type: ignore[attr-defined]


def test_the_library_is_paged_without_a_query(client: TestClient) -> None:
    first = client.get("/api/photos", params={"top_k": 4})
    rest = client.get("/api/photos", params={"top_k": 4, "offset": 4})
    assert ids(first)[0] == "turned.jpg", "the newest photo"
    assert len({*ids(first), *ids(rest)}) == N_PHOTOS == first.json()["num_candidates"]
    turned = first.json()["results"][0]
    assert (turned["width"], turned["height"]) == (64, 96)


def test_the_library_comes_in_the_order_asked_for(client: TestClient) -> None:
    def listed(sort: str) -> list[str]:
        return ids(client.get("/api/photos", params={"sort": sort}))

    assert listed("name") == sorted(listed("date"), key=lambda photo: photo.rpartition("/")[2].lower())
    assert listed("date")[:2] == listed("relevance")[:2] == listed("oldest")[:2][::-1], "two photos have dates"
    assert client.get("/api/photos", params={"sort": "best"}).status_code == 422


def test_a_date_filter_tells_how_many_photos_it_cannot_judge(client: TestClient) -> None:
    asked = {"after": "2020", "folder": "."}
    listed = client.get("/api/photos", params=asked).json()
    found = client.post("/api/search/text", json={"query": "red", **asked}).json()
    for answer in (listed, found):
        assert (answer["num_candidates"], answer["num_undated"], answer["num_file_dated"]) == (2, N_PHOTOS - 2, 1)
        sources = {one["image_id"]: one["date_source"] for one in answer["results"]}
        assert sources == {"turned.jpg": "exif", "black.png": "file"}
    whole = client.get("/api/photos").json()
    assert (whole["num_undated"], whole["num_file_dated"]) == (None, None)


def test_the_library_takes_the_filters_of_a_search(client: TestClient) -> None:
    assert ids(client.get("/api/photos", params={"camera": "reflex"})) == ["turned.jpg"]
    assert len(ids(client.get("/api/photos", params={"folder": "beach"}))) == 2
    unknown = client.get("/api/photos", params={"folder": "/etc"})
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "unknown_folder")
    assert client.get("/api/photos", params={"after": "one day"}).status_code == 422


def test_every_filter_is_a_field_and_forms_are_told_which_to_show(client: TestClient) -> None:
    cards = {one["name"]: one["has_input"] for one in client.get("/api/filters").json()["filters"]}
    shown = {"after", "before", "folder", "camera", "favourites", "orientation"}
    assert {name for name, has_input in cards.items() if has_input} == shown
    found = client.get("/api/photos", params={"name": "TURN", "type": "jpg,heic", "width": "<=64", "size": "..1MB"})
    assert ids(found) == ["turned.jpg"]
    asked = {"query": "red", "date": "may 2020", "has": "date", "height": "1..1000"}
    assert ids(client.post("/api/search/text", json=asked)) == ["black.png"]
    refused = client.get("/api/photos", params={"date": "31 June 2021"})
    assert refused.status_code == 422
    assert "date must be a date that exists, got '31 June 2021'" in refused.json()["error"]["message"]


@pytest.mark.parametrize("most", [3, 2000])
def test_the_library_without_a_query_keeps_the_servers_limit(indexed: Path, most: int) -> None:
    with client_of(indexed, Settings(max_top_k=most)) as client:
        described = {
            one["name"]: one["schema"]
            for one in client.get("/openapi.json").json()["paths"]["/api/photos"]["get"]["parameters"]
        }["top_k"]
        assert client.get("/api/photos", params={"top_k": most}).status_code == 200
        over = [
            client.get("/api/photos", params={"top_k": most + 1}),
            client.post("/api/search/text", json={"query": "red", "top_k": most + 1}),
        ]
        unasked = [client.get("/api/photos"), client.post("/api/search/text", json={"query": "red"})]
    assert (described["maximum"], described["default"]) == (most, min(most, 100))
    for answer in over:
        error = answer.json()["error"]
        assert (answer.status_code, error["code"]) == (422, "invalid_request")
        assert str(most) in error["message"]
        assert "--max-top-k" in error["hint"]
    assert [len(ids(answer)) for answer in unasked] == [min(most, N_PHOTOS)] * 2


def test_results_of_a_search_have_shape_and_mark(client: TestClient) -> None:
    found = client.post("/api/search/text", json={"query": "red", "top_k": N_PHOTOS}).json()["results"]
    turned = next(one for one in found if one["image_id"] == "turned.jpg")
    assert (turned["width"], turned["height"], turned["is_favourite"]) == (64, 96, False)
    assert turned["taken_at"] == "2023-06-30T12:00:00"


def test_the_map_has_a_dot_for_every_photo(client: TestClient) -> None:
    drawn = client.get("/api/map").json()
    assert len({len(drawn[name]) for name in ("image_ids", "x", "y", "width", "height", "is_favourite")}) == 1
    assert len(drawn["image_ids"]) == drawn["num_images"] == N_PHOTOS
    assert drawn["space"] == "likeness"
    assert min(drawn["x"]) == min(drawn["y"]) == 0
    assert max(drawn["x"]) == max(drawn["y"]) == 1


def test_the_map_takes_the_filters_and_the_words_of_a_search(client: TestClient) -> None:
    whole = client.get("/api/map").json()
    places = {one: place for one, *place in zip(whole["image_ids"], whole["x"], whole["y"], strict=True)}
    beach = client.get("/api/map", params={"folder": "beach", "query": "name:red"}).json()
    assert (beach["image_ids"], beach["num_images"]) == (["beach/red.png"], 1)
    assert [beach["x"], beach["y"]] == [[one] for one in places["beach/red.png"]]
    none = client.get("/api/map", params={"folder": "beach", "query": "name:green"}).json()
    assert (none["image_ids"], none["num_images"]) == ([], 0)
    assert client.get("/api/map", params={"folder": "/etc"}).status_code == 404


def test_groups_of_the_map_are_named_in_the_language_of_the_reader(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Collection.map

    def named(collection: Collection, **asked: Any) -> Projection:
        group = MapGroup(np.array([2, 0]), 0.5, 0.5, "hot-air balloon")
        return replace(whole(collection, **asked), groups=(group,))

    monkeypatch.setattr(Collection, "map", named)
    drawn = client.get("/api/map", headers={"Accept-Language": "de-CH"}).json()
    (group,) = drawn["groups"]
    assert (drawn["language"], group["label"], group["rows"]) == ("de", "Heißluftballon", [2, 0])
    assert (group["image_id"], group["num_images"]) == (drawn["image_ids"][2], 2)
    french = client.get("/api/map", params={"language": "fr"}, headers={"Accept-Language": "de-CH"}).json()
    assert french["groups"][0]["label"] == "montgolfière"


def test_the_map_shows_marks_as_they_are_now(library: Path) -> None:
    def marked(client: TestClient) -> list[str]:
        drawn = client.get("/api/map").json()
        return [one for one, is_marked in zip(drawn["image_ids"], drawn["is_favourite"], strict=True) if is_marked]

    with client_of(library) as client:
        assert marked(client) == []
        client.post("/api/favourites", json={"image_ids": ["black.png", ODD_NAME]})
        assert sorted(marked(client)) == sorted(["black.png", ODD_NAME])
        client.post("/api/favourites", json={"image_ids": ["black.png"], "is_favourite": False})
        assert marked(client) == [ODD_NAME]


def test_photos_are_counted_by_month_with_and_without_filters(client: TestClient) -> None:
    counted = client.get("/api/months").json()
    assert counted["num_candidates"] == N_PHOTOS
    assert sum(one["images"] for one in counted["months"]) + counted["num_undated"] == N_PHOTOS
    months = [one["month"] for one in counted["months"]]
    assert months == sorted(months, reverse=True)
    assert months[-1] == "2020-05"
    only = client.get("/api/months", params={"camera": "reflex"}).json()
    assert (only["num_candidates"], only["months"]) == (1, [{"month": months[0], "images": 1}])
    assert client.get("/api/months", params={"folder": "/etc"}).status_code == 404


def test_a_day_is_asked_for_in_any_year(client: TestClient) -> None:
    taken = client.get("/api/photos").json()["results"][0]["taken_at"]
    assert "turned.jpg" in ids(client.get("/api/photos", params={"day": taken[5:10]}))
    found = client.post("/api/search/text", json={"query": f"day:{taken[5:10]}"}).json()
    assert "turned.jpg" in [one["image_id"] for one in found["results"]]
    assert ids(client.get("/api/photos", params={"day": "02-31"})) == []
    assert client.get("/api/photos", params={"day": "13-01"}).status_code == 422


def test_what_files_say_is_counted(client: TestClient) -> None:
    assert client.get("/api/facets").json() == {"people": [], "places": [], "keywords": []}


def test_every_list_of_photos_carries_their_captions_and_places(library: Path) -> None:
    with Collection.open(library) as collection, collection.catalog.transaction() as connection:
        (number,) = next(iter(collection.catalog.rows("SELECT id FROM photos WHERE path = 'turned.jpg'")))
        said = [("title", "turned"), ("description", "A phone held upright"), ("place", "Italy|Latium|Rome")]
        connection.executemany("INSERT INTO photo_texts VALUES (?, ?, ?)", [(number, *text) for text in said])
    with client_of(library) as client:
        client.post("/api/albums", json={"name": "all", "image_ids": ["turned.jpg", "black.png", "beach/red.png"]})
        answers = [
            client.get("/api/photos"),
            client.get("/api/photos", params={"camera": "reflex", "sort": "name"}),
            client.post("/api/search/text", json={"query": "green", "top_k": N_PHOTOS}),
            client.post("/api/search/image", json={"image_id": "wood/green.png", "top_k": N_PHOTOS}),
            client.get("/api/albums/photos", params={"name": "all"}),
        ]
        named = client.post("/api/photos", json={"image_ids": ["black.png", "gone.png", "turned.jpg", "black.png"]})
        assert (ids(named), named.json()["num_results"]) == (["black.png", "turned.jpg"], 2)
        answers.append(named)
        assert client.get("/api/photo/turned.jpg").json()["caption"] == "A phone held upright"
        too_many = client.post("/api/photos", json={"image_ids": ["black.png"] * 1001})
        assert (too_many.status_code, too_many.json()["error"]["code"]) == (422, "invalid_request")
        captions = client.post("/api/search/captions", json={"image_id": "wood/green.png"}).json()["results"]
    expected = {
        "turned.jpg": ("A phone held upright", "Italy|Latium|Rome"),
        "black.png": (None, None),
        "beach/red.png": ("a red wall", None),
    }
    for answer in answers:
        told = {one["image_id"]: (one["caption"], one["place"]) for one in answer.json()["results"]}
        assert "turned.jpg" in told
        assert {one: said for one, said in expected.items() if one in told}.items() <= told.items()
    assert "<b>bold</b> red" in [one["caption"] for one in captions], "of a caption search: the caption that was found"
