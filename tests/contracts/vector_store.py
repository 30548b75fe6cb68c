"""What every vector store must do; a store's tests inherit one of these before they have their own.

``ExactStoreContract`` is for a store that never misses, ``RecallStoreContract`` for one that may, up to a
recall. Both include ``VectorStoreContract``, which is what a collection relies on with any store.
"""

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
OWNER = "catalog/model"
ROUNDING = 1e-6  # of a float32 dot product of unit vectors
NOTHING: Ids = np.empty(0, dtype=np.int64)
Vectors: TypeAlias = dict[int, np.ndarray]
"""id → unit vector: what a store should hold."""


def unit(rows: np.ndarray) -> Embeddings:
    return (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)


def clustered(
    count: int, *, seed: int = 0, dim: int = DIM, first_id: int = 1, clusters: int = 4, spread: float = 0.01
) -> Vectors:
    """Vectors in narrow clusters, every fifth a copy of an earlier one: as photos of bursts are."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(clusters, dim))
    rows = unit(centres[random.integers(clusters, size=count)] + spread * random.normal(size=(count, dim)))
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


def check_scores(
    found: Neighbours,
    vectors: Mapping[int, np.ndarray],
    queries: np.ndarray,
    k: int,
    among: Ids | None = None,
    *,
    tolerance: float = ROUNDING,
) -> None:
    """Asserts what any answer must be: k candidates or all, each once, best first, with their own cosines."""
    candidates = _candidates(vectors, among)
    assert found.ids.shape == found.scores.shape == (len(queries), min(k, len(candidates)))
    for query, ids, scores in zip(queries, found.ids.tolist(), found.scores.tolist(), strict=True):
        assert set(ids) <= candidates.keys()
        assert len(set(ids)) == len(ids)
        assert scores == sorted(scores, reverse=True)
        np.testing.assert_allclose(scores, [candidates[photo] @ query for photo in ids], atol=tolerance, rtol=0)


def check_answer(
    found: Neighbours, vectors: Mapping[int, np.ndarray], queries: np.ndarray, k: int, among: Ids | None = None
) -> None:
    """Asserts that an answer is the plain loop's, up to float32 rounding; equal vectors stand by id."""
    check_scores(found, vectors, queries, k, among)
    candidates = _candidates(vectors, among)
    for query, ids, scores in zip(queries, found.ids.tolist(), found.scores.tolist(), strict=True):
        truth = [score for _, score in plain_search(candidates, query, k=k)]
        np.testing.assert_allclose(scores, truth, atol=ROUNDING, rtol=0)
        place = {photo: number for number, photo in enumerate(ids)}
        smallest: dict[bytes, list[int]] = {}
        for photo in sorted(candidates):
            smallest.setdefault(candidates[photo].tobytes(), []).append(photo)
        for twins in smallest.values():
            shown = [photo for photo in twins if photo in place]
            assert shown == twins[: len(shown)], "of equal vectors the smaller ids come first"
            assert [place[photo] for photo in shown] == sorted(place[photo] for photo in shown)


def recall_at_k(
    found: Neighbours, vectors: Mapping[int, np.ndarray], queries: np.ndarray, k: int, among: Ids | None = None
) -> float:
    """Share of the k best that were found, mean over the queries; one as good as the k-th counts in its place."""
    candidates = _candidates(vectors, among)
    scores = queries @ np.stack(list(candidates.values())).T  # [Q, N]
    k = min(k, len(candidates))
    kth = np.sort(scores, axis=1)[:, -k]
    return float((found.scores[:, :k] >= kth[:, None] - ROUNDING).mean())


def _candidates(vectors: Mapping[int, np.ndarray], among: Ids | None) -> Mapping[int, np.ndarray]:
    return vectors if among is None else {int(i): vectors[int(i)] for i in among if int(i) in vectors}


class VectorStoreContract:
    """What a collection relies on with any store; inherit it by way of one of the two below."""

    score_tolerance = ROUNDING
    """By which a score may miss the cosine; a store that keeps fewer digits says so."""

    def open_store(self, folder: Path, *, dim: int = DIM, owner: str = OWNER) -> VectorStore:
        """The store kept in ``folder``; a second call sees what the first one stored."""
        raise NotImplementedError

    def check(
        self,
        found: Neighbours,
        vectors: Mapping[int, np.ndarray],
        queries: np.ndarray,
        k: int,
        among: Ids | None = None,
    ) -> None:
        """Asserts that an answer is one that this kind of store may give."""
        check_scores(found, vectors, queries, k, among, tolerance=self.score_tolerance)

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
        np.testing.assert_allclose(found.scores, [[1.0, 0.6, 0.0]], atol=self.score_tolerance)

    @pytest.mark.parametrize("k", [1, 3, 10, 59, 60])
    def test_there_are_k_hits_best_first_with_their_cosines(self, store: VectorStore, k: int) -> None:
        vectors = clustered(60)
        put(store, vectors, generation=1)
        queries = np.concatenate([unit(np.random.default_rng(1).normal(size=(4, DIM))), list(vectors.values())[:4]])
        self.check(store.search(queries, k), vectors, queries, k)

    def test_a_filter_never_loses_results(self, store: VectorStore) -> None:
        vectors = clustered(80, seed=2)
        put(store, vectors, generation=1)
        query = vectors[1][None]
        # the photos that fit worst: a filter after the top k would leave nothing of them
        worst = np.sort([photo for photo, _ in plain_search(vectors, query[0], k=80)[-6:]])
        for k in (1, 4, 6, 50):
            self.check(store.search(query, k, among=worst), vectors, query, k, among=worst)

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
        self.check(store.search(query, 1000), vectors, query, 1000)

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
        self.check(store.search(queries, 20), vectors, queries, 20)

    def test_a_removed_vector_is_gone_and_may_come_back(self, store: VectorStore) -> None:
        vectors = clustered(12)
        put(store, vectors, generation=1)
        gone = vectors.pop(4)
        put(store, {}, removed=[4], generation=2)
        assert store.ids().tolist() == sorted(vectors)
        self.check(store.search(gone[None], 12), vectors, gone[None], 12)
        vectors[4] = -gone
        put(store, {4: -gone}, generation=3)
        assert store.ids().tolist() == list(range(1, 13))
        self.check(store.search(gone[None], 12), vectors, gone[None], 12)

    def test_what_is_removed_and_added_in_one_update_is_there(self, store: VectorStore) -> None:
        vectors = clustered(6)
        put(store, vectors, generation=1)
        vectors[2] = -vectors[2]
        put(store, {2: vectors[2]}, removed=[2], generation=2)
        assert store.ids().tolist() == [1, 2, 3, 4, 5, 6]
        self.check(store.search(vectors[2][None], 6), vectors, vectors[2][None], 6)

    def test_what_is_removed_need_not_be_there(self, store: VectorStore) -> None:
        vectors = clustered(6)
        put(store, vectors, generation=1)
        put(store, {}, removed=[2, 900], generation=2)
        assert store.ids().tolist() == [1, 3, 4, 5, 6]

    def test_a_store_may_be_emptied_and_filled_again(self, store: VectorStore) -> None:
        put(store, clustered(8), generation=1)
        put(store, {}, removed=range(1, 9), generation=2)
        assert (len(store), store.generation) == (0, 2)
        assert store.search(unit(np.ones((1, DIM))), 3).ids.shape == (1, 0)
        vectors = clustered(8, seed=9, first_id=20)
        put(store, vectors, generation=3)
        self.check(store.search(vectors[20][None], 3), vectors, vectors[20][None], 3)

    def test_the_generation_is_that_of_the_last_update(self, store: VectorStore, tmp_path: Path) -> None:
        put(store, {}, generation=2)
        assert (store.generation, len(store)) == (2, 0)
        put(store, clustered(3), generation=4)
        assert store.generation == 4
        put(store, {}, generation=11)
        for seen in (store, self.open_store(tmp_path / "store")):
            assert (seen.generation, len(seen)) == (11, 3)

    def test_an_update_that_fails_half_way_is_not_taken_for_done(self, store: VectorStore, tmp_path: Path) -> None:
        vectors = clustered(10)
        put(store, vectors, generation=1)
        vectors = {photo: vector for photo, vector in vectors.items() if photo != 2} | clustered(7, first_id=50)

        def failing() -> Iterator[tuple[Ids, Embeddings]]:
            yield from blocks(clustered(3, first_id=50))
            raise OSError("the disk went away")

        with pytest.raises(OSError, match="went away"):
            store.update(failing(), np.array([2]), generation=2)
        again = self.open_store(tmp_path / "store")
        assert again.generation == 1
        put(again, clustered(7, first_id=50), removed=[2], generation=2)
        query = vectors[1][None]
        self.check(again.search(query, 20), vectors, query, 20)

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
        self.check(store.search(query, 20), vectors, query, 20)
        put(other, {3: -vectors[3]}, removed=[7], generation=2)
        store.refresh()
        after = {photo: vector for photo, vector in vectors.items() if photo != 7} | {3: -vectors[3]}
        assert store.generation == 2
        self.check(store.search(query, 20), after, query, 20)

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
            self.check(seen.search(query, 9), vectors, query, 9)

    def test_vectors_of_another_owner_are_not_used(self, store: VectorStore, tmp_path: Path) -> None:
        put(store, clustered(8), generation=3)
        other = self.open_store(tmp_path / "store", owner="catalog/another-model")
        assert (len(other), other.generation) == (0, 0)
        vectors = clustered(5, seed=6)
        put(other, vectors, generation=1)
        query = vectors[1][None]
        self.check(other.search(query, 9), vectors, query, 9)

    def test_vectors_of_another_length_are_not_used(self, store: VectorStore, tmp_path: Path) -> None:
        put(store, clustered(8), generation=3)
        other = self.open_store(tmp_path / "store", dim=2 * DIM)
        assert (len(other), other.generation) == (0, 0)
        vectors = clustered(8, dim=2 * DIM)
        put(other, vectors, generation=1)
        query = vectors[1][None]
        self.check(other.search(query, 8), vectors, query, 8)

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
            self.check(store.search(few_vectors, 5), vectors, few_vectors, 5)
            self.check(store.search(few_vectors, 5, among=among), vectors, few_vectors, 5, among=among)


class ExactStoreContract(VectorStoreContract):
    """For a store that never misses: its ranking is NumPy's, and equal scores stand by id."""

    def check(
        self,
        found: Neighbours,
        vectors: Mapping[int, np.ndarray],
        queries: np.ndarray,
        k: int,
        among: Ids | None = None,
    ) -> None:
        check_answer(found, vectors, queries, k, among)

    @pytest.mark.parametrize("k", [1, 10, 1000])
    def test_the_ranking_is_numpy_s(self, store: VectorStore, k: int) -> None:
        vectors = clustered(1000, seed=13, clusters=30, spread=0.2)
        put(store, vectors, generation=1)
        rows, ids = np.stack(list(vectors.values())), np.array(list(vectors))
        queries = unit(np.random.default_rng(14).normal(size=(8, DIM)))
        found = store.search(queries, k)
        for query, found_ids, found_scores in zip(queries, found.ids, found.scores, strict=True):
            scores = np.vecdot(rows, query)
            ranking = np.lexsort((ids, -scores))[:k]
            np.testing.assert_allclose(found_scores, scores[ranking], atol=ROUNDING, rtol=0)
            # sums in another order differ in the last bit, which may swap two photos; nothing else may
            swapped = found_ids != ids[ranking]
            assert np.abs(scores[found_ids[swapped] - 1] - scores[ranking[swapped]]).max(initial=0.0) <= ROUNDING
            assert swapped.mean() <= 0.01

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


class RecallStoreContract(VectorStoreContract):
    """For a store that may miss: of the ten best it finds ``minimum_recall``, also under a filter and after changes."""

    minimum_recall = 0.95
    """Share of the ten best photos that has to be found, mean over 50 queries."""

    COUNT, QUERIES = 2000, 50

    def many(self) -> Vectors:
        """2,000 vectors in 50 clusters that overlap a little."""
        return clustered(self.COUNT, seed=17, clusters=50, spread=0.3)

    def queries(self) -> Embeddings:
        """Near some of the vectors, as words are near photos: not on them."""
        rows = np.stack(list(self.many().values()))[:: self.COUNT // self.QUERIES]
        return unit(rows + 0.2 * np.random.default_rng(18).normal(size=rows.shape))

    def check_recall(self, store: VectorStore, vectors: Vectors, among: Ids | None = None) -> None:
        """Asserts that enough of the ten best are found, and that the answer is sound."""
        queries = self.queries()
        found = store.search(queries, 10, among=among)
        self.check(found, vectors, queries, 10, among)
        recall = recall_at_k(found, vectors, queries, 10, among)
        assert recall >= self.minimum_recall, f"recall@10 is {recall:.3f}, {self.minimum_recall} was promised"

    def test_most_of_the_ten_best_are_found(self, store: VectorStore) -> None:
        vectors = self.many()
        put(store, vectors, generation=1)
        self.check_recall(store, vectors)

    @pytest.mark.parametrize("share", [0.5, 0.1, 0.01])
    def test_most_of_the_ten_best_are_found_under_a_filter(self, store: VectorStore, share: float) -> None:
        vectors = self.many()
        put(store, vectors, generation=1)
        among = np.flatnonzero(np.random.default_rng(19).random(self.COUNT) < share) + 1
        self.check_recall(store, vectors, among)

    def test_most_of_the_ten_best_are_found_after_many_changes(self, store: VectorStore, tmp_path: Path) -> None:
        vectors = self.many()
        put(store, vectors, generation=1)
        moved = dict(zip(list(vectors)[::3], list(vectors.values())[1::3], strict=False))
        removed = [photo for photo in vectors if photo % 4 == 0]
        put(store, moved, removed=removed, generation=2)
        vectors = {photo: vector for photo, vector in vectors.items() if photo % 4} | moved
        for seen in (store, self.open_store(tmp_path / "store")):
            self.check_recall(seen, vectors)
