import numpy as np
import pytest

from catalog_photos import put_photos
from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.rows import ModelRecord
from twinlens.embedding.local import PhotoVector

MODEL = ModelRecord("other", "f" * 16, 4)
ROW = np.eye(4, dtype=np.float32)[0]


@pytest.fixture
def changing(catalog: Catalog) -> Catalog:
    put_photos(catalog, ["a.jpg", "b.jpg"])
    with catalog.writing() as writer:
        writer.put_caption(2, "a b", np.eye(8, dtype=np.float32)[1])
    catalog.remember_model(ModelRecord("default", "0" * 16, 8))
    catalog.next.begin(MODEL)
    return catalog


def test_everything_is_left_at_first_and_less_with_each_photo_and_caption(changing: Catalog) -> None:
    assert changing.next.count_left() == (2, 1)
    first = changing.next.photos_left()[0]
    assert changing.next.put_photo(first, first.file.content_hash or b"", PhotoVector(ROW, None)) == 1
    assert [photo.file.path for photo in changing.next.photos_left()] == ["b.jpg"]
    changing.next.put_captions([1], ROW[None])
    assert changing.next.count_left() == (1, 0)


def test_no_search_sees_them_before_they_take_over(changing: Catalog) -> None:
    for photo in changing.next.photos_left():
        changing.next.put_photo(photo, photo.file.content_hash or b"", PhotoVector(ROW, None))
    changing.next.put_captions([1], ROW[None])
    assert len(changing.embedding(1)) == 8
    with changing.writing() as writer:
        writer.take_next_vectors(MODEL)
    changing.next.clear()
    np.testing.assert_array_equal(changing.embedding(1), ROW)
    assert (changing.model(), changing.next_model()) == (MODEL, None)


def test_beginning_the_same_change_again_goes_on_and_another_begins_anew(changing: Catalog) -> None:
    photo = changing.next.photos_left()[0]
    changing.next.put_photo(photo, photo.file.content_hash or b"", PhotoVector(ROW, None))
    changing.next.begin(MODEL)
    assert changing.next.count_left()[0] == 1
    changing.next.begin(MODEL._replace(fingerprint="e" * 16))
    assert changing.next.count_left()[0] == 2


def test_a_cancelled_change_leaves_the_model_and_no_vectors(changing: Catalog) -> None:
    photo = changing.next.photos_left()[0]
    changing.next.put_photo(photo, photo.file.content_hash or b"", PhotoVector(ROW, None))
    changing.next.cancel()
    assert changing.next_model() is None
    assert changing.rows("SELECT count(*) FROM next_vectors")[0][0] == 0
