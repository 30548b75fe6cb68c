"""The application: what it serves, where its settings come from, and errors in one shape."""

import gc
import weakref
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from rest.served_library import client_of, code
from twinlens.api.library import Collection
from twinlens.errors import CollectionError, CollectionNotFoundError
from twinlens.rest.app import calls, create_app
from twinlens.rest.settings import Settings


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/api/search/text", 405),
        ("PUT", "/health", 405),
        ("DELETE", "/api/stats", 405),
    ],
)
def test_unknown_calls_fail_in_the_same_shape(client: TestClient, method: str, path: str, status: int) -> None:
    answer = client.request(method, path)
    assert answer.status_code == status
    assert set(answer.json()["error"]) == {"code", "message", "hint"}
    if status == 405:
        assert answer.headers["allow"]


def test_a_collection_that_is_not_there_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(CollectionNotFoundError, match="--in"):
        create_app(tmp_path / "nowhere", settings=Settings())
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_indexed_is_served_without_photos(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    with client_of(tmp_path / "photos") as client:
        assert client.get("/api/stats").json()["num_images"] == 0


def test_a_part_of_a_library_is_not_served_as_the_whole(indexed: Path) -> None:
    with pytest.raises(CollectionError, match="part of the collection"):
        create_app(indexed / "beach", settings=Settings())


def test_the_application_of_an_asgi_server_takes_its_settings_from_the_environment(
    indexed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWINLENS_COLLECTION", str(indexed))
    monkeypatch.setenv("TWINLENS_MAX_TOP_K", "3")
    app = create_app()
    assert app.state.engine.settings.max_top_k == 3
    assert app.openapi()["components"]["schemas"]["TextSearch"]["properties"]["top_k"]["maximum"] == 3


def test_many_faults_of_one_body_are_named_with_their_places_and_never_their_values(client: TestClient) -> None:
    body = {"query": "dog", "top_k": "secret", "offset": "secret", "sort": "secret", "min_probability": "secret"}
    answer = client.post("/api/search/text", json=body | {"favourites": "secret", "other": "secret", "more": "secret"})
    message = answer.json()["error"]["message"]
    assert (answer.status_code, code(answer)) == (422, "invalid_request")
    assert "top_k: " in message
    assert message.endswith("; and 2 more")
    assert "secret" not in message


def test_the_calls_can_be_told_without_a_library_behind_them() -> None:
    paths = calls(Settings()).openapi()["paths"]
    assert {"/health", "/api/search/text", "/api/photos", "/api/favourites", "/api/archive", "/api/index"} <= set(paths)


class NotingCollection(Collection):
    """One that notes when it was closed."""

    is_closed = False

    def close(self) -> None:
        super().close()
        self.is_closed = True


def test_a_collection_that_was_opened_is_closed_with_the_server(indexed: Path) -> None:
    collection = NotingCollection.open(indexed)
    with client_of(collection) as client:
        assert client.get("/health").json()["num_images"] == len(collection)
        assert not collection.is_closed
    assert collection.is_closed


def test_nothing_keeps_a_server_that_has_ended(indexed: Path) -> None:
    app = create_app(indexed, settings=Settings())
    with TestClient(app, base_url="http://localhost", client=("127.0.0.1", 1)) as client:
        assert client.get("/docs").status_code == 200
    is_kept = weakref.ref(app.state.engine)
    del app, client
    gc.collect()
    assert is_kept() is None
