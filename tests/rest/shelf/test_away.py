"""One of a server's libraries is away when it starts: the others are served, and it is when it is back."""

import logging
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from rest.conftest import Serve
from rest.served_library import KEY, PHOTOS, READY_S, code, draw, until_ready
from twinlens.api.library import Collection
from twinlens.errors import StoreUnavailableError
from twinlens.rest.settings import Settings
from twinlens.rest.shelf import slot
from twinlens.rest.shelf.opening import open_named
from twinlens.rest.shelf.shelf import create_shelf

N_HOME = len(PHOTOS) + 2
SEARCH = {"query": "a red wall"}
MISSING = {"status": "degraded", "model_loaded": True, "num_images": N_HOME, "missing": "collection"}


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A library of one photo on a disk that is not mounted now: its place is an empty folder."""
    draw(tmp_path / "disk" / "one.png", (200, 30, 30))
    with Collection.create([tmp_path / "disk"]) as collection:
        collection.index()
    (tmp_path / "disk").rename(tmp_path / "unmounted")
    (tmp_path / "disk").mkdir()
    monkeypatch.setattr(slot, "LOOK_S", 0.05)
    return tmp_path / "disk"


def mount(disk: Path) -> None:
    disk.rmdir()
    disk.with_name("unmounted").rename(disk)


def until_back(client: TestClient | httpx.Client) -> None:
    deadline = time.monotonic() + READY_S
    while client.get("/cabin/health").status_code != 200 and time.monotonic() < deadline:
        time.sleep(0.02)


@pytest.fixture
def shelf(indexed: Path, disk: Path) -> Iterator[TestClient]:
    app = create_shelf(Settings(libraries=(f"home={indexed}", f"cabin={disk}")))
    with TestClient(app, base_url="http://localhost", client=("127.0.0.1", 1)) as client:
        until_ready(app)
        yield client


def test_the_others_are_served_and_it_comes_back_without_a_restart(
    shelf: TestClient, disk: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert shelf.post("/home/api/search/text", json=SEARCH).json()["num_candidates"] == N_HOME
    assert (shelf.get("/health").status_code, shelf.get("/health").json()) == (200, MISSING)
    assert shelf.get("/readyz").status_code == 200
    cabin, home = shelf.get("/api/libraries").json()["libraries"]
    assert (cabin["is_missing"], cabin["cover"], home["is_missing"]) == (True, None, False)
    assert (shelf.get("/cabin/health").status_code, shelf.get("/cabin/health").json()["missing"]) == (503, "collection")
    for answer in (
        shelf.post("/cabin/api/search/text", json=SEARCH),
        shelf.get("/cabin/api/image/one.png"),
        shelf.post("/cabin/api/index"),
        shelf.get("/cabin/readyz"),
    ):
        assert (answer.status_code, code(answer)) == (503, "library_missing")
        assert "mount its disk" in answer.json()["error"]["hint"]
        assert str(disk) not in answer.text
    assert "js/main.js" in shelf.get("/cabin/").text
    assert shelf.get("/cabin/api/session").json()["read_only"]
    assert list(disk.iterdir()) == []  # no empty collection in its place
    caplog.set_level(logging.WARNING, "twinlens.rest.shelf")
    mount(disk)
    until_back(shelf)
    assert shelf.post("/cabin/api/search/text", json=SEARCH).json()["num_candidates"] == 1
    assert shelf.get("/cabin/api/image/one.png").status_code == 200
    assert (shelf.get("/health").json()["status"], shelf.get("/health").json()["num_images"]) == ("healthy", N_HOME + 1)
    assert "the library 'cabin' is back" in caplog.text
    assert 'twinlens_images{library="cabin"} 1.0' in shelf.get("/metrics").text


def test_what_keeps_it_away_is_told_once(
    indexed: Path, disk: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0

    def counted(*arguments: Any, **options: Any) -> Collection:
        nonlocal looks
        looks += 1
        return open_named(*arguments, **options)

    def looked_again() -> None:
        before = looks
        until(lambda: looks > before + 2)

    damaged = disk.with_name("damaged")
    damaged.mkdir()
    (damaged / "catalog.sqlite").write_bytes(b"no catalog" * 1000)
    monkeypatch.setattr(slot, "open_named", counted)
    app = create_shelf(Settings(libraries=(f"home={indexed}", f"cabin={disk}")))
    with TestClient(app, base_url="http://localhost", client=("127.0.0.1", 1)) as client:
        until_ready(app)
        until(lambda: len(told(caplog)) == 1)
        looked_again()
        damaged.rename(disk / ".twinlens")  # complete at once: it is looked for all the time
        until(lambda: any("is damaged" in one for one in told(caplog)))
        looked_again()
        (disk / ".twinlens").rename(damaged)
        until(lambda: sum("is empty" in one for one in told(caplog)) == 2)
        looked_again()
        assert client.get("/home/health").status_code == 200
    assert all(one != following for one, following in pairwise(told(caplog)))


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if "cannot be served now" in record.getMessage()]


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + READY_S
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert is_so()


def test_a_library_whose_vectors_cannot_be_reached_keeps_no_other_from_starting(
    indexed: Path, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mount(disk)
    answer = Collection.answer

    def without_vectors(collection: Collection, *arguments: object, **options: object) -> object:
        if collection.path.is_relative_to(disk):
            raise StoreUnavailableError("the Milvus server does not answer")
        return answer(collection, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Collection, "answer", without_vectors)
    app = create_shelf(Settings(libraries=(f"home={indexed}", f"cabin={disk}")))
    with TestClient(app, base_url="http://localhost", client=("127.0.0.1", 1)) as client:
        until_ready(app)
        assert app.state.engine.state == "ready"
        assert client.post("/home/api/search/text", json=SEARCH).status_code == 200
        until(lambda: client.get("/cabin/health").status_code == 503)
        monkeypatch.setattr(Collection, "answer", answer)
        until_back(client)
        assert client.post("/cabin/api/search/text", json=SEARCH).status_code == 200


def test_who_has_no_key_does_not_learn_what_is_away(indexed: Path, disk: Path, tmp_path: Path) -> None:
    settings = Settings(
        libraries=(f"home={indexed}", f"cabin={disk}"), host="0.0.0.0", api_key=KEY, state_folder=str(tmp_path)
    )
    app = create_shelf(settings)
    with TestClient(app, base_url="http://localhost", client=("203.0.113.7", 1)) as client:
        until_ready(app)
        assert client.post("/cabin/api/search/text", json=SEARCH).status_code == 401
        headers = {"X-API-Key": KEY}
        assert code(client.post("/cabin/api/search/text", json=SEARCH, headers=headers)) == "library_missing"


@pytest.mark.slow
@pytest.mark.server
@pytest.mark.parametrize("workers", [1, 2])
def test_the_command_starts_without_one_of_its_libraries(indexed: Path, disk: Path, serve: Serve, workers: int) -> None:
    options = ("--library", f"cabin={disk}", "--workers", workers, "--no-watch")
    with serve(f"home={indexed}", *options, option="--library") as served, httpx.Client(base_url=served.url) as client:
        for _ in range(6):
            assert client.post("/home/api/search/text", json=SEARCH, timeout=60).status_code == 200
            assert client.get("/cabin/api/stats").status_code == 503
        mount(disk)
        until_back(client)
        assert client.get("/cabin/api/stats", timeout=60).json()["num_images"] == 1
