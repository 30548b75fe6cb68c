"""A run that is interrupted between two photos that have swapped names does not mix what was given to them."""

import functools
from pathlib import Path

import pytest

from collection.conftest import OpenCollection
from conftest import PhotoMaker
from twinlens.collection.collection import Collection
from twinlens.collection.indexing import index as index_module
from twinlens.collection.indexing.replaced import KEY, earlier
from twinlens.collection.indexing.telling.progress import SilentListener


class Interrupting(SilentListener):
    """Interrupts after the first photo."""

    def advanced(self, done: int, report: object) -> None:
        if done == 1:
            raise KeyboardInterrupt


@pytest.fixture
def swapped(
    make_photo: PhotoMaker,
    open_collection: OpenCollection,
    photos: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Collection:
    """``a.png`` has a caption and a mark, and is about to be called ``b.png``."""
    monkeypatch.setattr(index_module, "embed_batches", functools.partial(index_module.embed_batches, batch_size=1))
    a, b = make_photo("a.png", "red"), make_photo("b.png", "blue")
    (tmp_path / "captions.csv").write_text("image,caption\na.png,mine\n")
    collection = open_collection()
    collection.index(captions=tmp_path / "captions.csv")
    collection.mark_favourites(["a.png"])
    a.rename(photos / "aside")
    b.rename(a)
    (photos / "aside").rename(b)
    return collection


@pytest.mark.parametrize("is_interrupted", [False, True])
def test_what_was_given_follows_its_photo(swapped: Collection, *, is_interrupted: bool) -> None:
    if is_interrupted:
        with pytest.raises(KeyboardInterrupt):
            swapped.index(listener=Interrupting())
        assert len(earlier(swapped.catalog)) == 2
    swapped.index()
    assert (swapped.captions_of("a.png"), swapped.captions_of("b.png")) == ([], ["mine"])
    assert swapped.favourites() == ["b.png"]
    assert swapped.catalog.meta(KEY) is None


def test_what_cannot_be_read_is_nothing(swapped: Collection) -> None:
    for text in ("", "[1]", "{", '["xyz"]', "7"):
        swapped.catalog.set_meta({KEY: text})
        assert earlier(swapped.catalog) == set()
    swapped.index()
    assert swapped.captions_of("b.png") == ["mine"]
