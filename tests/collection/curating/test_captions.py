"""Captions that people write: searched at once, changed in place, kept with their photo."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import PhotoMaker
from twinlens.collection.catalog.sqlite.integrity import structure_faults
from twinlens.collection.collection import Collection
from twinlens.collection.curating.captions import MOST_CHARACTERS
from twinlens.collection.place.disk import only_writer
from twinlens.errors import CollectionBusyError, QueryError

OpenCollection = Callable[..., Collection]


@pytest.fixture
def collection(make_photo: PhotoMaker, open_collection: OpenCollection) -> Collection:
    """red.png and blue.png."""
    for name in ("red", "blue"):
        make_photo(f"{name}.png", name)
    opened = open_collection()
    opened.index()
    return opened


def test_a_caption_is_added_found_changed_and_removed(collection: Collection) -> None:
    assert collection.captions.add("red.png", " our  old\nbarn ") == ["our old barn"]
    assert collection.captions.add("red.png", "our old barn") == ["our old barn"], "once"
    assert [hit.id for hit in collection.search("barn") if "caption" in hit.found_by] == ["red.png"]
    assert [hit.caption for hit in collection.search("red", target="caption")] == ["our old barn"]
    collection.captions.add("red.png", "seen from the road")
    changed = collection.captions.add("red.png", "the barn in June", instead_of="our old barn")
    assert changed == ["seen from the road", "the barn in June"]
    assert collection.captions.remove("red.png", "seen from the road") == ["the barn in June"]
    assert collection.captions.remove("red.png", "never there") == ["the barn in June"]
    assert collection.captions.of("blue.png") == []


def test_a_caption_comes_back_with_the_content(collection: Collection, photos: Path, tmp_path: Path) -> None:
    collection.captions.add("red.png", "our old barn")
    shutil.move(photos / "red.png", tmp_path / "away.png")
    collection.index()
    shutil.move(tmp_path / "away.png", photos / "rose.png")
    collection.index()
    assert collection.captions.of("rose.png") == ["our old barn"]


def test_what_is_no_caption_changes_nothing(collection: Collection) -> None:
    for photo, text in (("red.png", " \n "), ("red.png", "x" * (MOST_CHARACTERS + 1)), ("none.png", "a barn")):
        with pytest.raises(QueryError):
            collection.captions.add(photo, text)
    assert collection.captions.of("red.png") == []


def test_nobody_else_changes_the_collection_meanwhile(collection: Collection) -> None:
    with only_writer(collection.path), pytest.raises(CollectionBusyError):
        collection.captions.add("red.png", "our old barn")


def test_a_nul_in_what_people_write_is_a_space(collection: Collection, photos: Path) -> None:
    assert collection.captions.add("red.png", "our\0barn") == ["our barn"]
    assert collection.albums.save("live", "red \0 wall").query == "red wall"
    collection.feedback("red \0 wall", good=["red.png"])
    collection.index()
    assert collection.faults() == []
    assert structure_faults(collection.catalog) == []
