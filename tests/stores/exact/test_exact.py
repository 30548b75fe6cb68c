"""The exact store, the reference for all others, and the store of halves."""

import os
from pathlib import Path

import numpy as np
import pytest

from contracts.vector_store import (
    DIM,
    OWNER,
    ExactStoreContract,
    RecallStoreContract,
    check_answer,
    clustered,
    put,
    unit,
)
from stores.exact.conftest import files, open_exact
from twinlens.stores import flat_files
from twinlens.stores.exact import ExactStore, HalfStore


class TestExactStore(ExactStoreContract):
    def open_store(self, folder: Path, *, dim: int = DIM, owner: str = OWNER) -> ExactStore:
        return ExactStore(folder, dim=dim, owner=owner)


class TestExactStoreMissesNothing(RecallStoreContract):
    minimum_recall = 1.0

    def open_store(self, folder: Path, *, dim: int = DIM, owner: str = OWNER) -> ExactStore:
        return ExactStore(folder, dim=dim, owner=owner)


class TestHalfStore(RecallStoreContract):
    minimum_recall = 0.85  # of vectors nearer to each other than the rounding, some change places
    score_tolerance = 5e-4  # 2⁻¹¹, of float16

    def open_store(self, folder: Path, *, dim: int = DIM, owner: str = OWNER) -> HalfStore:
        return HalfStore(folder, dim=dim, owner=owner)


def test_a_store_of_halves_ranks_the_rounded_vectors_exactly(tmp_path: Path) -> None:
    vectors = clustered(300, spread=0.001)
    store = put(HalfStore(tmp_path, dim=DIM, owner=OWNER), vectors, generation=1)
    rounded = {photo: unit(vector.astype(np.float16).astype(np.float32)) for photo, vector in vectors.items()}
    queries = np.stack(list(clustered(5, seed=1).values()))
    check_answer(store.search(queries, 20), rounded, queries, 20)


def test_a_store_of_halves_takes_three_fifths_of_the_space(tmp_path: Path) -> None:
    vectors = clustered(100)
    put(HalfStore(tmp_path / "half", dim=DIM, owner=OWNER), vectors, generation=1)
    put(open_exact(tmp_path / "exact"), vectors, generation=1)
    half, exact_ = (
        sum(file.stat().st_size for file in files(tmp_path / name, "vectors-*")) for name in ("half", "exact")
    )
    assert 5 * half == 3 * exact_


def test_files_of_others_in_its_folder_are_left_alone(tmp_path: Path) -> None:
    others = [tmp_path / name for name in ("IMG-2020-01.jpg", "vectors-abc.f32", "my-notes.txt")]
    for file in others:
        file.write_text("mine")
    store = open_exact(tmp_path)
    put(store, clustered(20), generation=1)
    put(store, clustered(20), generation=2)
    assert [file.read_text() for file in others] == ["mine"] * 3
    assert len(files(tmp_path, "ids-*.i64")) == 1


class TestTwoStoresOnOneFolder:
    def test_one_sees_after_refresh_what_the_other_wrote(self, tmp_path: Path) -> None:
        vectors = clustered(20)
        writer, reader = open_exact(tmp_path), open_exact(tmp_path)
        put(writer, vectors, generation=1)
        assert len(reader) == 0
        reader.refresh()
        assert (reader.generation, len(reader)) == (1, 20)
        check_answer(reader.search(vectors[3][None], 5), vectors, vectors[3][None], 5)

    def test_old_maps_give_the_old_answer_until_refreshed(self, tmp_path: Path) -> None:
        before = clustered(20)
        writer = put(open_exact(tmp_path), before, generation=1)
        reader = open_exact(tmp_path)
        after = {**before, 3: -before[3]} | clustered(20, seed=1, first_id=50)
        del after[7]
        put(writer, {i: v for i, v in after.items() if i == 3 or i >= 50}, removed=[7], generation=2)
        query = before[3][None]
        check_answer(reader.search(query, 30), before, query, 30)
        reader.refresh()
        check_answer(reader.search(query, 50), after, query, 50)

    def test_old_maps_survive_a_compaction(self, tmp_path: Path) -> None:
        before = clustered(20)
        writer = put(open_exact(tmp_path), before, generation=1)
        reader = open_exact(tmp_path)
        after = {photo: vector for photo, vector in before.items() if photo > 15}
        put(writer, {}, removed=range(1, 16), generation=2)
        put(writer, clustered(4, seed=8, first_id=90), generation=3)
        query = before[2][None]
        check_answer(reader.search(query, 20), before, query, 20)
        reader.refresh()
        check_answer(reader.search(query, 24), after | clustered(4, seed=8, first_id=90), query, 24)

    def test_they_may_take_turns_to_update(self, tmp_path: Path) -> None:
        stores, vectors = [open_exact(tmp_path), open_exact(tmp_path)], {}
        for generation in range(1, 13):
            store = stores[generation % 2]
            store.refresh()
            new = clustered(3, seed=generation, first_id=generation * 2)
            put(store, new, removed=[generation * 2 - 3], generation=generation)
            vectors.pop(generation * 2 - 3, None)
            vectors |= new
        for store in stores:
            store.refresh()
            assert store.ids().tolist() == sorted(vectors)
            check_answer(store.search(vectors[20][None], 9), vectors, vectors[20][None], 9)

    def test_a_refresh_without_news_keeps_the_maps(self, tmp_path: Path) -> None:
        store = put(open_exact(tmp_path), clustered(5), generation=1)
        maps = store._view.vectors
        store.refresh()
        assert store._view.vectors is maps


class TestOwners:
    def test_another_owner_never_writes_into_files_that_someone_maps(self, tmp_path: Path) -> None:
        vectors = clustered(8)
        old = put(open_exact(tmp_path, owner="old"), vectors, generation=3)
        others = clustered(30, seed=5)
        new = put(open_exact(tmp_path, owner="new"), others, generation=1)
        check_answer(old.search(vectors[1][None], 8), vectors, vectors[1][None], 8)
        check_answer(new.search(others[1][None], 8), others, others[1][None], 8)
        old.refresh()
        assert (len(old), old.generation) == (0, 0)

    def test_a_cleared_store_is_empty_and_is_filled_anew(self, tmp_path: Path) -> None:
        store = put(open_exact(tmp_path), clustered(8), generation=9)
        reader = open_exact(tmp_path)
        store.clear()
        assert (len(store), store.generation) == (0, 0)
        assert store.search(unit(np.ones((1, DIM))), 3).ids.shape == (1, 0)
        vectors = clustered(5, seed=6)
        put(store, vectors, generation=4)
        reader.refresh()
        assert reader.generation == 4
        check_answer(reader.search(vectors[1][None], 5), vectors, vectors[1][None], 5)


class TestCompaction:
    def test_dead_rows_do_not_pile_up(self, tmp_path: Path) -> None:
        store, vectors = open_exact(tmp_path), clustered(30)
        put(store, vectors, generation=1)
        for generation in range(2, 40):
            vectors = clustered(30, seed=generation)
            put(store, vectors, generation=generation)
        (rows,) = files(tmp_path, "vectors-*.f32")
        assert rows.stat().st_size <= 30 * DIM * 4 / (1 - flat_files.DEAD_SHARE)
        check_answer(open_exact(tmp_path).search(vectors[1][None], 30), vectors, vectors[1][None], 30)

    def test_few_dead_rows_are_left_where_they_are(self, tmp_path: Path) -> None:
        store = put(open_exact(tmp_path), clustered(20), generation=1)
        put(store, {}, removed=[1, 2], generation=2)
        assert [file.name for file in files(tmp_path, "vectors-*.f32")] == ["vectors-0.f32"]
        assert len(store) == 18

    def test_superseded_files_are_deleted(self, tmp_path: Path) -> None:
        store = open_exact(tmp_path)
        for generation in range(1, 8):
            put(store, clustered(9, seed=generation), generation=generation)
        assert len(list(tmp_path.iterdir())) == 4  # stamp, ids, vectors, codes


@pytest.mark.parametrize("has_links", [True, False])
def test_a_change_that_concerns_no_vector_leaves_the_rows_as_they_are(
    has_links: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no links here")

    if not has_links:
        monkeypatch.setattr(os, "link", refuse)
    vectors = clustered(20)
    store = put(open_exact(tmp_path), vectors, generation=1)
    kept, query = store._view.vectors, vectors[3][None]
    for generation in (2, 3, 3):
        put(store, {}, removed=[99], generation=generation)
        assert (store.generation, store._view.vectors) == (generation, kept)
        assert [file.name for file in files(tmp_path, "ids-*")] == [f"ids-{generation}-0.i64"]
        check_answer(open_exact(tmp_path).search(query, 5), vectors, query, 5)
    files(tmp_path, "ids-*")[0].unlink()
    put(store, {}, generation=4)
    check_answer(open_exact(tmp_path).search(query, 5), vectors, query, 5)
