"""A collection has one model."""

from pathlib import Path

import pytest

from collection.opened.conftest import OpenCollection, ids
from conftest import ColourEncoder, PhotoMaker
from twinlens.collection.collection import Collection
from twinlens.errors import ModelMismatchError


class TestModels:
    def test_another_model_than_the_collections_is_refused(
        self, indexed: Collection, open_collection: OpenCollection
    ) -> None:
        indexed.close()
        other = open_collection(model="other")
        for action in (lambda: other.search("red"), other.index):
            with pytest.raises(ModelMismatchError, match=r"model default \(colour0000000001\), but other"):
                action()
        assert ids(open_collection().search("red", k=1)) == ["red.png"]

    def test_the_model_it_was_made_with_is_remembered(
        self, make_photo: PhotoMaker, open_collection: OpenCollection
    ) -> None:
        make_photo("red.png")
        open_collection(model="other").index()
        again = open_collection()
        assert again.encoder.fingerprint == "colour0000000002"
        assert ids(again.search("red")) == ["red.png"]

    def test_a_model_that_changed_under_its_name_is_refused(
        self, indexed: Collection, open_collection: OpenCollection, models: dict
    ) -> None:
        models["default"] = ColourEncoder(fingerprint="colour0000000009")
        with pytest.raises(
            ModelMismatchError, match=r"with an older default model .*which reads every photo again: twinlens index"
        ):
            open_collection().search("red")

    def test_an_empty_collection_may_change_its_model(
        self, indexed: Collection, open_collection: OpenCollection, photos: Path, make_photo: PhotoMaker
    ) -> None:
        for file in photos.rglob("*.png"):
            file.unlink()
        assert indexed.index(forget_missing=True).removed == 4
        make_photo("blue.png", "blue", seed=3)
        other = open_collection(model="other")
        other.index()
        assert ids(other.search("blue")) == ["blue.png"]
        assert other.faults() == []
