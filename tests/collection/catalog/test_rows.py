import numpy as np

from catalog_photos import put_photos
from twinlens.collection.catalog import rows
from twinlens.collection.catalog.catalog import Catalog


def test_an_embedding_comes_back_bit_for_bit() -> None:
    embedding = np.random.default_rng(0).normal(size=512).astype(np.float32)
    np.testing.assert_array_equal(rows.floats(rows.blob(embedding)), embedding)


def test_features_are_kept_as_halves() -> None:
    features = np.random.default_rng(1).normal(size=7).astype(np.float32)
    np.testing.assert_array_equal(rows.halves(rows.halves_blob(features)), features.astype(np.float16))
    assert rows.halves_blob(None) is None


def test_a_vector_is_counted_as_it_is_stored() -> None:
    embedding, features = np.ones(512, dtype=np.float32), np.ones(1408, dtype=np.float32)
    in_catalog = len(rows.blob(embedding)) + len(rows.halves_blob(features) or b"")
    beside_it = embedding.nbytes + embedding.size + features.astype(np.float16).nbytes + features.size  # and codes
    assert rows.vector_bytes(512, features_dim=1408) == in_catalog + beside_it


def test_rows_come_block_by_block_and_missing_ids_are_left_out(catalog: Catalog) -> None:
    put_photos(catalog, [f"{number}.jpg" for number in range(5)])
    blocks = list(rows.rows_by_id(catalog, "SELECT id, path FROM photos WHERE id", [5, 99, 1, 3, 2], block=2))
    assert [[row[0] for row in block] for block in blocks] == [[5], [1, 3], [2]]


def test_embeddings_come_with_their_ids(catalog: Catalog) -> None:
    ids = put_photos(catalog, [f"{number}.jpg" for number in range(5)])
    select = "SELECT photo_id, embedding FROM vectors WHERE photo_id"
    found = list(rows.embedding_blocks(catalog, select, np.array(ids), block=2))
    assert [block.tolist() for block, _ in found] == [[1, 2], [3, 4], [5]]
    np.testing.assert_array_equal(np.concatenate([part for _, part in found]).argmax(axis=1), range(5))
