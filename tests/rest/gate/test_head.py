"""HEAD answers as GET does, without a body."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from rest.served_library import client_of
from twinlens.rest.settings import Settings

VARYING = {"x-request-id", "content-length"}  # the uptime among the numbers may gain a digit


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/health",
        "/readyz",
        "/docs",
        "/openapi.json",
        "/static/icon.svg",
        "/metrics",
        "/api/session",
        "/api/stats",
        "/api/model",
        "/api/collection",
        "/api/photos?top_k=2",
        "/api/map",
        "/api/index",
        "/api/favourites",
        "/api/photo/black.png",
        "/api/image/black.png",
        "/api/image/black.png/thumbnail",
        "/api/image/nothing.png",
        "/nothing",
        "/api/search/text",
    ],
)
def test_head_is_get_without_the_body(client: TestClient, path: str) -> None:
    head, get = client.head(path), client.get(path)
    assert (head.status_code, head.content) == (get.status_code, b"")
    assert int(head.headers["content-length"]) > 0
    assert {k: v for k, v in head.headers.items() if k not in VARYING} == {
        k: v for k, v in get.headers.items() if k not in VARYING
    }


def test_the_stream_of_a_run_has_no_head(client: TestClient) -> None:
    assert client.head("/api/index/events").status_code == 405
    assert client.head("/api/index/texts/events").status_code == 405


def test_head_wants_the_key_and_is_counted_as_what_it_is(indexed: Path) -> None:
    with client_of(indexed, Settings(api_key="a-key-of-the-test-01")) as client:
        assert client.head("/api/stats").status_code == 401
        client.headers["X-API-Key"] = "a-key-of-the-test-01"
        assert client.head("/api/stats").status_code == 200
        assert (
            'twinlens_requests_total{method="HEAD",route="/api/stats",status="200"} 1.0' in client.get("/metrics").text
        )
