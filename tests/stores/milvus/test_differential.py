"""Random operations on a library with its vectors on a real server, and on one with them in files: equal answers."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from contracts.vector_store import DIM, check_answer, clustered, put, recall_at_k, unit
from stores.milvus.differential import WEIGHTS, Both, Library, Shared
from stores.milvus.running import RunningMilvus

pytest.importorskip("pymilvus")
kinds = pytest.importorskip("twinlens.stores.milvus.kinds")
MilvusStore = pytest.importorskip("twinlens.stores.milvus.store").MilvusStore
LEAST = 0.99  # recall@10
pytestmark = [pytest.mark.server, pytest.mark.slow]


@contextmanager
def both(place: Path, milvus: RunningMilvus, *, seed: int) -> Iterator[Both]:
    shared = Shared(dim=16)
    address = f"milvus://127.0.0.1:{milvus.port}/d{place.name[-20:]}"
    libraries = [Library(place / "files", shared, "exact"), Library(place / "server", shared, address)]
    try:
        yield Both(libraries, shared, seed=seed)
    finally:
        for library in libraries:
            library.collection.close()


@pytest.mark.parametrize("operations", [200, pytest.param(10_000, marks=pytest.mark.thorough)])
def test_any_operations_give_equal_answers(tmp_path: Path, milvus: RunningMilvus, operations: int) -> None:
    with both(tmp_path, milvus, seed=operations) as pair:
        pair.run(operations, exact=True)
    assert set(pair.done) == set(WEIGHTS)


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["HNSW", "IVF_SQ8"])
def test_an_index_that_may_miss_finds_nearly_all(
    tmp_path: Path, milvus: RunningMilvus, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kinds, "_UP_TO", ((2**62, kinds.kind_called(name)),))
    with both(tmp_path, milvus, seed=5) as pair:
        pair.run(500, exact=False)
    assert np.mean(pair.overlaps) >= LEAST


def test_what_an_index_did_not_meet_is_found_all_the_same(
    tmp_path: Path, milvus: RunningMilvus, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors = clustered(30)
    url = f"milvus://127.0.0.1:{milvus.port}/m{tmp_path.name[-20:]}"
    store = MilvusStore(tmp_path / "c-photos", dim=DIM, owner="catalog/model", url=url)
    put(store, vectors, generation=1)
    monkeypatch.setattr(
        type(store._server), "search", lambda *_, **__: (np.array([3]), np.array([0.5], dtype=np.float32))
    )
    queries = np.stack([vectors[1], vectors[2]])
    among = np.arange(1, 21)
    check_answer(store.search(queries, 10, among=among), vectors, queries, 10, among=among)


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["HNSW", "IVF_SQ8"])
def test_an_index_finds_nearly_all_of_those_that_pass_a_filter(
    tmp_path: Path, milvus: RunningMilvus, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kinds, "_UP_TO", ((2**62, kinds.kind_called(name)),))
    vectors = clustered(20_000, dim=64, clusters=100, spread=0.1)
    url = f"milvus://127.0.0.1:{milvus.port}/r{tmp_path.name[-20:]}"
    store = MilvusStore(tmp_path / "c-photos", dim=64, owner="catalog/model", url=url)
    put(store, vectors, generation=1)
    assert store.space is not None
    client = store._server._client
    client.flush(store.space.name)  # what grows is compared as a whole: only then there is an index to miss anything
    until = time.monotonic() + 600
    while client.describe_index(store.space.name, "vector")["pending_index_rows"] and time.monotonic() < until:
        time.sleep(0.5)
    dice = np.random.default_rng(3)
    queries = unit(np.stack([vectors[number] for number in range(1, 61)]) + 0.1 * dice.standard_normal((60, 64)))
    for share in (0.001, 0.01, 0.1, 0.5, 1.0):
        among = None if share == 1.0 else np.sort(dice.permutation(20_000)[: int(20_000 * share)]) + 1
        assert recall_at_k(store.search(queries, 10, among=among), vectors, queries, 10, among) >= LEAST, share
