import pytest

from catalog_photos import put_photos
from twinlens.collection.catalog.catalog import Catalog
from twinlens.errors import QueryError


@pytest.fixture
def three(catalog: Catalog) -> Catalog:
    """Photos 1 to 3."""
    put_photos(catalog, ["a.jpg", "b.jpg", "c.jpg"])
    return catalog


def test_ratings_that_change_are_counted_and_the_last_one_holds(three: Catalog) -> None:
    assert three.ratings.rate(4, [1, 2]) == 2
    assert three.ratings.rate(4, [2, 3]) == 1
    assert three.ratings.rate(5, [1]) == 1
    assert three.ratings.counts() == {5: 1, 4: 2}
    assert three.ratings.rate(0, [1, 2]) == 2
    assert three.ratings.rate(0, [1]) == 0
    assert three.ratings.of_photos([1, 2, 3]) == {3: 4}


@pytest.mark.parametrize("stars", [6, -1, True, 4.0, "4"])
def test_there_are_one_to_five_stars(three: Catalog, stars: int) -> None:
    with pytest.raises(QueryError, match="a rating is 1 to 5 stars, or 0 to take it away; got"):
        three.ratings.rate(stars, [1])


def test_a_rating_changes_no_generation(three: Catalog) -> None:
    before = three.generation
    three.ratings.rate(3, [1])
    assert three.generation == before
