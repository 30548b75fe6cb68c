"""What calls cost, in tokens of the rate limit."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from rest.served_library import client_of, code
from twinlens.rest.gate.limits.costs import cost_of_path
from twinlens.rest.settings import Settings

LIMIT = 100


@pytest.fixture
def limited(indexed: Path) -> Settings:
    return Settings(requests_per_minute=LIMIT)


def left(client: TestClient) -> int:
    """Plain requests that are still answered, at most a hundred and a few that time has brought."""
    return [client.get("/api/session").status_code for _ in range(LIMIT + 20)].count(200)


def test_a_batch_costs_as_its_queries_one_by_one(indexed: Path, limited: Settings) -> None:
    with client_of(indexed, limited) as client:
        body = {"queries": ["a red wall"] * 40, "top_k": 200}
        assert client.post("/api/search/batch", json=body).status_code == 200  # 80 of the 100
        answer = client.post("/api/search/batch", json=body)
        assert (answer.status_code, code(answer)) == (429, "too_many_requests")
        assert "as this one counts" in answer.json()["error"]["message"]
        assert 0 < int(answer.headers["retry-after"]) <= 60
        assert left(client) < 50


def test_the_largest_batch_is_answered_once_and_paid_for(indexed: Path, limited: Settings) -> None:
    with client_of(indexed, limited) as client:
        body = {"queries": ["a red wall"] * 64, "top_k": 1000}
        assert client.post("/api/search/batch", json=body).status_code == 200
        answer = client.get("/health")
        assert (answer.status_code, code(answer)) == (429, "too_many_requests")
        assert int(answer.headers["retry-after"]) > 60


def test_a_refused_search_costs_no_more_than_a_request(indexed: Path, limited: Settings) -> None:
    with client_of(indexed, limited) as client:
        for _ in range(5):
            assert client.post("/api/search/text", json={"query": "a", "top_k": 10**9}).status_code == 422
        assert left(client) >= LIMIT - 60


def test_a_page_of_pictures_costs_little(indexed: Path, limited: Settings) -> None:
    with client_of(indexed, limited) as client:
        answers = [client.get("/api/image/black.png/thumbnail").status_code for _ in range(LIMIT * 10)]
        assert answers.count(200) == LIMIT * 10


def test_an_archive_costs_by_its_photos(indexed: Path, limited: Settings) -> None:
    with client_of(indexed, limited) as client:
        body = {"image_ids": ["black.png"] * 9000}
        assert client.post("/api/archive/list", json=body).status_code == 200
        assert client.post("/api/archive/list", json=body).status_code == 429


def test_suggestions_for_a_photo_cost_as_much_as_a_search() -> None:
    assert cost_of_path("/api/image/a%2Fb.jpg/tags") == 1.0
    assert cost_of_path("/api/image/a%2Fb.jpg/thumbnail") < 1.0
