"""A part of a collection is one of its own, with all that its photos were given."""

from pathlib import Path

import pytest

from collection.portable.conftest import OpenCollection, given
from conftest import draw_photo
from twinlens.api.upkeep.portable import split, split_query
from twinlens.collection.collection import Collection
from twinlens.errors import CollectionError

BLUE = "trip/blue.png"


def test_a_folder_becomes_a_collection_and_the_other_one_stays(
    library: Collection, photos: Path, open_collection: OpenCollection
) -> None:
    before, identity = given(library), library.catalog.identity
    library.close()
    made = split(photos, "trip", photos / "trip" / ".twinlens")
    assert (made.photos, made.removed) == (1, False)
    there = open_collection(photos / "trip")
    assert given(there)["photos"] == {"blue.png": before["photos"][BLUE]}
    assert given(there)["albums"] == {"Best": ("", ["blue.png"]), "Blue ones": ("blue", [])}
    assert [hit.id for hit in there.search("blue", k=5)] == ["blue.png"]
    assert there.index().unchanged == 1
    assert there.faults() == []
    assert there.catalog.identity != identity
    assert given(open_collection()) == before


def test_a_folder_that_is_removed_leaves_the_other_collection_for_good(
    library: Collection, photos: Path, open_collection: OpenCollection, tmp_path: Path
) -> None:
    draw_photo(photos / "tr*p [1]" / "green.png", "green")
    library.index()
    library.close()
    split(photos, "tr*p [1]", tmp_path / "green", remove=True)
    split(photos, str(photos / "trip"), tmp_path / "blue", remove=True)
    rest = open_collection()
    report = rest.index()
    assert (report.added, report.unchanged) == (0, 2)
    assert list(given(rest)["photos"]) == ["copy.png", "red.png"]
    assert given(rest)["albums"]["Best"] == ("", ["red.png"])


def test_the_photos_of_a_query_become_a_collection_that_adds_no_others(
    library: Collection, photos: Path, open_collection: OpenCollection, tmp_path: Path
) -> None:
    before = given(library)
    library.close()
    split(photos, "favourite:yes OR rating>=4", tmp_path / "best")
    there = open_collection(tmp_path / "best")
    assert given(there)["photos"] == {name: before["photos"][name] for name in ("copy.png", "red.png")}
    draw_photo(photos / "new.png", "green")
    assert there.since_index() is None or not there.since_index().new  # type: ignore[union-attr]
    report = there.index()
    assert (report.added, report.unchanged) == (0, 2)
    draw_photo(photos / "red.png", "red", seed=9)
    assert there.index().updated == 1


def test_nothing_to_split_or_no_room_for_it_changes_nothing(library: Collection, photos: Path, tmp_path: Path) -> None:
    library.close()
    with pytest.raises(CollectionError, match="no photo was found"):
        split(photos, "name:nothing", tmp_path / "new")
    with pytest.raises(CollectionError, match="is not empty"):
        split(photos, "trip", photos)
    with pytest.raises(CollectionError, match="all photos of this collection"):
        split(photos, str(photos), tmp_path / "new", remove=True)
    with pytest.raises(CollectionError, match="takes a folder"):
        split(photos, "tag:Kids", tmp_path / "new", remove=True)
    assert split(photos, "trip", tmp_path / "new", dry_run=True).photos == 1
    assert not [file for file in tmp_path.iterdir() if "new" in file.name]


def test_a_name_that_is_no_folder_is_not_taken_for_a_query_of_words(library: Collection, tmp_path: Path) -> None:
    draw_photo(library.folders()[0].path / "Summer 2023" / "green.png", "green")
    library.index()
    library.close()
    photos = library.folders()[0].path
    for name, near in (("tripp", "near it: trip"), ("sumer 2023", "near it: Summer 2023"), ("C:/trip", "trip")):
        with pytest.raises(CollectionError, match=rf"is no folder with photos of this collection.*{near}.*--query"):
            split(photos, name, tmp_path / "new")
    assert split_query(photos, "blue", tmp_path / "new").photos == 1


def test_patterns_go_along_as_they_hold_in_the_folder(library: Collection, tmp_path: Path) -> None:
    library.index(exclude=["*.gif", "/trip/private/", "/others/"])
    library.close()
    photos = library.folders()[0].path
    split(photos, "trip", tmp_path / "new")
    with Collection(tmp_path / "new") as there:
        assert there.catalog.excluded == ["*.gif", "/private/"]
