"""How much a request may carry."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from rest.served_library import client_of, code
from twinlens.rest.gate.limits.body_limit import KEY_BYTES
from twinlens.rest.settings import Settings


def test_an_upload_over_the_limit_is_413_and_names_it(indexed: Path) -> None:
    with client_of(indexed, Settings(max_body_mb=0.01)) as client:
        answer = client.post("/api/search/image", files={"file": ("x.png", b"x" * 20_000)})
        assert (answer.status_code, code(answer)) == (413, "body_too_large")
        assert "10,000 bytes" in answer.json()["error"]["message"]


def test_a_body_that_does_not_announce_its_size_is_counted(indexed: Path) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(40):
            yield b"x" * 100_000

    with client_of(indexed) as client:
        answer = client.post("/api/search/text", content=endless(), headers={"Content-Type": "application/json"})
        assert (answer.status_code, code(answer)) == (413, "body_too_large")


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "multipart/x", "application/json"])
def test_little_is_read_of_who_has_not_shown_the_key(locked: TestClient, kind: str) -> None:
    def unannounced() -> Iterator[bytes]:
        for _ in range(1 + KEY_BYTES // 100):
            yield b"x" * 100

    for content in (b"x" * (KEY_BYTES + 1), unannounced()):
        answer = locked.post("/api/session", content=content, headers={"Content-Type": kind})
        assert (answer.status_code, code(answer)) == (413, "body_too_large")
        assert "8,000 bytes" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "path", ["/api/search/text", "/api/search/batch", "/api/favourites", "/api/archive", "/nothing"]
)
def test_only_calls_that_take_pictures_read_more_than_a_megabyte(client: TestClient, path: str) -> None:
    answer = client.post(path, content=b"x" * 1_000_001, headers={"Content-Type": "multipart/form-data; boundary=x"})
    assert (answer.status_code, code(answer)) == (413, "body_too_large")


def test_a_body_of_just_the_limit_is_read(indexed: Path) -> None:
    with client_of(indexed, Settings(max_body_mb=0.01)) as client:
        for length, status in ((10_000, 422), (10_001, 413)):
            answer = client.post(
                "/api/search/text", content=b"{" * length, headers={"Content-Type": "application/json"}
            )
            assert answer.status_code == status


def test_a_length_that_is_told_in_two_ways_is_refused(client: TestClient) -> None:
    headers = {"Content-Type": "application/json", "Content-Length": "2", "Transfer-Encoding": "chunked"}
    answer = client.post("/api/search/text", content=b"{}", headers=headers)
    assert (answer.status_code, code(answer)) == (422, "invalid_request")
    assert answer.headers["connection"] == "close"
