"""Points in clusters: none is lost, none covers another, and a cluster's cover is one of it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twinlens.collection.searching.filters.within import Area
from twinlens.collection.showing.maps.clusters import MOST_CELLS, clusters_of
from twinlens.collection.showing.maps.world import View, latitude_of, y_of

CELL, REACH = 0.05, 0.06


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), max_size=60))
@settings(max_examples=60, deadline=None)
def test_every_point_is_in_one_cluster_and_no_cluster_covers_another(points: list[tuple[float, float]]) -> None:
    x, y = np.array(points, dtype=np.float64).reshape(-1, 2).T
    clusters = clusters_of(x, y, cell=CELL, reach=REACH)
    assert sorted(np.concatenate([one.rows for one in clusters]).tolist() if clusters else []) == list(range(len(x)))
    assert [len(one.rows) for one in clusters] == sorted((len(one.rows) for one in clusters), reverse=True)
    for place, one in enumerate(clusters):
        assert (one.x, one.y) == pytest.approx((x[one.rows].mean(), y[one.rows].mean()))
        away = np.hypot(x[one.rows] - one.x, y[one.rows] - one.y)
        assert away[one.rows.tolist().index(one.cover)] == away.min()
        assert all(np.hypot(one.x - other.x, one.y - other.y) >= REACH * 0.999 for other in clusters[:place])


def test_more_cells_than_a_screen_holds_become_larger_ones() -> None:
    points = np.random.default_rng(0).random((2, 20_000))
    clusters = clusters_of(*points, cell=1e-4, reach=1e-4)
    assert 100 < len(clusters) <= MOST_CELLS
    assert sum(len(one.rows) for one in clusters) == 20_000


@pytest.mark.parametrize(
    ("area", "seen"),
    [
        (Area(-180, -90, 180, 90), [0, 1, 2, 3]),
        (Area(0, 40, 10, 50), [0]),
        (Area(170, -30, -170, 0), [1, 2]),  # over the 180th meridian
        (Area(-175, -30, -160, 0), [2]),
        (Area(30, 80, 40, 90), [3]),
    ],
)
def test_a_view_sees_the_points_in_its_area(area: Area, seen: list[int]) -> None:
    latitudes, longitudes = np.array([48.85, -18, -14, 90]), np.array([2.35, 178, -172, 35])
    found = View(area, 6).seen(latitudes, longitudes, margin_px=2)
    assert found.rows.tolist() == seen
    assert [found.longitude(float(x)) for x in found.x] == pytest.approx(longitudes[seen].tolist())


def test_where_the_earth_is_on_the_map_is_told_both_ways() -> None:
    for latitude in (-85, -33.9, 0, 48.85, 70):
        assert latitude_of(float(y_of(latitude))) == pytest.approx(latitude)
