from pathlib import Path

import pytest

from catalog_photos import put_photos
from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.place.photo_folders import PhotoFolders
from twinlens.collection.showing.card import find_card


@pytest.fixture
def folders(catalog: Catalog, tmp_path: Path) -> PhotoFolders:
    put_photos(catalog, ["a.jpg", "sub/b.jpg"], cameras=["Canon", None], folder="one")
    put_photos(catalog, ["a.jpg"], folder="two")
    return PhotoFolders(tmp_path / "collection", catalog)


def test_a_photo_is_found_by_the_id_that_hits_have(catalog: Catalog, folders: PhotoFolders, tmp_path: Path) -> None:
    card = find_card(catalog, folders, "one/a.jpg")
    assert card is not None
    assert (card.number, card.id, card.camera, card.path) == (1, "one/a.jpg", "Canon", tmp_path / "one" / "a.jpg")
    assert find_card(catalog, folders, "two/a.jpg").number == 3


@pytest.mark.parametrize("photo_id", ["", "a.jpg", "one/", "one/../two/a.jpg", "/etc/passwd", "one/sub", "three/a.jpg"])
def test_what_is_no_id_is_simply_not_there(catalog: Catalog, folders: PhotoFolders, photo_id: str) -> None:
    assert find_card(catalog, folders, photo_id) is None
