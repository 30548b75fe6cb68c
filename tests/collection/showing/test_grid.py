from pathlib import Path

from catalog_photos import put_photos
from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.place.photo_folders import PhotoFolders
from twinlens.collection.searching.filtering import Filters
from twinlens.collection.searching.searcher import Scope
from twinlens.collection.showing.grid import browse


def test_photos_of_all_folders_come_newest_first_with_their_count(catalog: Catalog, tmp_path: Path) -> None:
    put_photos(catalog, ["a.jpg", "b.jpg"], taken_at=["2020-01-01T00:00:00", None], folder="one")
    put_photos(catalog, ["c.jpg"], taken_at=["2021-01-01T00:00:00"], sizes=[(30, 20)], folder="two")
    catalog.marks.mark([2], is_favourite=True)
    folders = PhotoFolders(tmp_path / "collection", catalog).all()
    photos, count = browse(Scope(catalog, folders), Filters(), k=10, offset=0)
    assert [photo.id for photo in photos] == ["two/c.jpg", "one/a.jpg", "one/b.jpg"]
    assert count == 3
    assert (photos[0].width, photos[0].height, photos[0].taken_at) == (30, 20, "2021-01-01T00:00:00")
    assert [photo.is_favourite for photo in photos] == [False, False, True]
    assert browse(Scope(catalog, folders), Filters(before="2020"), k=10, offset=0)[1] == 1
    assert browse(Scope(catalog, folders), Filters(), k=1, offset=1) == ([photos[1]], 3)
