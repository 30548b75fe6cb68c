"""A real replica that lags, stops, and is no replica any more: answers are never older than what a process has seen."""

import contextlib
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conftest import PhotoMaker
from postgres_server import ReplicaServer, Server, programs
from rest.served_library import client_of
from twinlens.collection.catalog.postgres import replica as replicas
from twinlens.collection.catalog.postgres.address import MOST_LAG_S, Address
from twinlens.collection.collection import Collection

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (found := programs()) or not (found / "pg_basebackup").exists(), reason="no pg_basebackup"),
]


@pytest.fixture
def replica(server: Server) -> Iterator[ReplicaServer]:
    with tempfile.TemporaryDirectory(prefix="twinlens-replica-", ignore_cleanup_errors=True) as folder:
        running = server.replicated(Path(folder))
        yield running
        with contextlib.suppress(AssertionError):  # a test that failed has stopped it
            running.stop("immediate")


@pytest.fixture
def library(
    address: Address, replica: ReplicaServer, make_photo: PhotoMaker, models: None, tmp_path: Path
) -> Iterator[Collection]:
    """Read from the replica; another process, which writes, knows nothing of it."""
    for colour in ("red", "blue"):
        make_photo(f"{colour}.png", colour)
    with Collection.create([tmp_path / "photos"], at=str(address)) as writer:
        writer.index()
    with Collection.open(f"{address}&replica=127.0.0.1:{replica.port}") as opened:
        until(lambda: opened.catalog.replica_state().is_used)
        yield opened


def until(is_so: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_read_from_replica(library: Collection) -> bool:
    return bool(library.catalog.rows("SELECT pg_is_in_recovery()")[0][0])


def found(library: Collection, query: str) -> list[str]:
    return sorted(hit.path.name for hit in library.search(query))


def test_answers_may_lag_but_not_behind_what_this_process_wrote(
    address: Address, replica: ReplicaServer, library: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert is_read_from_replica(library)
    assert found(library, "red blue") == ["blue.png", "red.png"]
    replica.sql("SELECT pg_wal_replay_pause()")
    until(lambda: replica.sql("SELECT pg_get_wal_replay_pause_state()")[0][0] == "paused")
    monkeypatch.setattr(replicas, "LOOK_S", 0.0)
    with Collection.open(str(address)) as other:
        other.tags.add(["theirs"], ["red.png"])
        assert found(other, "tag:theirs") == ["red.png"]
    assert found(library, "tag:theirs") == []  # allowed to lag, and said so
    state = library.catalog.replica_state()
    assert state.is_used
    assert state.lag_s >= 0
    assert library.status()["replica"]["is_used"]
    library.tags.add(["ours"], ["blue.png"])
    assert not is_read_from_replica(library)
    assert found(library, "tag:ours") == ["blue.png"]
    assert found(library, "tag:theirs") == ["red.png"]
    state = library.catalog.replica_state()
    assert (state.is_used, "lags" in state.why) == (False, True)
    replica.sql("SELECT pg_wal_replay_resume()")
    until(lambda: library.catalog.replica_state().is_used)
    assert is_read_from_replica(library)
    assert found(library, "tag:ours") == ["blue.png"]
    assert library.faults() == []


def test_a_replica_that_lags_more_than_is_allowed_is_not_read(
    address: Address, replica: ReplicaServer, library: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replicas, "LOOK_S", 0.0)
    with Collection.open(f"{address}&replica=127.0.0.1:{replica.port}&replica_lag=0") as strict:
        until(lambda: strict.catalog.replica_state().is_used)
        replica.sql("SELECT pg_wal_replay_pause()")
        with Collection.open(str(address)) as other:
            other.tags.add(["theirs"], ["red.png"])
        assert found(strict, "tag:theirs") == ["red.png"]
        assert not strict.catalog.replica_state().is_used
        replica.sql("SELECT pg_wal_replay_resume()")


def test_a_server_tells_the_lag_and_outlives_its_replica_and_a_replica_its_server(
    server: Server, replica: ReplicaServer, library: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replicas, "AWAY_S", 0.0)
    with client_of(library) as client:

        def count(query: str) -> int:
            answer = client.post("/api/search/text", json={"query": query})
            assert answer.status_code == 200, answer.text
            return len(answer.json()["results"])

        health = client.get("/health").json()
        assert health["replica_used"]
        assert 0 <= health["replica_lag_s"] < MOST_LAG_S
        assert re.search(r"^twinlens_replica_lag_seconds \d", client.get("/metrics").text, re.MULTILINE)
        replica.stop("immediate")
        assert client.get("/readyz").status_code == 200
        assert count("name:red") == 1
        until(lambda: not client.get("/health").json()["replica_used"])
        replica.start()
        until(lambda: client.get("/health").json()["replica_used"])
        server.stop("immediate")
        try:
            assert client.get("/readyz").status_code == 200  # it can be searched
            assert count("name:blue") == 1
            asked = client.post("/api/tags", json={"image_ids": ["red.png"], "tags": ["Kids"]})
            assert (asked.status_code, asked.json()["error"]["code"]) == (503, "library_missing")
        finally:
            server.start()
        assert client.post("/api/tags", json={"image_ids": ["red.png"], "tags": ["Kids"]}).status_code == 200
        assert count("tag:kids") == 1
        replica.sql("SELECT pg_promote()")
        until(lambda: not client.get("/health").json()["replica_used"])
        assert count("tag:kids") == 1
