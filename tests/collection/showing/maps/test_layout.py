"""The layout of the map: neighbours stay neighbours, as PCA cannot keep them."""

import numpy as np
import pytest
from numpy.typing import NDArray

from twinlens.collection.showing.map import flat_places
from twinlens.collection.showing.maps.groups import groups_of
from twinlens.collection.showing.maps.layout import NEIGHBOURS, neighbour_layout

KINDS, EACH = 12, 25


@pytest.fixture(scope="module")
def vectors() -> NDArray[np.float16]:
    """Twelve kinds of 25 vectors each, all as far from each other: in no plane are they apart."""
    random = np.random.default_rng(0)
    return (np.repeat(np.eye(KINDS, 32), EACH, axis=0) + 0.1 * random.normal(size=(KINDS * EACH, 32))).astype(
        np.float16
    )


def share_of_own_kind(places: NDArray[np.float32]) -> float:
    """Of the ten nearest points of each, by a plain look at all."""
    kinds = np.repeat(np.arange(KINDS), EACH)
    shares = []
    for row, place in enumerate(places):
        order = np.argsort(np.linalg.norm(places - place, axis=1), kind="stable")
        shares.append(np.mean([kinds[other] == kinds[row] for other in order if other != row][:10]))
    return float(np.mean(shares))


def test_kinds_come_apart_and_are_groups(vectors: NDArray[np.float16]) -> None:
    first = flat_places(vectors)
    places = neighbour_layout(vectors, first)
    assert places is not None
    assert share_of_own_kind(first) < 0.7
    assert share_of_own_kind(places) > 0.95
    assert places.shape == first.shape
    assert (places.min(), places.max()) == (0, 1)
    again = neighbour_layout(vectors, first)
    assert again is not None
    assert np.array_equal(places, again)
    groups = groups_of(places)
    assert sum(len(group.rows) for group in groups) > 0.8 * len(places)
    for group in groups:
        away = np.hypot(*(places[group.rows] - np.array([group.x, group.y])).T)
        assert away[0] == away.min(), "the one in the middle comes first"


def test_few_points_stay_where_they_are_and_what_is_not_wanted_ends(vectors: NDArray[np.float16]) -> None:
    few = flat_places(vectors[:NEIGHBOURS])
    assert neighbour_layout(vectors[:NEIGHBOURS], few) is few
    for steps in (0, 1, 5):
        left = iter([True] * steps + [False])
        assert neighbour_layout(vectors, flat_places(vectors), is_wanted=lambda left=left: next(left)) is None


def test_copies_of_one_photo_are_no_fault() -> None:
    same = np.ones((40, 8), dtype=np.float16)
    places = neighbour_layout(same, flat_places(same))
    assert places is not None
    assert np.isfinite(places).all()
