"""Calls that tell of server, library and model; indexing; what every answer has."""

import re
from pathlib import Path

from starlette.testclient import TestClient

from rest.served_library import PHOTOS, client_of, draw
from twinlens.api.library import Collection
from twinlens.rest.app import create_app
from twinlens.rest.settings import Settings

N_PHOTOS = len(PHOTOS) + 2


def test_health_has_the_contracts_fields(client: TestClient) -> None:
    assert client.get("/health").json() == {"status": "healthy", "model_loaded": True, "num_images": N_PHOTOS}
    assert client.get("/readyz").json() == {"ready": True}


def test_stats_have_the_contracts_fields(client: TestClient) -> None:
    stats = client.get("/api/stats").json()
    assert stats["num_images"] == N_PHOTOS
    assert stats["num_captions"] == 3
    assert stats["num_skipped"] == 1
    assert stats["embedding_dim"] == stats["model_architecture"]["shared_dim"] == 517
    assert stats["model_architecture"]["image_input_dim"] > 0 < stats["model_architecture"]["text_input_dim"]


def test_the_library_is_told_in_numbers(client: TestClient) -> None:
    card = client.get("/api/collection").json()
    assert card["cameras"] == [{"name": "Twin Reflex", "images": 1}]
    assert {"name": "beach", "images": 2} in card["folders"]
    assert (card["first_taken"][:7], card["last_taken"]) == ("2020-05", "2023-06-30T12:00:00")
    assert (card["num_undated"], card["num_file_dated"]) == (5, 1)
    assert card["is_complete"] is True


def test_no_answer_tells_where_the_library_lies(client: TestClient, indexed: Path) -> None:
    for path in ("/health", "/api/stats", "/api/model", "/api/collection", "/api/photo/black.png", "/metrics", "/docs"):
        assert str(indexed.parent) not in client.get(path).text


def test_the_model_has_a_card(client: TestClient) -> None:
    card = client.get("/api/model").json()
    assert card["embedding_dim"] == 517
    assert re.fullmatch("[0-9a-f]{16}", card["fingerprint"])


def test_until_the_model_is_loaded_health_is_503_and_searches_say_so(indexed: Path) -> None:
    app = create_app(indexed, settings=Settings())
    # a client outside of "with" starts no lifespan: the state before the warm-up
    client = TestClient(app, base_url="http://localhost", client=("127.0.0.1", 1))
    answer = client.get("/health")
    assert (answer.status_code, answer.json()["status"]) == (503, "starting")
    search = client.post("/api/search/text", json={"query": "a dog"})
    assert (search.status_code, search.json()["error"]["code"]) == (503, "starting")
    assert search.headers["retry-after"] == "1"


def test_what_has_changed_since_the_last_run_is_told(library: Path) -> None:
    with Collection.open(library) as collection:
        collection.index()
    (library / "black.png").unlink()
    draw(library / "new.png", (200, 30, 30))
    changes = {"new": 1, "changed": 0, "gone": 1, "is_complete": True}
    with client_of(library) as client:
        assert client.get("/api/collection").json()["since_index"] == changes
        draw(library / "newer.png", (200, 30, 30))
        assert client.get("/api/collection").json()["since_index"] == changes  # it is not looked at for each call
        client.post("/api/index")
        assert client.get("/api/collection").json()["since_index"] == {**changes, "new": 0, "gone": 0}
