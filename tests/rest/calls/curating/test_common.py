"""Calls for tags, ratings and albums: all or none, in the photo's details, as filters, and for those who may."""

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from rest.served_library import ODD_NAME, client_of, code

BOTH = ["black.png", ODD_NAME]


def ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [one["image_id"] for one in answer.json()["results"]]


def test_tags_are_given_listed_searched_renamed_and_taken_away(library: Path) -> None:
    with client_of(library) as client:
        tagged = client.post("/api/tags", json={"image_ids": BOTH, "tags": ["Kids", " on  holiday"]})
        assert tagged.json() == {"changed": 2, "tags": ["Kids", "on holiday"]}
        again = client.post("/api/tags", json={"image_ids": BOTH, "tags": ["KIDS"]})
        assert again.json() == {"changed": 0, "tags": ["Kids"]}
        assert client.get("/api/tags").json() == {
            "num_tags": 2,
            "tags": [{"tag": "Kids", "photos": 2}, {"tag": "on holiday", "photos": 2}],
        }
        assert client.get("/api/photo/black.png").json()["tags"] == ["Kids", "on holiday"]
        assert set(ids(client.get("/api/photos", params={"tag": "kids"}))) == set(BOTH)
        client.post("/api/tags", json={"image_ids": [ODD_NAME], "tags": ["kids"], "is_tagged": False})
        found = client.post("/api/search/text", json={"query": "x", "tag": "kids"})
        assert ids(found) == ["black.png"]
        assert found.json()["results"][0]["tags"] == ["Kids", "on holiday"]
        assert client.post("/api/tags/rename", json={"tag": "kids", "name": "on holiday"}).status_code == 422
        merged = client.post("/api/tags/rename", json={"tag": "kids", "name": "on holiday", "merge": True})
        assert merged.json() == {"changed": 1, "tags": ["on holiday"]}
        assert client.get("/api/tags").json()["tags"] == [{"tag": "on holiday", "photos": 2}]
        noted = client.post("/api/search/text", json={"query": "tag:holiday"}).json()
        assert noted["notes"] == ["no photo has the tag “holiday” (did you mean “on holiday”?)"]


def test_ratings_are_given_counted_searched_and_taken_away(library: Path) -> None:
    with client_of(library) as client:
        assert client.post("/api/ratings", json={"image_ids": BOTH, "stars": 4}).json() == {"changed": 2}
        assert client.post("/api/ratings", json={"image_ids": ["black.png"], "stars": 5}).json() == {"changed": 1}
        assert client.get("/api/ratings").json() == {
            "num_rated": 2,
            "ratings": [{"stars": 5, "photos": 1}, {"stars": 4, "photos": 1}],
        }
        assert ids(client.get("/api/photos", params={"rating": "5"})) == ["black.png"]
        found = client.post("/api/search/text", json={"query": "rating>=4"}).json()["results"]
        assert {one["image_id"]: one["rating"] for one in found} == {"black.png": 5, ODD_NAME: 4}
        client.post("/api/ratings", json={"image_ids": BOTH, "stars": 0})
        assert client.get("/api/photo/black.png").json()["rating"] is None


def test_albums_are_made_opened_ordered_renamed_and_deleted(library: Path) -> None:
    with client_of(library) as client:
        put = client.post("/api/albums", json={"name": "Best of", "image_ids": BOTH[::-1]})
        assert put.json() == {"changed": 2, "name": "Best of"}
        again = client.post("/api/albums", json={"name": "BEST OF", "image_ids": BOTH})
        assert again.json() == {"changed": 0, "name": "Best of"}
        saved = client.post("/api/albums/saved", json={"name": "Reds", "query": "folder:beach"})
        assert saved.json() == {"name": "Reds", "query": "folder:beach", "photos": None}
        assert client.get("/api/albums").json() == {
            "num_albums": 2,
            "albums": [{"name": "Best of", "query": None, "photos": 2}, saved.json()],
        }
        assert ids(client.get("/api/albums/photos", params={"name": "best OF"})) == BOTH[::-1]
        client.post("/api/albums/order", json={"name": "best of", "image_ids": ["black.png"]})
        assert ids(client.get("/api/albums/photos", params={"name": "best of", "top_k": 1})) == ["black.png"]
        assert ids(client.get("/api/albums/photos", params={"name": "best of", "offset": 1})) == [ODD_NAME]
        live = ids(client.get("/api/albums/photos", params={"name": "reds"}))
        assert live == ids(client.get("/api/photos", params={"album": "reds"}))
        assert all(one.startswith("beach/") for one in live)
        assert client.get("/api/photo/black.png").json()["albums"] == ["Best of"]
        assert client.post("/api/albums/rename", json={"name": "best of", "new_name": "Top"}).json()["name"] == "Top"
        client.post("/api/albums", json={"name": "Top", "image_ids": [ODD_NAME], "is_in": False})
        assert client.delete("/api/albums", params={"name": "top"}).json()["photos"] == 1
        assert client.get("/api/albums").json()["num_albums"] == 1


def test_captions_are_given_changed_found_and_taken_away(library: Path) -> None:
    with client_of(library) as client:
        body = {"image_id": "black.png", "caption": "the cellar"}
        told = {"image_id": "black.png", "captions": ["the cellar"], "caption": "the cellar"}
        assert client.post("/api/captions", json=body).json() == told
        changed = {**body, "caption": "a dark cellar", "instead_of": "the cellar"}
        assert client.post("/api/captions", json=changed).json()["captions"] == ["a dark cellar"]
        assert client.get("/api/photo/black.png").json()["captions"] == ["a dark cellar"]
        assert ids(client.post("/api/search/text", json={"query": "caption:cellar"}))[0] == "black.png"
        gone = {**body, "caption": "a dark cellar", "is_there": False}
        assert client.post("/api/captions", json=gone).json()["captions"] == []
        assert code(client.post("/api/captions", json={**body, "caption": " "})) == "invalid_query"
        assert code(client.post("/api/captions", json={**body, "image_id": "../x.png"})) == "unknown_image"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/tags", {"tags": ["kids"]}),
        ("/api/ratings", {"stars": 3}),
        ("/api/albums", {"name": "new"}),
    ],
)
def test_an_unknown_photo_gets_nothing_and_so_do_the_others(library: Path, path: str, body: dict[str, Any]) -> None:
    with client_of(library) as client:
        for bad in ("../secret.png", str(library / "black.png")):
            answer = client.post(path, json={**body, "image_ids": ["black.png", bad]})
            assert (answer.status_code, code(answer)) == (404, "unknown_image")
        assert not any(isinstance(value, list) and value for value in client.get(path).json().values())


@pytest.mark.parametrize(
    ("path", "body", "wanted"),
    [
        ("/api/tags", {"tags": [" "], "image_ids": ["black.png"]}, "invalid_query"),
        ("/api/tags", {"tags": ["x" * 101], "image_ids": ["black.png"]}, "invalid_query"),
        ("/api/tags", {"tags": [], "image_ids": ["black.png"]}, "invalid_request"),
        ("/api/tags", {"tags": ["x"] * 21, "image_ids": ["black.png"]}, "invalid_request"),
        ("/api/tags/rename", {"tag": "none", "name": "x"}, "invalid_query"),
        ("/api/ratings", {"stars": 6, "image_ids": ["black.png"]}, "invalid_request"),
        ("/api/ratings", {"stars": "5", "image_ids": ["black.png"]}, "invalid_request"),
        ("/api/albums/saved", {"name": "x", "query": "rating:much"}, "invalid_query"),
        ("/api/albums/saved", {"name": "x", "query": "album:x"}, "invalid_query"),
        ("/api/albums/saved", {"name": "x", "query": "dog " * 300}, "invalid_request"),
        ("/api/albums/saved", {"name": "x", "query": "folder:/etc"}, "unknown_folder"),
        ("/api/albums/rename", {"name": "none", "new_name": "x"}, "unknown_album"),
        ("/api/albums/order", {"name": "none", "image_ids": ["black.png"]}, "unknown_album"),
        ("/api/albums", {"name": "none", "image_ids": ["black.png"], "is_in": False}, "unknown_album"),
    ],
)
def test_what_cannot_be_is_told(client: TestClient, path: str, body: dict[str, Any], wanted: str) -> None:
    answer = client.post(path, json=body)
    assert code(answer) == wanted, answer.text
    assert "twinlens" not in answer.json()["error"]["message"], "a command, which is no means of those who call"
    assert not client.get("/api/albums").json()["albums"]


def test_a_stranger_saves_words_and_learns_nothing_of_files(library: Path) -> None:
    with client_of(library) as client:
        for query in ("/etc/hosts.jpg", f"{library}/black.png", "http://127.0.0.1/x.jpg"):
            answer = client.post("/api/albums/saved", json={"name": "x", "query": query})
            assert answer.json() == {"name": "x", "query": query, "photos": None}
            assert client.get("/api/albums/photos", params={"name": "x"}).status_code == 200
        assert code(client.get("/api/albums/photos", params={"name": "y"})) == "unknown_album"
