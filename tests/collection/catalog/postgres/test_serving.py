"""Two servers on two machines share one catalog: each shows what the other one changes, and tells when it is away."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from conftest import PhotoMaker
from postgres_server import Server
from rest.served_library import client_of
from twinlens.collection.catalog.postgres.address import Address
from twinlens.collection.collection import Collection


@pytest.fixture
def two(
    address: Address, make_photo: PhotoMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[TestClient, TestClient]]:
    for number, colour in enumerate(("red", "green", "blue")):
        make_photo(f"{colour}.png", colour, seed=number)
    first = Collection.create([tmp_path / "photos"], at=str(address))
    first.index()
    monkeypatch.setenv("TWINLENS_HOME", str(tmp_path / "another machine"))
    with client_of(first) as one, client_of(Collection.open(str(address))) as other:
        yield one, other


def found(client: TestClient, query: str) -> set[str]:
    answer = client.post("/api/search/text", json={"query": query, "top_k": 10})
    assert answer.status_code == 200, answer.text
    return {hit["image_id"] for hit in answer.json()["results"]}


@pytest.mark.slow
def test_two_servers_see_each_others_changes_and_tell_when_the_catalog_is_away(
    two: tuple[TestClient, TestClient], server: Server, make_photo: PhotoMaker
) -> None:
    one, other = two
    assert one.post("/api/tags", json={"image_ids": ["red.png"], "tags": ["Kids"]}).status_code == 200
    assert found(other, "tag:kids") == {"red.png"}
    before = other.get("/api/stats").json()["generation"]
    make_photo("yellow.png", "yellow")
    assert "event: done" in one.post("/api/index").text
    assert other.get("/api/stats", params={"other_than": before, "wait_s": 5}).json()["num_images"] == 4
    assert found(other, "name:yellow") == {"yellow.png"}
    server.stop("immediate")
    try:
        for client in two:
            health, ready = client.get("/health"), client.get("/readyz")
            assert (health.status_code, health.json()["missing"]) == (503, "catalog")
            assert (ready.status_code, ready.json()["error"]["code"]) == (503, "library_missing")
            asked = client.post("/api/search/text", json={"query": "red"})
            assert (asked.status_code, asked.json()["error"]["code"]) == (503, "library_missing")
            assert "127.0.0.1" not in asked.text + ready.text
            assert client.get("/").status_code == 200  # what Kubernetes asks, so as not to start it again for nothing
    finally:
        server.start()
    for client in two:
        assert client.get("/health").status_code == client.get("/readyz").status_code == 200
        assert found(client, "tag:kids") == {"red.png"}


@pytest.mark.thorough
def test_an_indexer_that_is_killed_leaves_what_it_had_done_and_the_next_one_doubles_nothing(
    address: Address, make_photo: PhotoMaker, tmp_path: Path, own_home: Path
) -> None:
    for number in range(200):
        make_photo(f"{number}.png", "red", seed=number)
    line = [sys.executable, "-m", "twinlens", "index", str(tmp_path / "photos"), "--catalog", str(address)]
    process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    second = None
    deadline = time.monotonic() + 120
    while second is None or len(second) < 20:
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.05)
        if second is None and (own_home / "catalogs").exists():
            second = Collection.create([tmp_path / "photos"], at=str(address))
    refused = subprocess.run([*line, "--json"], capture_output=True, text=True, check=False, env={**os.environ})
    assert (refused.returncode, "another process is indexing" in refused.stderr) == (1, True)
    process.send_signal(signal.SIGKILL)
    process.wait()
    with second:
        assert 20 <= len(second) < 200
        report = second.index()
        assert report.added + report.unchanged == len(second) == 200
        assert second.faults() == []
        assert len(second.catalog.rows("SELECT DISTINCT path FROM photos")) == 200
