"""Pictures that are wanted, and pictures that are not."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from twinlens.collection.searching.ranking.leaving_out import AWAY, away_from, nearer
from twinlens.collection.searching.ranking.spaces import SearchSpace
from twinlens.stores.exact import ExactStore

PHOTOS = np.array([[1, 0, 0], [0.8, 0.6, 0], [0.6, 0.8, 0], [0, 1, 0]], dtype=np.float32)
IDS = np.array([3, 5, 8, 9])


class _Model(NamedTuple):
    fingerprint: str = "m"


def space(folder: Path, vector: list[float], *, name: str = "likeness") -> SearchSpace:
    store = ExactStore(folder, dim=3, owner="test")
    store.update([(IDS, PHOTOS)], removed=IDS[:0], generation=1)
    query = np.array(vector, dtype=np.float32)
    return SearchSpace(name, store, query, store, query, _Model())  # type: ignore[arg-type]


def test_photos_stay_that_are_more_like_what_is_wanted(tmp_path: Path) -> None:
    wanted, unwanted = space(tmp_path / "a", [1, 0, 0]), space(tmp_path / "b", [0, 1, 0])
    assert nearer(IDS, wanted, unwanted).tolist() == [8, 9]
    assert nearer(IDS[:2], wanted, unwanted).tolist() == []
    assert nearer(IDS[:0], wanted, unwanted).tolist() == []
    assert nearer(IDS, wanted, wanted).tolist() == IDS.tolist()


def test_a_query_moves_away_from_what_it_leaves_out_where_both_are_compared_alike(tmp_path: Path) -> None:
    wanted, unwanted = space(tmp_path / "a", [1, 0, 0]), space(tmp_path / "b", [0, 1, 0])
    moved = away_from(wanted, unwanted)
    assert np.allclose(moved, np.array([1, -AWAY, 0]) / np.hypot(1, AWAY))
    words = unwanted._replace(name="shared")
    assert np.array_equal(away_from(wanted, words), wanted.vector)
