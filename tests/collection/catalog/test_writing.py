import numpy as np
import pytest

from catalog_photos import put_photos
from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.rows import FileState, ModelRecord


@pytest.fixture
def two(catalog: Catalog) -> Catalog:
    put_photos(catalog, ["a.jpg", "b.jpg"])
    with catalog.writing() as writer:
        writer.put_caption(1, "an a", np.eye(8, dtype=np.float32)[0])
    return catalog


def test_each_transaction_is_a_generation_of_its_own(two: Catalog) -> None:
    before = two.generation
    with two.writing() as writer:
        writer.remove(1)
    assert two.generation == before + 1
    delta = two.changes_since(before)
    assert (delta.added.tolist(), delta.removed.tolist()) == ([], [1])


def test_a_rename_keeps_vector_captions_and_generation_of_the_photo(two: Catalog) -> None:
    before = two.generation
    with two.writing() as writer:
        writer.rename(1, FileState(1, "new.jpg", 5, 6, b"x" * 16))
    assert two.photos([1])[1].path == "new.jpg"
    assert two.embedding(1) is not None
    assert two.captions.of_photo(1) == ["an a"]
    assert two.changes_since(before).added.tolist() == []


def test_a_skipped_photo_hides_its_captions_until_it_can_be_read_again(two: Catalog) -> None:
    file = FileState(1, "a.jpg", 1, 1, b"y" * 16)
    with two.writing() as writer:
        writer.put_skipped(file, "damaged", reader_version=1)
    assert two.captions.count() == 0
    assert two.captions.changes_since(0).removed.tolist() == [1]
    put_photos(two, ["a.jpg"])
    assert two.captions.count() == 1
    assert two.captions.changes_since(0).removed.tolist() == []


def test_the_next_models_vectors_take_over_only_when_none_is_missing(two: Catalog) -> None:
    model = ModelRecord("other", "f" * 16, 8)
    two.next.begin(model)
    with pytest.raises(AssertionError, match="vector of another model"), two.writing() as writer:
        writer.take_next_vectors(model)
    assert two.next_model() == model
