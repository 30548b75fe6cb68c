"""Tags, ratings and places in albums survive renames, absence and damage."""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import PhotoMaker
from twinlens.collection.catalog.repair import twice
from twinlens.collection.collection import Collection
from twinlens.collection.repairing.repair import repair
from twinlens.errors import QueryError

OpenCollection = Callable[..., Collection]


@pytest.fixture
def library(make_photo: PhotoMaker, open_collection: OpenCollection) -> Collection:
    """red.png, blue.png and trip/green.png; the first two are tagged, rated and in an album, after the third."""
    for name in ("red", "blue", "trip/green"):
        make_photo(f"{name}.png", name.rpartition("/")[2])
    collection = open_collection()
    collection.index()
    collection.tags.add(["Kids", "on holiday"], ["red.png", "blue.png"])
    collection.ratings.rate(4, ["red.png"])
    collection.ratings.rate(2, ["blue.png"])
    album = collection.catalog.albums.create("Italy")
    numbers = [collection.photo(one).number for one in ("trip/green.png", "red.png", "blue.png")]
    collection.catalog.albums.add(album, numbers)
    return collection


def given(collection: Collection) -> dict[str, tuple[list[str], int | None]]:
    """Tags and rating of each photo of the album, in its order."""
    catalog = collection.catalog
    records = catalog.photos(numbers := catalog.albums.photos(catalog.albums.find("italy")))
    ids = [records[number].path for number in numbers]
    return {one: (collection.tags.of(one), collection.ratings.of(one)) for one in ids}


def found_by(collection: Collection, words: str) -> dict[str, tuple[str, ...]]:
    return {hit.id: hit.found_by for hit in collection.search(words) if hit.found_by}


GREEN, RED, BLUE = ([], None), (["Kids", "on holiday"], 4), (["Kids", "on holiday"], 2)


def test_a_renamed_photo_keeps_what_it_was_given(library: Collection, photos: Path) -> None:
    (photos / "red.png").rename(photos / "trip" / "rose.png")
    library.index()
    assert given(library) == {"trip/green.png": GREEN, "trip/rose.png": RED, "blue.png": BLUE}


def test_what_was_given_comes_back_with_the_content(library: Collection, photos: Path, tmp_path: Path) -> None:
    shutil.move(photos / "red.png", tmp_path / "away.png")
    assert library.index().kept == 1
    assert given(library) == {"trip/green.png": GREEN, "blue.png": BLUE}
    assert library.status()["kept"].items() >= {"photos": 1, "tags": 2, "ratings": 1, "albums": 1}.items()
    library.tags.rename("kids", "KIDS")
    shutil.move(tmp_path / "away.png", photos / "trip" / "back.png")
    assert library.index().restored == 1
    assert list(given(library)) == ["trip/green.png", "trip/back.png", "blue.png"]
    assert given(library)["trip/back.png"] == (["KIDS", "on holiday"], 4)
    assert set(found_by(library, "holiday")) == {"trip/back.png", "blue.png"}
    assert library.status()["kept"]["photos"] == 0


def test_an_album_deleted_meanwhile_gets_nothing_back(library: Collection, photos: Path, tmp_path: Path) -> None:
    shutil.move(photos / "red.png", tmp_path / "away.png")
    library.index()
    library.catalog.albums.delete(library.catalog.albums.find("Italy"))
    shutil.move(tmp_path / "away.png", photos / "red.png")
    library.index()
    assert (library.tags.of("red.png"), library.catalog.albums.all(), library.faults()) == (RED[0], [], [])


def test_a_tag_finds_its_photos_and_says_so(library: Collection) -> None:
    assert found_by(library, "on holiday") == {"red.png": ("tag",), "blue.png": ("tag",)}
    library.tags.remove("on holiday", ["red.png"])
    assert found_by(library, "on holiday") == {"blue.png": ("tag",)}
    library.tags.rename("on holiday", "summer fun")
    assert found_by(library, "on holiday") == {}
    assert found_by(library, "summer fun") == {"blue.png": ("tag",)}
    assert found_by(library, "Italy") == dict.fromkeys(given(library), ("album",))


def test_photos_are_given_by_id_or_path_and_all_or_none(library: Collection, photos: Path) -> None:
    assert library.tags.add("x", [photos / "red.png", Path("trip/green.png"), "trip/green.png"]) == 2
    with pytest.raises(QueryError, match=r"the path or id 'gone\.png' and 1 other; nothing was changed"):
        library.tags.add("y", ["red.png", "gone.png", "more.png"])
    with pytest.raises(QueryError, match=r"'red\.jpg'"):
        library.ratings.rate(5, ["red.jpg", "red.png"])
    assert (library.tags.of("trip/green.png"), library.ratings.of("red.png")) == (["x"], 4)
    assert "y" not in [tag for tag, _ in library.tags.all()]


@pytest.mark.skipif(sys.platform != "linux", reason="names are bytes on Linux only")
def test_a_name_that_is_no_unicode_is_found_by_path_and_by_id(
    library: Collection, photos: Path, make_photo: PhotoMaker
) -> None:
    (photos / "blue.png").rename(photos / os.fsdecode(b"caf\xe9\n.png"))
    library.index()
    assert library.tags.of(photos / os.fsdecode(b"caf\xe9\n.png")) == BLUE[0]
    assert library.tags.add("odd", [r"caf\xe9" + "\n.png"]) == 1


TABLES = ("tags", "ratings", "albums", "album_photos")


@pytest.mark.parametrize("lost", [*TABLES, *(f"{table}_twice" for table in TABLES)])
def test_a_table_or_its_copy_may_be_lost(
    library: Collection, photos: Path, open_collection: OpenCollection, lost: str
) -> None:
    place = photos / ".twinlens"
    (page,) = library.catalog.rows("SELECT rootpage FROM sqlite_master WHERE name = ?", (lost,))[0]
    library.catalog.checkpoint()
    library.close()
    with (place / "catalog.sqlite").open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\x55" * 4096)
    assert repair(place).faults
    repaired = open_collection()
    assert given(repaired) == {"trip/green.png": GREEN, "red.png": RED, "blue.png": BLUE}
    assert repaired.faults() == []


def test_a_rating_that_was_overwritten_is_not_believed(
    library: Collection, photos: Path, open_collection: OpenCollection
) -> None:
    file = photos / ".twinlens" / "catalog.sqlite"
    (page,) = library.catalog.rows("SELECT rootpage FROM sqlite_master WHERE name = 'ratings_twice'")[0]
    library.catalog.checkpoint()
    library.close()
    content = file.read_bytes()
    place = (page - 1) * 4096
    copy = content[place : place + 4096]
    assert copy.count(b"\4\2\2") == 1  # four stars of the second photo
    end = copy.replace(b"\4\2\2", b"\5\2\2")
    file.write_bytes(content[:place] + end + content[place + 4096 :])
    assert repair(photos / ".twinlens").faults
    assert open_collection().ratings.all() == {2: 1}


@pytest.mark.parametrize("with_others", [False, True])
def test_all_of_it_survives_the_loss_of_the_list_of_tables(
    library: Collection, photos: Path, open_collection: OpenCollection, with_others: bool
) -> None:
    file = photos / ".twinlens" / "catalog.sqlite"
    roots = {page for (page,) in library.catalog.rows("SELECT rootpage FROM sqlite_master")}
    library.catalog.checkpoint()
    library.close()
    content = bytearray(file.read_bytes())
    of_list = [1, *(set(range(2, max(roots))) - roots if with_others else ())]  # it takes more than a page
    for page in of_list:
        content[(page - 1) * 4096 : page * 4096] = b"\x55" * 4096
    file.write_bytes(content)
    assert repair(photos / ".twinlens").faults
    repaired = open_collection()
    repaired.index()
    assert given(repaired) == {"trip/green.png": GREEN, "red.png": RED, "blue.png": BLUE}
    assert repaired.faults() == []


def test_a_row_whose_value_changed_its_kind_is_not_believed() -> None:
    columns = "key, photo_id, tag"
    assert twice._is_ours(("kids", 3, "Kids"), columns)
    assert not twice._is_ours((7, 3, "Kids"), columns)
    assert not twice._is_ours(("kids", "3", "Kids"), columns)
