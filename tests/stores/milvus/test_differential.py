"""Random operations on a library with its vectors on a real server, and on one with them in files: equal answers."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stores.milvus.differential import WEIGHTS, Both, Library, Shared
from stores.milvus.running import RunningMilvus

pytest.importorskip("pymilvus")
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
