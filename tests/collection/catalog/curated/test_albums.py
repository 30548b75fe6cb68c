import pytest

from catalog_photos import put_photos
from twinlens.collection.catalog.catalog import Catalog
from twinlens.errors import QueryError


@pytest.fixture
def four(catalog: Catalog) -> Catalog:
    """Photos 1 to 4."""
    put_photos(catalog, ["a.jpg", "b.jpg", "c.jpg", "d.jpg"])
    return catalog


def test_photos_stay_in_the_order_in_which_they_were_added(four: Catalog) -> None:
    albums = four.albums
    album = albums.create("Italy")
    assert albums.add(album, [3, 1]) == 2
    assert albums.add(album, [2, 1]) == 1
    assert albums.photos(album) == [3, 1, 2]
    assert albums.remove(album, [1, 4]) == 1
    albums.add(album, [1])
    assert albums.photos(album) == [3, 2, 1]
    albums.put_first(album, [1, 3])
    assert albums.photos(album) == [1, 3, 2]
    with pytest.raises(QueryError, match="1 photo is not in the album 'Italy'; its order was not changed"):
        albums.put_first(album, [4, 2])


def test_an_album_is_found_in_any_case_and_has_a_name_of_its_own(four: Catalog) -> None:
    albums = four.albums
    italy = albums.create("Italy")
    dogs = albums.create("dogs", "a dog")
    assert albums.find("ITALY") == italy
    assert (italy.is_live, dogs.is_live) == (False, True)
    with pytest.raises(QueryError, match="there is already an album 'Italy'"):
        albums.create("italy")
    with pytest.raises(QueryError, match="there is already an album 'dogs'"):
        albums.rename(italy, "Dogs")
    albums.rename(italy, "ITALY 2023")
    albums.set_query(dogs, "a puppy")
    assert [(one.name, one.query) for one in albums.all()] == [("dogs", "a puppy"), ("ITALY 2023", "")]


def test_a_deleted_album_leaves_its_photos(four: Catalog) -> None:
    album = four.albums.create("Italy")
    four.albums.add(album, [1, 2])
    assert (four.albums.of_photo(1), four.albums.counts()) == (["Italy"], {album.number: 2})
    four.albums.delete(album)
    assert (four.albums.all(), four.albums.of_photo(1), four.count()) == ([], [], 4)
    assert four.albums.create("Italy").number != album.number
