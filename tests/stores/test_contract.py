"""The contracts of a vector store notice what stores get wrong."""

from pathlib import Path

import numpy as np
import pytest

from contracts.vector_store import DIM, OWNER, ExactStoreContract, RecallStoreContract, clustered, put
from twinlens.protocols import Neighbours
from twinlens.stores.exact import ExactStore
from twinlens.types import Embeddings, Ids


class Forgetful(ExactStore):
    """Misses every fifth of the best, as an index with too few links."""

    def search(self, queries: Embeddings, k: int, *, among: Ids | None = None) -> Neighbours:
        found = super().search(queries, 2 * k, among=among)
        kept = [column for column in range(found.ids.shape[1]) if column % 5][:k]
        return Neighbours(found.ids[:, kept], found.scores[:, kept])


class FiltersLate(ExactStore):
    """Filters what the ranking left."""

    def search(self, queries: Embeddings, k: int, *, among: Ids | None = None) -> Neighbours:
        found = super().search(queries, k)
        kept = np.isin(found.ids[0], found.ids if among is None else among)
        return Neighbours(found.ids[:, kept], found.scores[:, kept])


class Distances(ExactStore):
    """Gives how far, where how near is asked for."""

    def search(self, queries: Embeddings, k: int, *, among: Ids | None = None) -> Neighbours:
        found = super().search(queries, k, among=among)
        return Neighbours(found.ids, 1 - found.scores)


class AnyOwner(ExactStore):
    """Takes what it finds."""

    def __init__(self, folder: Path, *, dim: int, owner: str) -> None:
        super().__init__(folder, dim=dim, owner="anybody")


class Recall(RecallStoreContract):
    minimum_recall = 0.95


def open_store(kind: type[ExactStore], folder: Path) -> ExactStore:
    return kind(folder, dim=DIM, owner=OWNER)


def test_a_store_that_misses_too_much_is_found_out(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"recall@10 is 0\.[78]\d+, 0.95 was promised"):
        Recall().test_most_of_the_ten_best_are_found(open_store(Forgetful, tmp_path))


def test_a_store_that_misses_is_no_exact_one(tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        ExactStoreContract().test_the_ranking_is_numpy_s(open_store(Forgetful, tmp_path), 10)


def test_a_store_that_misses_little_passes_a_lower_recall(tmp_path: Path) -> None:
    contract = Recall()
    contract.minimum_recall = 0.7
    contract.test_most_of_the_ten_best_are_found(open_store(Forgetful, tmp_path))


@pytest.mark.parametrize("contract", [Recall, ExactStoreContract])
def test_a_filter_after_the_ranking_is_found_out(tmp_path: Path, contract: type[RecallStoreContract]) -> None:
    with pytest.raises(AssertionError):
        contract().test_a_filter_never_loses_results(open_store(FiltersLate, tmp_path))


@pytest.mark.parametrize("contract", [Recall, ExactStoreContract])
def test_distances_in_place_of_cosines_are_found_out(tmp_path: Path, contract: type[RecallStoreContract]) -> None:
    with pytest.raises(AssertionError):
        contract().test_there_are_k_hits_best_first_with_their_cosines(open_store(Distances, tmp_path), 10)


def test_a_store_that_mixes_owners_is_found_out(tmp_path: Path) -> None:
    class Careless(Recall):
        def open_store(self, folder: Path, *, dim: int = DIM, owner: str = OWNER) -> AnyOwner:
            return AnyOwner(folder, dim=dim, owner=owner)

    with pytest.raises(AssertionError):
        Careless().test_vectors_of_another_owner_are_not_used(
            AnyOwner(tmp_path / "store", dim=DIM, owner=OWNER), tmp_path
        )


def test_recall_counts_as_found_what_is_as_good_as_the_last(tmp_path: Path) -> None:
    store, vectors = open_store(ExactStore, tmp_path), clustered(20)
    vectors |= {photo + 100: vector for photo, vector in vectors.items()}  # each twice
    put(store, vectors, generation=1)
    contract = Recall()
    contract.minimum_recall = 1.0
    contract.queries = lambda: np.stack(list(vectors.values()))[:3]  # type: ignore[method-assign]
    contract.check_recall(store, vectors)
