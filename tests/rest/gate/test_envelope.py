"""What surrounds every answer: an id, safe headers, a log line, and a plain word where we failed."""

import logging
import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from rest.served_library import client_of, code
from twinlens.api.library import Collection, PhotoCard
from twinlens.rest.settings import Settings


class FaultyCollection(Collection):
    """One with a fault of ours in it."""

    def photo(self, photo_id: str) -> PhotoCard | None:
        raise RuntimeError(f"secret of {self.path} and {photo_id}")


def test_a_fault_of_ours_shows_no_trace(indexed: Path) -> None:
    with client_of(FaultyCollection.open(indexed)) as client:
        answer = client.get("/api/image/black.png")
    assert (answer.status_code, code(answer)) == (500, "internal_error")
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert answer.headers["x-request-id"] in answer.json()["error"]["hint"]


def test_no_log_line_can_be_forged_and_queries_are_not_logged(indexed: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "twinlens"), client_of(indexed) as client:
        client.get("/api/image/x%0aINFO: forged")
        client.post("/api/search/text?query=private", json={"query": "private words"})
        client.post("/api/search/text", json={"query": ["private"]})
    assert "private" not in caplog.text
    assert "%0aINFO" in caplog.text
    with caplog.at_level(logging.INFO, "twinlens"), client_of(indexed, Settings(query_log=True)) as client:
        client.post("/api/search/text", json={"query": "shown\nwords"})
    assert "'shown\\nwords'" in caplog.text


def test_every_answer_has_an_id_and_safe_headers(client: TestClient) -> None:
    for path in ("/health", "/nowhere", "/api/image/nothing.png", "/docs"):
        headers = client.get(path).headers
        assert re.fullmatch("[0-9a-f]{32}", headers["x-request-id"])
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["referrer-policy"] == "no-referrer"


def test_a_callers_own_id_is_kept_where_it_is_harmless(client: TestClient) -> None:
    assert client.get("/health", headers={"X-Request-ID": "my-id.7"}).headers["x-request-id"] == "my-id.7"
    assert client.get("/health", headers={"X-Request-ID": "a b<c>"}).headers["x-request-id"] != "a b<c>"
