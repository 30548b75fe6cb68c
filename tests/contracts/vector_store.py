"""What every vector store must do; a store's tests inherit this before they have their own."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twinlens.protocols import Neighbours, VectorStore
from twinlens.types import Embeddings, Ids

DIM = 16
ROUNDING = 1e-6  # of a float32 dot product of unit vectors
NOTHING: Ids = np.empty(0, dtype=np.int64)
Vectors: TypeAlias = dict[int, np.ndarray]
"""id → unit vector: what a store should hold."""


def unit(rows: np.ndarray) -> Embeddings:
    return (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)


def clustered(count: int, *, seed: int = 0, dim: int = DIM, first_id: int = 1) -> Vectors:
    """Vectors in narrow clusters, every fifth a copy of an earlier one: as photos of bursts are."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(4, dim))
    rows = unit(centres[random.integers(4, size=count)] + 0.01 * random.normal(size=(count, dim)))
    for copy in range(5, count, 5):
        rows[copy] = rows[random.integers(copy)]
    return {first_id + row: rows[row] for row in range(count)}


def blocks(vectors: Mapping[int, np.ndarray], *, size: int = 7) -> Iterator[tuple[Ids, Embeddings]]:
    ids = sorted(vectors)
    for start in range(0, len(ids), size):
        part = ids[start : start + size]
        yield np.array(part, dtype=np.int64), np.stack([vectors[photo] for photo in part])


def put(
    store: VectorStore, vectors: Mapping[int, np.ndarray], *, generation: int, removed: Sequence[int] = ()
) -> VectorStore:
    store.update(blocks(vectors), np.array(removed, dtype=np.int64), generation=generation)
    return store


def plain_search(vectors: Mapping[int, np.ndarray], query: np.ndarray, k: int) -> list[tuple[int, float]]:
    """The truth by another road: every cosine in float64, one after the other."""
    scored = []
    for photo, vector in vectors.items():
        score = sum(float(a) * float(b) for a, b in zip(vector, query, strict=True))
        scored.append((photo, score))
    scored.sort(key=lambda item: (-item[1], item[0]))
    return scored[:k]


def check_answer(
    found: Neighbours, vectors: Mapping[int, np.ndarray], queries: np.ndarray, k: int, among: Ids | None = None
) -> None:
    """Asserts that an answer is the plain loop's, up to float32 rounding; equal vectors stand by id."""
    candidates = vectors if among is None else {int(i): vectors[int(i)] for i in among if int(i) in vectors}
    expected_k = min(k, len(candidates))
    assert found.ids.shape == found.scores.shape == (len(queries), expected_k)
    for query, ids, scores in zip(queries, found.ids.tolist(), found.scores.tolist(), strict=True):
        truth = plain_search(candidates, query, k=len(candidates))
        exact = dict(truth)
        assert len(set(ids)) == len(ids)
        np.testing.assert_allclose(scores, [exact[photo] for photo in ids], atol=ROUNDING, rtol=0)
        np.testing.assert_allclose(scores, [score for _, score in truth[:expected_k]], atol=ROUNDING, rtol=0)
        place = {photo: number for number, photo in enumerate(ids)}
        smallest: dict[bytes, list[int]] = {}
        for photo in sorted(candidates):
            smallest.setdefault(candidates[photo].tobytes(), []).append(photo)
        for twins in smallest.values():
            shown = [photo for photo in twins if photo in place]
            assert shown == twins[: len(shown)], "of equal vectors the smaller ids come first"
            assert [place[photo] for photo in shown] == sorted(place[photo] for photo in shown)


class VectorStoreContract:
    """Inherit it and say how your store opens."""

    def open_store(self, folder: Path) -> VectorStore:
        """The store kept in ``folder``, D = DIM; a second call sees what the first one stored."""
        raise NotImplementedError

    @pytest.fixture
    def store(self, tmp_path: Path) -> VectorStore:
        return self.open_store(tmp_path / "store")

    def test_an_empty_store_answers_with_nothing(self, store: VectorStore) -> None:
        assert (len(store), store.generation, store.ids().tolist()) == (0, 0, [])
        found = store.search(unit(np.ones((2, DIM))), 5)
        assert found.ids.shape == found.scores.shape == (2, 0)

    def test_three_vectors_are_ranked_as_worked_out_by_hand(self, store: VectorStore) -> None:
        x, y = np.eye(DIM, dtype=np.float32)[:2]
        put(store, {4: x, 7: y, 9: unit(3 * x + 4 * y)}, generation=1)
        found = store.search(x[None], 3)
        assert found.ids.tolist() == [[4, 9, 7]]
        np.testing.assert_allclose(found.scores, [[1.0, 0.6, 0.0]], atol=ROUNDING)

    @pytest.mark.parametrize("k", [1, 3, 10, 59, 60])
    def test_search_equals_a_plain_loop_on_clustered_vectors(self, store: VectorStore, k: int) -> None:
        vectors = clustered(60)
        put(store, vectors, generation=1)
        queries = np.concatenate([unit(np.random.default_rng(1).normal(size=(4, DIM))), list(vectors.values())[:4]])
        check_answer(store.search(queries, k), vectors, queries, k)

    def test_equal_vectors_are_ordered_by_id_whatever_order_they_came_in(self, store: VectorStore) -> None:
        twin = unit(np.arange(1.0, DIM + 1))
        for generation, photo in enumerate([5, 3, 9, 1, 7], start=1):
            put(store, {photo: twin}, generation=generation)
        for k in (1, 2, 5):
            assert store.search(twin[None], k).ids.tolist() == [[1, 3, 5, 7, 9][:k]]

    @pytest.mark.parametrize("count", [7, 33, 250])
    def test_a_collapsed_model_is_ordered_by_id(self, store: VectorStore, count: int) -> None:
        twin = unit(np.random.default_rng(3).normal(size=DIM))
        put(store, dict.fromkeys(range(1, count + 1), twin), generation=1)
        query = unit(np.random.default_rng(4).normal(size=(1, DIM)))
        found = store.search(query, count)
        assert found.ids[0].tolist() == list(range(1, count + 1))
        assert len(set(found.scores[0].tolist())) == 1

    def test_a_filter_never_loses_results(self, store: VectorStore) -> None:
        vectors = clustered(80, seed=2)
        put(store, vectors, generation=1)
        query = vectors[1][None]
        # the photos that fit worst: a filter after the top k would leave nothing of them
        worst = np.sort([photo for photo, _ in plain_search(vectors, query[0], k=80)[-6:]])
        for k in (1, 4, 6, 50):
            check_answer(store.search(query, k, among=worst), vectors, query, k, among=worst)

    def test_a_filter_may_name_what_is_not_there(self, store: VectorStore) -> None:
        vectors = clustered(10)
        put(store, vectors, generation=1)
        query = vectors[1][None]
        assert store.search(query, 5, among=np.array([3, 400, 9])).ids.shape == (1, 2)
        assert store.search(query, 5, among=np.array([400])).ids.shape == (1, 0)
        assert store.search(query, 5, among=NOTHING).ids.shape == (1, 0)

    def test_k_may_be_larger_than_the_store(self, store: VectorStore) -> None:
        vectors = clustered(9)
        put(store, vectors, generation=1)
        query = vectors[2][None]
        check_answer(store.search(query, 1000), vectors, query, 1000)

    def test_scores_are_cosines_in_range(self, store: VectorStore) -> None:
        vectors = clustered(40, seed=5)
        put(store, vectors, generation=1)
        own = np.stack(list(vectors.values()))
        scores = store.search(np.concatenate([own, -own]), 40).scores
        assert scores.min() >= -1.0
        assert scores.max() <= 1.0

    def test_a_replaced_vector_is_found_in_its_new_place_only(self, store: VectorStore) -> None:
        vectors = clustered(20)
        put(store, vectors, generation=1)
        vectors[3] = -vectors[3]
        put(store, {3: vectors[3]}, generation=2)
        queries = np.stack([vectors[3], -vectors[3]])
        assert len(store) == 20
        check_answer(store.search(queries, 20), vectors, queries, 20)

    def test_a_removed_vector_is_gone_and_may_come_back(self, store: VectorStore) -> None:
        vectors = clustered(12)
        put(store, vectors, generation=1)
        gone = vectors.pop(4)
        put(store, {}, removed=[4], generation=2)
        assert store.ids().tolist() == sorted(vectors)
        check_answer(store.search(gone[None], 12), vectors, gone[None], 12)
        vectors[4] = -gone
        put(store, {4: -gone}, generation=3)
        assert store.ids().tolist() == list(range(1, 13))
        check_answer(store.search(gone[None], 12), vectors, gone[None], 12)

    def test_what_is_removed_and_added_in_one_update_is_there(self, store: VectorStore) -> None:
        vectors = clustered(6)
        put(store, vectors, generation=1)
        vectors[2] = -vectors[2]
        put(store, {2: vectors[2]}, removed=[2], generation=2)
        assert store.ids().tolist() == [1, 2, 3, 4, 5, 6]
        check_answer(store.search(vectors[2][None], 6), vectors, vectors[2][None], 6)

    def test_a_store_may_be_emptied_and_filled_again(self, store: VectorStore) -> None:
        put(store, clustered(8), generation=1)
        put(store, {}, removed=range(1, 9), generation=2)
        assert (len(store), store.generation) == (0, 2)
        assert store.search(unit(np.ones((1, DIM))), 3).ids.shape == (1, 0)
        vectors = clustered(8, seed=9, first_id=20)
        put(store, vectors, generation=3)
        check_answer(store.search(vectors[20][None], 3), vectors, vectors[20][None], 3)

    def test_the_generation_is_that_of_the_last_update(self, store: VectorStore) -> None:
        put(store, clustered(3), generation=4)
        assert store.generation == 4
        put(store, {}, generation=11)
        assert (store.generation, len(store)) == (11, 3)

    def test_a_reopened_store_is_equal(self, store: VectorStore, tmp_path: Path) -> None:
        vectors = clustered(30, seed=7)
        put(store, vectors, generation=1)
        put(store, {}, removed=[2, 3], generation=2)
        again = self.open_store(tmp_path / "store")
        assert (again.generation, len(again)) == (2, 28)
        np.testing.assert_array_equal(again.ids(), store.ids())
        queries = np.stack([vectors[1], vectors[2]])
        for mine, other in zip(store.search(queries, 10), again.search(queries, 10), strict=True):
            np.testing.assert_array_equal(mine, other)

    def test_refresh_takes_over_what_another_wrote(self, store: VectorStore, tmp_path: Path) -> None:
        vectors = clustered(20)
        other = self.open_store(tmp_path / "store")
        put(other, vectors, generation=1)
        store.refresh()
        assert (store.generation, len(store)) == (1, 20)
        query = vectors[3][None]
        check_answer(store.search(query, 20), vectors, query, 20)
        put(other, {3: -vectors[3]}, removed=[7], generation=2)
        store.refresh()
        after = {photo: vector for photo, vector in vectors.items() if photo != 7} | {3: -vectors[3]}
        assert store.generation == 2
        check_answer(store.search(query, 20), after, query, 20)

    def test_a_cleared_store_is_empty_and_takes_an_older_state(self, store: VectorStore, tmp_path: Path) -> None:
        put(store, clustered(9), generation=7)
        store.clear()
        assert (len(store), store.generation, store.ids().tolist()) == (0, 0, [])
        assert store.search(unit(np.ones((1, DIM))), 3).ids.shape == (1, 0)
        vectors = clustered(5, seed=6)
        put(store, vectors, generation=4)
        query = vectors[1][None]
        for seen in (store, self.open_store(tmp_path / "store")):
            assert seen.generation == 4
            check_answer(seen.search(query, 9), vectors, query, 9)

    def test_a_changed_vector_is_noticed(self, store: VectorStore) -> None:
        vectors = clustered(20)
        put(store, vectors, generation=1)
        ids, rows = next(blocks(vectors, size=20))
        assert not store.differs(ids, rows)
        assert not store.differs(ids[3:5], rows[3:5])
        assert store.differs(ids, np.roll(rows, 1, axis=0))
        assert store.differs(ids[3:5], -rows[3:5])

    @settings(
        max_examples=30,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.differing_executors, HealthCheck.too_slow],
    )
    @given(data=st.data())
    def test_any_sequence_of_updates_equals_a_dictionary(
        self, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        folder = tmp_path_factory.mktemp("sequence") / "store"
        few_vectors = unit(np.random.default_rng(11).normal(size=(6, DIM)))
        store, vectors = self.open_store(folder), Vectors()
        photo = st.integers(min_value=1, max_value=12)
        for generation in range(1, data.draw(st.integers(1, 8), label="updates") + 1):
            added = data.draw(st.dictionaries(photo, st.integers(0, 5), max_size=6), label="added")
            removed = data.draw(st.sets(photo, max_size=6), label="removed")
            new = {photo: few_vectors[number] for photo, number in added.items()}
            put(store, new, removed=sorted(removed), generation=generation)
            vectors = {photo: vector for photo, vector in vectors.items() if photo not in removed} | new
            if data.draw(st.booleans(), label="reopen"):
                store = self.open_store(folder)
            assert (store.generation, len(store)) == (generation, len(vectors))
            assert store.ids().tolist() == sorted(vectors)
            among = np.array(sorted(data.draw(st.sets(photo), label="among")), dtype=np.int64)
            check_answer(store.search(few_vectors, 5), vectors, few_vectors, 5)
            check_answer(store.search(few_vectors, 5, among=among), vectors, few_vectors, 5, among=among)
