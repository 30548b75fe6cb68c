"""Marks are kept with the photo, and filter."""

from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import PhotoMaker
from twinlens.collection.collection import Collection
from twinlens.errors import QueryError

OpenCollection = Callable[..., Collection]


@pytest.fixture
def collection(make_photo: PhotoMaker, open_collection: OpenCollection) -> Collection:
    """Three photos of one colour each."""
    for name, colour in (("a/red.png", "red"), ("a/blue.png", "blue"), ("green.png", "green")):
        make_photo(name, colour, size=(48, 36))
    opened = open_collection()
    opened.index()
    return opened


def test_marked_photos_are_listed_and_a_mark_can_be_taken_away(collection: Collection) -> None:
    assert collection.mark_favourites(["green.png", "a/red.png"]) == 2
    assert collection.mark_favourites(["green.png"]) == 0
    assert collection.favourites() == ["a/red.png", "green.png"]
    assert collection.mark_favourites(["green.png"], is_favourite=False) == 1
    assert collection.favourites() == ["a/red.png"]


def test_an_unknown_id_marks_nothing_at_all(collection: Collection) -> None:
    with pytest.raises(QueryError, match=r"'gone\.png'"):
        collection.mark_favourites(["green.png", "gone.png"])
    assert collection.favourites() == []


def test_a_mark_changes_no_generation_so_that_nothing_is_read_again(collection: Collection) -> None:
    before = collection.catalog.generation
    collection.mark_favourites(["green.png"])
    assert collection.catalog.generation == before


def test_a_search_among_favourites_finds_them_all_and_no_others(collection: Collection) -> None:
    collection.mark_favourites(["green.png", "a/blue.png"])
    answer = collection.answer("red", favourites=True)
    assert {hit.id for hit in answer.hits} == {"green.png", "a/blue.png"}
    assert answer.num_candidates == 2
    assert [hit.id for hit in collection.answer("red", favourites=True, folder="a").hits] == ["a/blue.png"]


def test_a_renamed_photo_keeps_its_mark_and_a_deleted_one_loses_it(collection: Collection, photos: Path) -> None:
    collection.mark_favourites(["green.png", "a/red.png"])
    (photos / "green.png").rename(photos / "meadow.png")
    (photos / "a" / "red.png").unlink()
    collection.index()
    assert collection.favourites() == ["meadow.png"]


def test_hits_and_cards_have_shape_and_mark(collection: Collection) -> None:
    collection.mark_favourites(["green.png"])
    shown = {hit.id: hit for hit in collection.search("red")}
    assert set(shown) == {"green.png", "a/red.png", "a/blue.png"}
    assert (shown["green.png"].width, shown["green.png"].height) == (48, 36)
    assert shown["green.png"].is_favourite
    assert not shown["a/red.png"].is_favourite
    assert collection.photo("green.png").is_favourite
    assert collection.photo("gone.png") is collection.photo("../green.png") is None


def test_browsing_pages_through_all_photos_once_newest_first(collection: Collection) -> None:
    with collection.catalog.transaction() as connection:
        connection.execute("UPDATE photos SET taken_at = NULL")
        connection.execute("UPDATE photos SET taken_at = '2023-05-01T10:00:00' WHERE path = 'a/blue.png'")
        connection.execute("UPDATE photos SET taken_at = '2024-05-01T10:00:00' WHERE path = 'green.png'")
    pages = [collection.browse(k=1, offset=offset) for offset in range(4)]
    assert [[photo.id for photo in photos] for photos, _ in pages] == [["green.png"], ["a/blue.png"], ["a/red.png"], []]
    assert {count for _, count in pages} == {3}
    assert collection.browse(after="2024")[1] == 1
    with pytest.raises(QueryError, match="holds no indexed photos"):
        collection.browse(folder="nowhere")
