"""Calls that tell of server, library and model; indexing; what every answer has."""

import json
import re
import sqlite3
import time
from pathlib import Path

import pytest
from filelock import FileLock
from PIL import Image
from starlette.testclient import TestClient

from rest.served_library import PHOTOS, client_of
from twinlens.api.indexing import IndexState
from twinlens.api.library import Collection
from twinlens.errors import CollectionError, CollectionNotFoundError
from twinlens.rest.app import create_app
from twinlens.rest.failures import STATUS_OF
from twinlens.rest.settings import Settings

N_PHOTOS = len(PHOTOS) + 2


def events(text: str) -> list[tuple[str, dict]]:
    return [(match[1], json.loads(match[2])) for match in re.finditer(r"event: (\w+)\ndata: (.*)\n\n", text)]


def test_health_has_the_contracts_fields(client: TestClient) -> None:
    assert client.get("/health").json() == {"status": "healthy", "model_loaded": True, "num_images": N_PHOTOS}
    assert client.get("/readyz").json() == {"ready": True}


def test_stats_have_the_contracts_fields(client: TestClient) -> None:
    stats = client.get("/api/stats").json()
    assert stats["num_images"] == N_PHOTOS
    assert stats["num_captions"] == 3
    assert stats["num_skipped"] == 1
    assert stats["embedding_dim"] == stats["model_architecture"]["shared_dim"] == 512
    assert stats["model_architecture"]["image_input_dim"] > 0 < stats["model_architecture"]["text_input_dim"]


def test_the_library_is_told_in_numbers(client: TestClient) -> None:
    card = client.get("/api/collection").json()
    assert card["cameras"] == [{"name": "Twin Reflex", "images": 1}]
    assert {"name": "beach", "images": 2} in card["folders"]
    assert card["first_taken"] == "2023-06-30T12:00:00"
    assert card["is_complete"] is True


def test_no_answer_tells_where_the_library_lies(client: TestClient, indexed: Path) -> None:
    for path in ("/health", "/api/stats", "/api/model", "/api/collection", "/api/photo/black.png", "/metrics", "/docs"):
        assert str(indexed.parent) not in client.get(path).text


def test_the_model_has_a_card(client: TestClient) -> None:
    card = client.get("/api/model").json()
    assert card["embedding_dim"] == 512
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


def test_indexing_is_followed_by_events_and_finds_the_new_photo(library: Path) -> None:
    Image.new("RGB", (60, 40), (120, 20, 120)).save(library / "fresh.png")
    with client_of(library) as client:
        answer = client.post("/api/index")
        assert answer.headers["content-type"].startswith("text/event-stream")
        name, last = events(answer.text)[-1]
        assert name == "done"
        assert last["counts"]["added"] == 1
        assert last["counts"]["images"] == N_PHOTOS + 1
        assert client.get("/api/index").json()["stage"] == "done"
        assert client.get("/api/image/fresh.png").status_code == 200
        assert events(client.get("/api/index/events").text)[-1][0] == "done"


def test_a_second_run_is_refused_while_another_process_indexes(library: Path) -> None:
    with client_of(library) as client, FileLock(library / ".twinlens" / "index.lock"):
        answer = client.post("/api/index")
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "already_indexing")
        assert client.get("/api/index").json()["stage"] == "never"
        assert client.post("/api/search/text", json={"query": "a dog"}).status_code == 200


def test_the_state_of_a_run_that_died_is_stopped(library: Path) -> None:
    with Collection.open(library) as collection:
        collection.note_index_state(IndexState("running", started_at=1.0, updated_at=time.time() - 100))
    with client_of(library) as client:
        assert client.get("/api/index").json()["stage"] == "stopped"


def test_a_server_that_stops_ends_the_events_with_stopped(library: Path) -> None:
    with Collection.open(library) as collection:
        collection.note_index_state(IndexState("running", started_at=1.0, updated_at=time.time() + 1000, done=3))
    with client_of(library) as client:
        client.app.state.engine.stop_streams()
        told = events(client.get("/api/index/events").text)
    assert [name for name, _ in told] == ["progress", "stopped"]
    assert (told[-1][1]["stage"], told[-1][1]["done"]) == ("stopped", 3)


def test_indexing_takes_no_path(library: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    Image.new("RGB", (60, 40)).save(other / "secret.png")
    with client_of(library) as client:
        client.post("/api/index", json={"path": str(other), "folder": str(other)})
        assert client.get("/health").json()["num_images"] == N_PHOTOS


def test_metrics_count_requests_stages_and_photos(indexed: Path) -> None:
    with client_of(indexed) as client:
        for _ in range(3):
            client.post("/api/search/text", json={"query": "the same"})
        text = client.get("/metrics").text
    assert 'twinlens_requests_total{method="POST",route="/api/search/text",status="200"} 3.0' in text
    assert 'twinlens_cache_requests_total{cache="query_vectors",outcome="hit"} 2.0' in text
    assert f"twinlens_images {N_PHOTOS}.0" in text
    for stage in ("encode", "search"):
        assert f'twinlens_stage_seconds_count{{stage="{stage}"}}' in text
    assert re.search(r'twinlens_process_memory_bytes\{process="\d+"\} \d', text)


def test_metrics_alone_notice_new_photos_and_captions(library: Path) -> None:
    with client_of(library) as client:
        assert f"twinlens_images {N_PHOTOS}.0" in client.get("/metrics").text
        Image.new("RGB", (60, 40), (120, 20, 120)).save(library / "fresh.png")
        captions = library.parent / "fresh.csv"
        captions.write_text("image,caption\nfresh.png,a violet wall\n", encoding="utf-8")
        with Collection.open(library) as collection:
            collection.index(captions=captions)
        text = client.get("/metrics").text
    assert f"twinlens_images {N_PHOTOS + 1}.0" in text
    assert "twinlens_captions 4.0" in text


def test_metrics_are_told_of_a_library_that_cannot_be_read(library: Path, caplog: pytest.LogCaptureFixture) -> None:
    with client_of(library) as client:
        with sqlite3.connect(library / ".twinlens" / "catalog.sqlite") as other:
            other.execute("UPDATE meta SET value = value + 1 WHERE key = 'generation'")
            other.execute("ALTER TABLE photos RENAME TO gone")
        answer = client.get("/metrics")
        assert client.get("/api/stats").status_code == 503
    assert answer.status_code == 200
    assert "twinlens_requests_total" in answer.text
    assert "could not be counted" in caplog.text


@pytest.mark.parametrize("root_path", ["", "/pictures", "/static"])
def test_files_of_the_page_are_one_route_wherever_a_proxy_puts_the_server(indexed: Path, root_path: str) -> None:
    with TestClient(
        create_app(indexed, settings=Settings()),
        base_url="http://localhost",
        client=("127.0.0.1", 1),
        root_path=root_path,
    ) as client:
        for path in ("/static/js/main.js", "/static/nothing", "/nothing"):
            client.get(root_path + path)
        text = client.get(f"{root_path}/metrics").text
    for route, status in (("/static", 200), ("/static", 404), ("none", 404)):
        assert f'twinlens_requests_total{{method="GET",route="{route}",status="{status}"}} 1.0' in text


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


def test_the_reference_page_explains_every_code() -> None:
    page = (Path(__file__).parents[3] / "docs" / "reference" / "rest.md").read_text(encoding="utf-8")
    for code, status in STATUS_OF.items():
        assert f"| `{code}` | {status} |" in page


def test_docs_list_every_call_and_need_no_network(client: TestClient) -> None:
    page = client.get("/docs").text
    for path in client.get("/openapi.json").json()["paths"]:
        assert path in page
    for outside in ("<script", "<link", "src=", "url("):
        assert outside not in page


def test_the_committed_openapi_is_true(indexed: Path) -> None:
    committed = json.loads((Path(__file__).parents[3] / "docs" / "reference" / "openapi.json").read_text("utf-8"))
    made = create_app(indexed, settings=Settings()).openapi()
    assert json.loads(json.dumps(made)) == committed, "run: python -m twinlens.rest > docs/reference/openapi.json"


def test_a_collection_that_is_not_there_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(CollectionNotFoundError, match="--in"):
        create_app(tmp_path, settings=Settings())


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
