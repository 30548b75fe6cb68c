"""Calls for favourites: photos are marked, all or none, and their marks taken away."""

import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from rest.served_library import ODD_NAME, client_of, code


def ids(answer: object) -> list[str]:
    return [one["image_id"] for one in answer.json()["results"]]  # type: ignore[attr-defined]


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
            assert [one.result(timeout=60).status_code for one in asked] == [200] * 4
            assert not any(mark.done() for mark in marks)
        finally:
            other.execute("ROLLBACK")
            other.close()
        assert [mark.result().json()["changed"] for mark in marks] == [1] * 5
        assert client.get("/api/favourites").json()["num_favourites"] == 5


def test_an_unknown_photo_is_not_marked(client: TestClient) -> None:
    answer = client.post("/api/favourites", json={"image_ids": ["../secret.png"]})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "unknown_image")


def test_marks_are_set_all_or_none(library: Path) -> None:
    with client_of(library) as client:
        answer = client.post("/api/favourites", json={"image_ids": ["black.png", "nothing.png", ODD_NAME]})
        assert (answer.status_code, code(answer)) == (404, "unknown_image")
        assert client.get("/api/favourites").json() == {"num_favourites": 0, "image_ids": []}


def test_a_mark_that_is_there_already_is_no_change(library: Path) -> None:
    with client_of(library) as client:
        for changed in (1, 0):
            answer = client.post("/api/favourites", json={"image_ids": ["black.png", "black.png"]})
            assert answer.json() == {"changed": changed, "num_favourites": 1}
        again = client.post("/api/favourites", json={"image_ids": [ODD_NAME], "is_favourite": False})
        assert again.json() == {"changed": 0, "num_favourites": 1}


@pytest.mark.parametrize("mark", ["true", 1, None])
def test_a_mark_is_true_or_false(client: TestClient, mark: object) -> None:
    answer = client.post("/api/favourites", json={"image_ids": ["black.png"], "is_favourite": mark})
    assert answer.status_code == 422
