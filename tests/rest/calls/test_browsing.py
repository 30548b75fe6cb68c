"""Calls of the page that are everybody's: the library without a query, the map, favourites, archives."""

import csv
import io
import sqlite3
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from rest.served_library import ODD_NAME, PHOTOS, client_of
from twinlens.rest.settings import Settings

N_PHOTOS = len(PHOTOS) + 2


def ids(answer: object) -> list[str]:
    return [one["image_id"] for one in answer.json()["results"]]  # type: ignore[attr-defined]


def test_the_library_is_paged_without_a_query(client: TestClient) -> None:
    first = client.get("/api/photos", params={"top_k": 4})
    rest = client.get("/api/photos", params={"top_k": 4, "offset": 4})
    assert ids(first)[0] == "turned.jpg", "the only dated photo"
    assert len({*ids(first), *ids(rest)}) == N_PHOTOS == first.json()["num_candidates"]
    turned = first.json()["results"][0]
    assert (turned["width"], turned["height"]) == (64, 96)


def test_the_library_takes_the_filters_of_a_search(client: TestClient) -> None:
    assert ids(client.get("/api/photos", params={"camera": "reflex"})) == ["turned.jpg"]
    assert len(ids(client.get("/api/photos", params={"folder": "beach"}))) == 2
    unknown = client.get("/api/photos", params={"folder": "/etc"})
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "unknown_folder")
    assert client.get("/api/photos", params={"after": "yesterday"}).status_code == 422


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
    assert min(drawn["x"]) == min(drawn["y"]) == 0
    assert max(drawn["x"]) == max(drawn["y"]) == 1


def test_favourites_are_marked_filtered_and_taken_away(library: Path) -> None:
    with client_of(library) as client:
        marked = client.post("/api/favourites", json={"image_ids": ["black.png", ODD_NAME]})
        assert marked.json() == {"changed": 2, "num_favourites": 2}
        assert set(client.get("/api/favourites").json()["image_ids"]) == {"black.png", ODD_NAME}
        assert client.get("/api/photo/black.png").json()["is_favourite"]
        assert len(ids(client.post("/api/search/text", json={"query": "x", "favourites": True}))) == 2
        assert len(ids(client.get("/api/photos", params={"favourites": True}))) == 2
        form = {"file": ("x.png", (library / "black.png").read_bytes())}
        found = client.post("/api/search/image", files=form, data={"favourites": "true"})
        assert len(ids(found)) == 2
        client.post("/api/favourites", json={"image_ids": [ODD_NAME], "is_favourite": False})
        assert client.get("/api/favourites").json()["image_ids"] == ["black.png"]


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


def test_marks_that_wait_for_another_program_hold_up_no_search(library: Path) -> None:
    other = sqlite3.connect(library / ".twinlens" / "catalog.sqlite", isolation_level=None)
    with client_of(library) as client, ThreadPoolExecutor(9) as callers:
        other.execute("BEGIN IMMEDIATE")
        try:
            marks = [
                callers.submit(client.post, "/api/favourites", json={"image_ids": [image_id]})
                for image_id in ("black.png", ODD_NAME, "beach/red.png", "turned.jpg", "phone.heic")
            ]
            time.sleep(0.5)
            asked = [
                callers.submit(client.post, "/api/search/text", json={"query": "a dog"}),
                callers.submit(client.get, "/health"),
                callers.submit(client.get, "/api/favourites"),
                callers.submit(client.get, "/metrics"),
            ]
            assert [one.result(timeout=10).status_code for one in asked] == [200] * 4
            assert not any(mark.done() for mark in marks)
        finally:
            other.execute("ROLLBACK")
            other.close()
        assert [mark.result().json()["changed"] for mark in marks] == [1] * 5
        assert client.get("/api/favourites").json()["num_favourites"] == 5


def test_an_unknown_photo_is_not_marked(client: TestClient) -> None:
    answer = client.post("/api/favourites", json={"image_ids": ["../secret.png"]})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "unknown_image")


@pytest.mark.parametrize("path", ["/api/favourites", "/api/archive", "/api/archive/list"])
@pytest.mark.parametrize("body", [{}, {"image_ids": []}, {"image_ids": [""]}, {"image_ids": "x"}, {"ids": ["x"]}])
def test_bodies_that_name_no_photo_are_refused(client: TestClient, path: str, body: object) -> None:
    assert client.post(path, json=body).status_code == 422


def test_an_archive_holds_the_files(client: TestClient, indexed: Path) -> None:
    answer = client.post("/api/archive", json={"image_ids": ["beach/red.png", ODD_NAME]})
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"] == 'attachment; filename="photos.zip"'
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.read("beach/red.png") == (indexed / "beach" / "red.png").read_bytes()
    assert archive.namelist() == ["beach/red.png", ODD_NAME]


def test_a_list_has_what_is_known(client: TestClient) -> None:
    answer = client.post("/api/archive/list", json={"image_ids": ["beach/red.png", "turned.jpg"]})
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert rows[0]["captions"] == "a red wall | <b>bold</b> red"
    assert rows[1]["camera"] == "Twin Reflex"
    assert answer.headers["content-type"].startswith("text/csv")


def test_files_of_the_page_are_asked_about_each_time(client: TestClient) -> None:
    answer = client.get("/static/js/main.js")
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["content-type"].startswith("text/javascript")
    again = client.get("/static/js/main.js", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
