from pathlib import Path

import numpy as np
import pytest

from catalog_photos import put_photos
from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.sqlite.check import vector_faults
from twinlens.stores.exact import ExactStore


@pytest.fixture
def mirrored(catalog: Catalog, tmp_path: Path) -> tuple[Catalog, ExactStore]:
    put_photos(catalog, ["a.jpg", "b.jpg"])
    store = ExactStore(tmp_path / "exact", dim=8, owner="test")
    store.update(catalog.embeddings(catalog.select_ids()), np.empty(0, np.int64), generation=1)
    return catalog, store


def test_a_true_copy_has_no_faults(mirrored: tuple[Catalog, ExactStore], tmp_path: Path) -> None:
    assert vector_faults(*mirrored, tmp_path, items="photos") == []


def test_missing_vectors_are_counted(mirrored: tuple[Catalog, ExactStore], tmp_path: Path) -> None:
    catalog, store = mirrored
    store.update(iter(()), np.array([1]), generation=2)
    assert vector_faults(catalog, store, tmp_path, items="photos") == [
        "the vector files contain 1 photo, the catalog 2"
    ]


def test_other_vectors_are_noticed(mirrored: tuple[Catalog, ExactStore], tmp_path: Path) -> None:
    catalog, store = mirrored
    store.update(iter([(np.array([2]), np.eye(8, dtype=np.float32)[[5]])]), np.empty(0, np.int64), generation=2)
    (fault,) = vector_faults(catalog, store, tmp_path, items="captions")
    assert fault == f"the vector files of captions differ from the catalog: {tmp_path}"


def test_an_embedding_of_record_that_is_not_of_length_one_is_named(
    mirrored: tuple[Catalog, ExactStore], tmp_path: Path
) -> None:
    catalog, store = mirrored
    with catalog.transaction() as connection:
        connection.execute("UPDATE vectors SET embedding = ? WHERE photo_id = 2", (bytes(32),))
    (fault,) = vector_faults(catalog, store, tmp_path, items="photos")
    assert "the embedding of item 2 was overwritten" in fault
