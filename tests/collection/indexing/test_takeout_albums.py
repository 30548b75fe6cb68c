"""Folders that Google Takeout calls albums become albums, once."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import PhotoMaker
from twinlens.collection.collection import Collection
from twinlens.collection.searching.query import parse_query

OpenCollection = Callable[..., Collection]
ITALY = "Takeout/Google Photos/Summer in Italy"


@pytest.fixture
def takeout(make_photo: PhotoMaker, photos: Path) -> Path:
    """An album and the folder of a year, of a German account."""
    make_photo(f"{ITALY}/red.png", "red")
    make_photo("Takeout/Google Photos/Fotos von 2021/blue.png", "blue")
    (photos / ITALY / "Metadaten.json").write_text(
        json.dumps({"title": "Italien\n2021", "description": "", "access": "protected", "date": {"timestamp": "1"}})
    )
    (photos / ITALY).with_name("Fotos von 2021").joinpath("Metadaten.json").write_text('{"title": "Fotos von 2021"}')
    return photos


def test_an_album_has_the_photos_of_its_folder_and_those_that_come(
    takeout: Path, make_photo: PhotoMaker, open_collection: OpenCollection
) -> None:
    collection = open_collection()
    report = collection.index()
    assert (report.albums, report.to_json()["albums"], report.skipped) == (1, 1, [])
    assert [album.name for album in collection.albums.all()] == ["Italien 2021"]
    query = collection.albums.all()[0].query
    assert collection.find_all(parse_query(query)) == [f"{ITALY}/red.png"]
    make_photo(f"{ITALY}/green.png", "green")
    assert collection.index().albums == 0
    assert sorted(collection.find_all(parse_query(query))) == [f"{ITALY}/green.png", f"{ITALY}/red.png"]


def test_an_album_that_somebody_has_deleted_does_not_come_back(takeout: Path, open_collection: OpenCollection) -> None:
    collection = open_collection()
    collection.index()
    collection.albums.delete("Italien 2021")
    (takeout / ITALY / "Metadaten.json").write_text('{"title": "Italien, nochmals"}')
    assert (collection.index().albums, collection.albums.all()) == (0, [])


def test_albums_of_one_name_get_numbers_and_other_files_stay_skipped(
    takeout: Path, make_photo: PhotoMaker, open_collection: OpenCollection
) -> None:
    for number, told in enumerate(
        ({"albumData": {"title": "italien 2021"}}, ["no album"], {"title": 7}, {"title": ""})
    ):
        make_photo(f"more/{number}/white.png", "white", size=(40 + number, 40))
        (takeout / "more" / str(number) / "metadata(1).json").write_text(json.dumps(told))
    collection = open_collection()
    report = collection.index()
    assert {album.name: album.query for album in collection.albums.all()} == {
        "Italien 2021": f'folder:"{ITALY}"',
        "italien 2021 (2)": 'folder:"more/0"',
    }
    assert sorted(one.path for one in report.skipped) == ["more/1/metadata(1).json", "more/2/metadata(1).json"]
