"""An exact store ranks exactly, and reads as few rows as it can."""

import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from contracts.vector_store import DIM, NOTHING, OWNER, check_answer, clustered, put, unit
from stores.exact.conftest import open_exact
from twinlens.stores import codes, exact
from twinlens.stores.checked_rows import CheckedRows
from twinlens.stores.codes import Rough, Scanner
from twinlens.stores.exact import ExactStore, HalfStore
from twinlens.types import Embeddings, Ids


class TestExactness:
    def test_differences_below_half_precision_are_ranked_right(self, tmp_path: Path) -> None:
        query = unit(np.ones(DIM))
        aside = unit(np.array([1.0, -1.0] * (DIM // 2)))
        angles = 0.02 + 1e-4 * np.random.default_rng(0).permutation(200)  # all alike after rounding to float16
        vectors = {i + 1: unit(np.cos(angle) * query + np.sin(angle) * aside) for i, angle in enumerate(angles)}
        store = put(open_exact(tmp_path), vectors, generation=1)
        expected = (np.argsort(angles)[:10] + 1).tolist()
        assert store.search(query[None], 10).ids[0].tolist() == expected

    @pytest.mark.parametrize("dim", [3, 33, 512])
    @pytest.mark.parametrize("count", [7, 101])
    def test_collapsed_vectors_of_any_length_are_exact(self, tmp_path: Path, dim: int, count: int) -> None:
        twin, query = unit(np.random.default_rng(dim).normal(size=(2, dim)))
        store = put(open_exact(tmp_path, dim=dim), dict.fromkeys(range(1, count + 1), twin), generation=1)
        for k in (1, 5, count):
            assert store.search(query[None], k).ids[0].tolist() == list(range(1, k + 1))

    def test_rows_shared_out_to_threads_give_the_same_answer(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        vectors = clustered(103, seed=4)
        store = put(open_exact(tmp_path), vectors, generation=1)
        put(store, {}, removed=[5, 6, 7], generation=2)
        queries = unit(np.random.default_rng(2).normal(size=(5, DIM)))
        alone = store.search(queries, 20)
        monkeypatch.setattr(codes, "ROWS_WORTH_A_THREAD", 10)
        monkeypatch.setattr(codes, "THREADS", 4)
        for mine, other in zip(alone, store.search(queries, 20), strict=True):
            np.testing.assert_array_equal(mine, other)

    def test_searching_while_another_thread_updates_gives_whole_states_only(self, tmp_path: Path) -> None:
        store = open_exact(tmp_path)
        twin = unit(np.ones(DIM))
        put(store, dict.fromkeys(range(1, 4), twin), generation=1)
        faults: list[object] = []
        done = threading.Event()

        def search() -> None:
            while not done.is_set():
                try:
                    ids = store.search(twin[None], 1000).ids[0].tolist()
                    if ids != list(range(1, len(ids) + 1)) or not ids:
                        faults.append(ids)
                except Exception as error:  # noqa: BLE001 — a thread's error must fail the test
                    faults.append(error)

        interval = sys.getswitchinterval()
        sys.setswitchinterval(1e-5)
        threads = [threading.Thread(target=search) for _ in range(2)]
        try:
            for thread in threads:
                thread.start()
            for generation in range(2, 40):
                size = 3 + generation % 40
                removed = range(size + 1, 50)
                put(store, dict.fromkeys(range(1, size + 1), twin), removed=removed, generation=generation)
        finally:
            done.set()
            for thread in threads:
                thread.join()
            sys.setswitchinterval(interval)
        assert faults[:3] == []

    def test_an_update_with_nothing_makes_an_empty_store_of_that_generation(self, tmp_path: Path) -> None:
        store = open_exact(tmp_path / "new")
        store.update(iter([]), NOTHING, generation=2)
        assert (open_exact(tmp_path / "new").generation, len(store)) == (2, 0)


def test_more_hits_of_one_query_take_no_second_scan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = clustered(300)
    store = put(open_exact(tmp_path), vectors, generation=1)
    scan, scanned = Scanner.scan, list[int]()

    def counted(self: Scanner, rows: CheckedRows, *args: Any) -> Rough:
        scanned.append(len(rows.array))
        return scan(self, rows, *args)

    monkeypatch.setattr(Scanner, "scan", counted)
    queries = unit(np.random.default_rng(2).normal(size=(2, DIM)))
    for k, among in ((5, None), (200, None), (50, np.arange(1, 301, 3)), (20, None)):
        check_answer(store.search(queries[:1], k, among=among), vectors, queries[:1], k, among)
    assert scanned == [300]
    check_answer(store.search(queries[1:], 5), vectors, queries[1:], 5)
    assert scanned == [300, 300]
    more = {**vectors, 900: queries[1]}
    put(store, {900: queries[1]}, generation=2)
    check_answer(store.search(queries[1:], 5), more, queries[1:], 5)
    assert scanned == [300, 300, 301], "rows have come since"


def test_where_many_are_asked_for_the_answer_is_exact_and_fewer_rows_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors = clustered(3000, spread=0.05)
    store = put(open_exact(tmp_path), vectors, generation=1)
    queries = unit(np.random.default_rng(2).normal(size=(2, DIM)))
    cosines, read = ExactStore._cosines, list[int]()

    def counted(self: ExactStore, view: Any, rows: Ids, query: Embeddings) -> Any:
        read.append(len(rows))
        return cosines(self, view, rows, query)

    monkeypatch.setattr(ExactStore, "_cosines", counted)
    totals = []
    for many in (10_000, 100):
        monkeypatch.setattr(exact, "MANY", many)
        for among in (None, np.arange(1, 3001, 2)):
            check_answer(store.search(queries, 1200, among=among), vectors, queries, 1200, among)
        totals.append(sum(read))
        read.clear()
    assert totals[1] < totals[0]


@pytest.mark.parametrize("kind", [ExactStore, HalfStore])
def test_all_above_a_score_are_those_that_a_search_ranks_above_it(kind: type[ExactStore], tmp_path: Path) -> None:
    vectors = clustered(300, spread=0.1)
    store = kind(tmp_path, dim=DIM, owner=OWNER)
    assert store.at_least(vectors[9], -1.0).tolist() == []
    put(store, vectors, generation=1)
    put(store, {}, removed=[5, 6], generation=2)
    for among in (None, np.arange(1, 301, 3)):
        ranked = store.search(vectors[9][None], 300, among=among)
        for place in (0, 1, 7, 50, len(ranked.ids[0]) - 1):
            least = ranked.scores[0][place]
            expected = np.sort(ranked.ids[0][ranked.scores[0] >= least])
            assert store.at_least(vectors[9], float(least), among=among).tolist() == expected.tolist()
    assert store.at_least(vectors[9], 1.1).tolist() == []
