"""A library that is taken away from a running server, and brought back."""

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from starlette.testclient import TestClient

from rest.conftest import Serve
from rest.served_library import PHOTOS, client_of, code
from twinlens.api.library import Collection
from twinlens.errors import StoreUnavailableError

N_PHOTOS = len(PHOTOS) + 2
TEXT = {"query": "a red wall", "top_k": 3}
MARK = {"image_ids": ["black.png"]}
Client = TestClient | httpx.Client


@dataclass(frozen=True)
class Place:
    """A library on disk: its photos, and the collection, which may be elsewhere."""

    photos: Path
    collection: Path

    @property
    def away(self) -> Path:
        return self.photos.with_name("away")


@pytest.fixture(params=["inside", "elsewhere"])
def place(request: pytest.FixtureRequest, library: Path, tmp_path: Path) -> Place:
    """A library whose collection is inside the photo folder, or elsewhere."""
    if request.param == "inside":
        return Place(library, library / ".twinlens")
    shutil.rmtree(library / ".twinlens")
    with Collection.create(library, at=tmp_path / "collection") as collection:
        collection.index()
    return Place(library, tmp_path / "collection")


@pytest.fixture
def inside(library: Path) -> Place:
    return Place(library, library / ".twinlens")


@pytest.fixture
def asked(place: Place) -> Iterator[TestClient]:
    with client_of(place.collection) as client:
        yield client


def move(place: Place) -> None:
    place.photos.rename(place.away)


def unmount(place: Place) -> None:
    place.photos.rename(place.away)
    place.photos.mkdir()


def back_by_move(place: Place) -> None:
    shutil.rmtree(place.photos, ignore_errors=True)
    place.away.rename(place.photos)


def back_by_copy(place: Place) -> None:
    shutil.rmtree(place.photos, ignore_errors=True)
    shutil.copytree(place.away, place.photos)
    shutil.rmtree(place.away)


def is_complete(client: Client) -> None:
    health = client.get("/health")
    assert (health.status_code, health.json()["status"], "missing" in health.json()) == (200, "healthy", False)
    assert client.get("/readyz").status_code == 200
    assert client.post("/api/search/text", json=TEXT).json()["num_results"] == 3
    assert client.get("/api/image/black.png").status_code == 200
    assert client.get("/api/image/black.png/thumbnail").status_code == 200
    marked = client.post("/api/favourites", json=MARK)
    assert (marked.status_code, marked.json()["num_favourites"]) == (200, 1)
    assert "event: done" in client.post("/api/index").text
    assert client.get("/api/stats").json()["num_images"] == N_PHOTOS


def refuses_changes(client: Client) -> None:
    for path, body in (("/api/favourites", MARK), ("/api/index", None)):
        answer = client.post(path, json=body)
        assert (answer.status_code, code(answer)) == (503, "library_missing")
        assert "bring it back" in answer.json()["error"]["hint"]


@pytest.mark.parametrize("take", [move, unmount])
@pytest.mark.parametrize("bring", [back_by_move, back_by_copy])
def test_a_library_that_is_taken_away_is_missed_and_used_again_when_it_is_back(
    asked: TestClient, place: Place, take: Callable[[Place], None], bring: Callable[[Place], None]
) -> None:
    is_complete(asked)
    take(place)
    is_inside = place.collection.is_relative_to(place.photos)
    if is_inside or take is move:
        health = asked.get("/health")
        assert health.status_code == (503 if is_inside else 200)
        missing = "collection" if is_inside else "photos"
        assert (health.json()["status"], health.json()["missing"]) == ("degraded", missing)
        assert health.json()["num_images"] == N_PHOTOS
        assert asked.get("/readyz").status_code == health.status_code
        refuses_changes(asked)
        picture = asked.get("/api/image/black.png")
        assert (picture.status_code, code(picture)) == (503, "library_missing")
    searched = asked.post("/api/search/text", json=TEXT)
    assert searched.status_code == (503 if is_inside else 200)
    assert not (place.photos / ".twinlens").exists()  # no empty collection in its place
    bring(place)
    is_complete(asked)


def test_a_run_that_loses_its_collection_ends_as_failed(inside: Place) -> None:
    with client_of(inside.photos) as client:
        run = client.app.state.index_run  # type: ignore[attr-defined]
        planned = run.planned

        def lose(plan: object) -> None:
            planned(plan)
            move(inside)

        run.planned = lose
        (inside.photos / "beach" / "red.png").unlink()
        assert "event: failed" in client.post("/api/index").text
        assert client.get("/api/index").json()["stage"] == "failed"
        assert not inside.photos.exists()
        run.planned = planned
        back_by_move(inside)
        assert "event: done" in client.post("/api/index").text


@pytest.mark.server
@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_served_library_comes_and_goes(serve: Serve, inside: Place, workers: int) -> None:
    with serve(inside.photos, "--workers", workers) as served, httpx.Client(base_url=served.url, timeout=60) as client:
        is_complete(client)
        for bring in (back_by_move, back_by_copy):
            unmount(inside)
            assert client.get("/health").json()["missing"] == "collection"
            refuses_changes(client)
            assert list(inside.photos.iterdir()) == []
            bring(inside)
            deadline = time.monotonic() + 60
            while client.get("/health").status_code != 200 and time.monotonic() < deadline:
                time.sleep(0.05)
            is_complete(client)


def test_a_server_of_vectors_that_is_away_is_missing_until_it_is_back(
    inside: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_: Collection) -> None:
        raise StoreUnavailableError("the Milvus server at http://vectors:19530 does not answer as it should")

    with client_of(inside.collection) as client:
        monkeypatch.setattr(Collection, "check_present", away)
        told = client.get("/health")
        assert (told.status_code, told.json()["status"], told.json()["missing"]) == (503, "degraded", "vectors")
        ready = client.get("/readyz")
        assert (ready.status_code, code(ready)) == (503, "library_missing")
        assert "19530" not in ready.text
        monkeypatch.undo()
        assert client.get("/health").status_code == client.get("/readyz").status_code == 200
