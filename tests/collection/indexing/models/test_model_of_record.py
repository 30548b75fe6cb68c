"""Which encoder a collection works with, by name and by object."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from conftest import ColourEncoder, PhotoMaker
from twinlens.collection.collection import Collection
from twinlens.collection.indexing.models.model_of_record import ModelOfRecord, recorded_name
from twinlens.errors import ModelMismatchError
from twinlens.protocols import DualEncoder
from twinlens.types import Embeddings


class Own(ColourEncoder):
    """An encoder that no name leads to, with axes of its own."""

    def _embed(self, colours: np.ndarray) -> Embeddings:
        return np.roll(super()._embed(colours), 3, axis=1)


@pytest.fixture
def own() -> Own:
    return Own(fingerprint="own0000000000001", name="somebodys own")


@pytest.fixture
def photos_of_two(make_photo: PhotoMaker, photos: Path) -> Path:
    make_photo("red.png", "red")
    make_photo("blue.png", "blue")
    return photos


def test_an_encoder_can_be_passed_in_and_is_remembered_by_its_name(photos_of_two: Path, own: Own) -> None:
    with Collection.open(photos_of_two, model=own) as collection:
        assert collection.index().added == 2
        assert collection.search("blue", k=1)[0].id == "blue.png"
        assert collection.encoder is own
        assert collection.status()["model"] == "somebodys own"
        assert collection.index().unchanged == 2
    with Collection.open(photos_of_two, model=own) as again:
        assert again.search("red", k=1)[0].id == "red.png"


def test_without_it_the_collection_says_what_it_needs(photos_of_two: Path, own: Own) -> None:
    with Collection.open(photos_of_two, model=own) as collection:
        collection.index()
    with (
        Collection.open(photos_of_two) as without,
        pytest.raises(ModelMismatchError, match=r"needs the model somebodys own .*an encoder can be passed as model="),
    ):
        without.search("red")


def test_another_encoder_than_the_collections_is_refused(
    photos_of_two: Path, open_collection: Callable[..., Collection], own: Own
) -> None:
    open_collection().index()
    with (
        Collection.open(photos_of_two, model=own) as other,
        pytest.raises(ModelMismatchError, match=r"somebodys own .* was requested"),
    ):
        other.search("red")


def test_an_encoder_is_given_to_the_thread_that_asked_whatever_another_opens_meanwhile(
    photos_of_two: Path, open_collection: Callable[..., Collection], own: Own
) -> None:
    collection = open_collection()
    collection.index()
    collection.reindex(own)

    class Contested(ModelOfRecord):
        """Another thread, which uses the vectors of before, opens their model right after each time."""

        @property
        def _encoder(self) -> DualEncoder | None:
            return ColourEncoder()

        @_encoder.setter
        def _encoder(self, encoder: DualEncoder | None) -> None: ...

    contested = Contested(collection.path, collection.catalog, asked=own)
    assert contested.encoder is own
    assert contested.embedder() is own


def test_a_collection_changes_to_an_encoder_and_back(
    photos_of_two: Path, open_collection: Callable[..., Collection], own: Own
) -> None:
    collection = open_collection()
    collection.index()
    before = [(hit.id, hit.score) for hit in collection.search("red")]
    report = collection.reindex(own)
    assert report.model_change.is_complete
    assert collection.status()["fingerprint"] == "own0000000000001"
    assert collection.search("red", k=1)[0].id == "red.png"
    assert collection.index().unchanged == 2  # it goes on with the encoder that it was changed to
    collection.reindex("default")
    assert [(hit.id, hit.score) for hit in collection.search("red")] == before


def test_a_model_is_remembered_by_name_or_by_the_place_of_its_folder(tmp_path: Path, own: Own) -> None:
    assert recorded_name("default") == "default"
    assert recorded_name(tmp_path) == str(tmp_path.resolve())
    assert recorded_name(own) == "somebodys own"
