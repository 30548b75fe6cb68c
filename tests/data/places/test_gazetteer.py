"""Towns of the gazetteer, and how fast and how far they are looked for."""

import math

import pytest

from twinlens.data.places.gazetteer import find_town, names_of, place_of


@pytest.mark.parametrize(
    ("position", "place"),
    [
        ((51.5007, -0.1246), "United Kingdom|England|London|City of Westminster"),
        ((43.77, 11.25), "Italy|Tuscany|Florence"),
        ((0.0, -30.0), None),
        ((90.0, 0.0), None),
        ((-90.0, 180.0), None),
        ((math.nan, 0.0), None),
    ],
)
def test_place_is_named_from_the_country_to_the_quarter(position: tuple[float, float], place: str | None) -> None:
    assert place_of(*position) == place


def test_towns_beyond_the_date_line_are_near() -> None:
    east, west = place_of(-16.8, 179.99), place_of(-16.8, -180.0)
    assert east == west


def test_largest_town_of_a_name_is_meant_unless_more_is_said() -> None:
    paris, texas = find_town("PARIS"), find_town("Paris, Texas")
    assert paris is not None
    assert texas is not None
    assert (paris.country, texas.region) == ("France", "Texas")
    assert find_town("Paris, FR") == find_town("Paris, Frankreich") == paris
    assert find_town("Zürich") == find_town("zurich")
    for nothing in ("", ",", "Paris, Narnia", "|", "\t", "\n", "a" * 10_000):
        assert find_town(nothing) is None


def test_country_is_known_in_many_languages() -> None:
    for name in ("Italien", "Italie", "イタリア", "意大利", "ITALIA", "it"):
        assert "Italy" in names_of(name)
    assert names_of("Narnia") == []
