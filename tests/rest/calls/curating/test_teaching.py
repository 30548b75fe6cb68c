"""Calls that teach: feedback, words of one's own, and lessons."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from rest.served_library import client_of, code


def ids(answer: object) -> list[str]:
    return [one["image_id"] for one in answer.json()["results"]]  # type: ignore[attr-defined]


def test_feedback_refines_the_next_search_and_is_listed_and_forgotten(library: Path) -> None:
    with client_of(library) as client:
        ask = {"query": "Zorkle", "top_k": 20}
        before = ids(client.post("/api/search/text", json=ask))
        good, bad = before[-1], before[0]
        said = {"query": "zorkle", "good": [good], "bad": [bad]}
        assert client.post("/api/feedback", json=said).json() == {"changed": 2}
        answer = client.post("/api/search/text", json=ask)
        assert (ids(answer)[0], bad in ids(answer)) == (good, False)
        assert answer.json()["notes"] == ["refined by feedback: 1 good, 1 bad, left out"]
        assert answer.json()["results"][0]["found_by"][-1] == "feedback"
        (listed,) = client.get("/api/feedback").json()["feedback"]
        assert (listed["kind"], listed["subject"], listed["good"], listed["bad"]) == ("query", "zorkle", [good], [bad])
        assert client.post("/api/feedback", json={"query": "zorkle", "forget": True}).json() == {"changed": 2}
        assert ids(client.post("/api/search/text", json=ask)) == before


def test_feedback_on_a_photo_as_the_query(library: Path) -> None:
    with client_of(library) as client:
        ask = {"image_id": "black.png", "top_k": 20}
        last = ids(client.post("/api/search/image", json=ask))[-1]
        client.post("/api/feedback", json={"image_id": "black.png", "good": [last]})
        assert ids(client.post("/api/search/image", json=ask))[0] == last


def test_a_word_is_taught_used_and_forgotten(library: Path) -> None:
    with client_of(library) as client:
        taught = client.post("/api/teach", json={"word": "Rex", "image_ids": ["black.png", "beach/red.png"]})
        assert taught.json()["word"]["subject"] == "rex"
        answer = client.post("/api/search/text", json={"query": "my Rex"}).json()
        assert answer["notes"] == ["“rex” is what was learnt from 2 photos"]
        assert client.post("/api/teach", json={"word": "rex", "undo": True}).json()["undone"]
        assert client.post("/api/search/text", json={"query": "my Rex"}).json()["notes"] == []


def test_whether_a_lesson_can_be_undone_is_told(library: Path) -> None:
    with client_of(library) as client:
        assert not client.get("/api/feedback").json()["has_lesson"]
        client.app.state.engine.collection.catalog.feedback.put_lesson("a model", "{}", b"")  # type: ignore[attr-defined]
        assert client.get("/api/feedback").json()["has_lesson"]
        assert client.post("/api/teach", json={"undo": True}).json()["undone"]
        assert not client.get("/api/feedback").json()["has_lesson"]


@pytest.mark.parametrize(
    ("path", "body", "status", "expected"),
    [
        ("feedback", {"query": "x", "good": ["../secret.png"]}, 404, "unknown_image"),
        ("feedback", {"query": "x", "good": ["black.png"], "bad": ["black.png"]}, 422, "invalid_request"),
        ("feedback", {"query": "x"}, 422, "invalid_request"),
        ("feedback", {"good": ["black.png"]}, 422, "invalid_request"),
        ("feedback", {"image_id": "nope.png", "good": ["black.png"]}, 404, "unknown_image"),
        ("teach", {"word": "rex", "image_ids": ["nope.png"]}, 404, "unknown_image"),
        ("teach", {"word": "rex", "image_ids": ["black.png"]}, 422, "invalid_request"),
        ("teach", {}, 422, "invalid_request"),
    ],
)
def test_what_cannot_be_meant_changes_nothing(
    client: TestClient, path: str, body: dict[str, object], status: int, expected: str
) -> None:
    answer = client.post(f"/api/{path}", json=body)
    assert (answer.status_code, code(answer)) == (status, expected)
    assert client.get("/api/feedback").json() == {"feedback": [], "has_lesson": False}


def test_teaching_needs_a_key_that_may_curate(locked: TestClient) -> None:
    assert locked.post("/api/feedback", json={"query": "x", "good": ["black.png"]}).status_code == 401
