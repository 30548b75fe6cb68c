"""A video is as near as its nearest frame: the store of photos and moments against a plain loop."""

from pathlib import Path

import numpy as np
import pytest

from twinlens.collection.searching.ranking.clips import WithMoments
from twinlens.stores.exact import ExactStore

DIM = 6


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def store_of(folder: Path, ids: np.ndarray, rows: np.ndarray) -> ExactStore:
    store = ExactStore(folder, dim=DIM, owner="o")
    store.update(iter([(ids, rows)]), np.empty(0, dtype=np.int64), generation=1)
    return store


@pytest.fixture
def known(tmp_path: Path) -> tuple[WithMoments, dict[int, np.ndarray]]:
    """40 photos; 10 of them are videos of 1 to 30 moments. And all vectors of each, by id."""
    random = np.random.default_rng(0)
    photos = np.arange(1, 41, dtype=np.int64)
    covers = unit(random.normal(size=(40, DIM)))
    videos = np.sort(random.choice(np.repeat(np.arange(2, 42, 4), 30), 150)).astype(np.int64)
    videos = videos[videos <= 40]
    moments = np.arange(7, 7 + len(videos), dtype=np.int64)
    rows = unit(random.normal(size=(len(videos), DIM)))
    store = WithMoments(
        store_of(tmp_path / "p", photos, covers), store_of(tmp_path / "m", moments, rows), moments, videos
    )
    return store, {int(one): np.vstack([covers[one - 1 : one], rows[videos == one]]) for one in photos}


@pytest.mark.parametrize("k", [1, 3, 10, 40, 100])
@pytest.mark.parametrize("among", [None, [1, 2, 3, 6, 7, 22], [1, 3, 5], [6, 10], []])
def test_each_photo_has_the_score_of_its_best_vector(
    known: tuple[WithMoments, dict[int, np.ndarray]], k: int, among: list[int] | None
) -> None:
    store, vectors = known
    queries = unit(np.random.default_rng(1).normal(size=(5, DIM)))
    allowed = None if among is None else np.array(among, dtype=np.int64)
    found = store.search(queries, k, among=allowed)
    for query, ids, scores in zip(queries, found.ids, found.scores, strict=True):
        best = {one: float((rows @ query).max()) for one, rows in vectors.items() if among is None or one in among}
        expected = sorted(best, key=lambda one: (-best[one], one))[:k]
        assert ids.tolist() == expected
        assert scores == pytest.approx([best[one] for one in expected], abs=1e-5)


def test_it_has_the_photos_and_nothing_else(known: tuple[WithMoments, dict[int, np.ndarray]]) -> None:
    store, vectors = known
    assert (len(store), store.ids().tolist(), store.generation) == (40, sorted(vectors), 1)
