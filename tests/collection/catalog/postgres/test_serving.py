"""Two servers on two machines share one catalog: each shows what the other one changes, and tells when it is away."""

import json
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
from twinlens.errors import AlreadyIndexingError

PATIENCE_S = 600  # for processes that open a model on a busy machine


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
    with pytest.raises(AlreadyIndexingError):
        second.index()
    process.send_signal(signal.SIGKILL)
    process.wait()
    with second:
        assert 20 <= len(second) < 200
        report = second.index()
        assert report.added + report.unchanged == len(second) == 200
        assert second.faults() == []
        assert len(second.catalog.rows("SELECT DISTINCT path FROM photos")) == 200


@pytest.mark.thorough
@pytest.mark.parametrize("killed", ["none", "the one that leads", "one that helps"])
def test_three_indexers_index_each_photo_once_though_one_is_killed(
    address: Address, make_photo: PhotoMaker, tmp_path: Path, own_home: Path, killed: str
) -> None:
    for number in range(600):
        make_photo(f"{number}.png", ("red", "green", "blue")[number % 3], seed=number, size=(300, 200))
    line = [sys.executable, "-m", "twinlens", "index", str(tmp_path / "photos"), "--catalog", str(address), "--json"]
    processes = []
    for number in range(3):
        env = {**os.environ, "TWINLENS_HOME": str(tmp_path / f"machine {number}")}
        with (tmp_path / f"{number}.log").open("w") as log:
            processes.append(subprocess.Popen(line, stdout=subprocess.PIPE, stderr=log, env=env))
    deadline = time.monotonic() + PATIENCE_S

    def who_says(what: str) -> int:
        while True:
            for number in range(3):
                if what in (tmp_path / f"{number}.log").read_text():
                    return number
            assert time.monotonic() < deadline
            assert any(process.poll() is None for process in processes)
            time.sleep(0.05)

    leads, helps = who_says("600 to read"), who_says("this one reads photos for it")
    victim = {"the one that leads": leads, "one that helps": helps}.get(killed)
    if victim is not None:
        processes[victim].send_signal(signal.SIGKILL)
    printed = [process.communicate(timeout=PATIENCE_S)[0] for process in processes]
    told = [json.loads(text) for number, text in enumerate(printed) if number != victim]
    if victim is None:
        assert sum(report["added"] for report in told) == 600
        assert sum(report.get("helped", 0) for report in told) == told[leads]["by_others"] > 0
    assert [report["images"] for report in told] == [600] * len(told)
    with Collection.open(str(address)) as looked_at:
        paths = looked_at.catalog.rows("SELECT path FROM photos JOIN vectors ON photo_id = id")
        assert len(set(paths)) == len(paths) == 600
        assert looked_at.faults() == []
