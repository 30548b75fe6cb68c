import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.sqlite.sql_functions import EARTH_RADIUS_KM, distance_km, folded
from twinlens.words.spelled import fold, without_accents

LATITUDES = st.floats(-90, 90)
LONGITUDES = st.floats(-180, 180)


def on_the_sphere(latitude: float, longitude: float) -> np.ndarray:
    north, east = math.radians(latitude), math.radians(longitude)
    return np.array([math.cos(north) * math.cos(east), math.cos(north) * math.sin(east), math.sin(north)])


@given(LATITUDES, LONGITUDES, LATITUDES, LONGITUDES)
def test_the_distance_is_that_of_the_chord_through_the_earth(north: float, east: float, to: float, over: float) -> None:
    chord = float(np.linalg.norm(on_the_sphere(north, east) - on_the_sphere(to, over)))
    assert distance_km(north, east, to, over) == pytest.approx(
        2 * EARTH_RADIUS_KM * math.asin(min(1.0, chord / 2)), abs=1e-3
    )


@pytest.mark.parametrize(
    ("one", "other", "km"),
    [
        ((0, 0), (0, 180), 20015),  # half around
        ((90, 0), (-90, 77), 20015),
        ((90, 0), (90, 120), 0),  # a pole has every longitude
        ((0, 179.5), (0, -179.5), 111),
        ((51.5074, -0.1278), (40.7128, -74.006), 5570),  # London to New York
    ],
)
def test_known_distances(one: tuple[float, float], other: tuple[float, float], km: float) -> None:
    assert distance_km(*one, *other) == pytest.approx(km, abs=1)


@pytest.mark.parametrize("text", ["Été", "ETE\u0301", "É té".replace(" ", ""), "ete"])
def test_case_accents_and_unicode_forms_are_folded(text: str) -> None:
    assert folded(text) == ("ete" if text != "É té" else "e te")


def test_sql_knows_them(catalog: Catalog) -> None:
    assert catalog.rows("SELECT folded('É'), round(distance_km(0, 0, 0, 1))") == [("e", 111.0)]


@given(st.text(st.characters(max_codepoint=0x3000, exclude_categories=["Cs"])))
def test_letters_are_compared_as_words_of_a_query_are(text: str) -> None:
    assert folded(text) == without_accents(fold(text))
