from pathlib import Path

import numpy as np
import pytest

from catalog_photos import put_photos
from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.embeddings.vectors import DerivedVectors, chosen_store, derived_vectors
from twinlens.collection.catalog.rows import ModelRecord
from twinlens.errors import CatalogDamagedError, UnknownPartError
from twinlens.stores.flat_files import STAMP


@pytest.fixture
def filled(catalog: Catalog) -> Catalog:
    put_photos(catalog, ["a.jpg", "b.jpg", "c.jpg"])
    catalog.remember_model(ModelRecord("default", "0" * 16, 8))
    return catalog


def opened(catalog: Catalog, place: Path, *, writable: bool = True) -> DerivedVectors:
    return derived_vectors(place, catalog, engine="exact", writable=writable)[0]


def test_vectors_follow_the_catalog(filled: Catalog, tmp_path: Path) -> None:
    vectors = opened(filled, tmp_path)
    assert vectors.synced().ids().tolist() == [1, 2, 3]
    with filled.writing() as writer:
        writer.remove(2)
    store = vectors.synced()
    assert (store.ids().tolist(), store.generation) == ([1, 3], filled.generation)
    assert vectors.synced() is store  # nothing has changed


def test_what_is_deleted_on_disk_is_made_anew(filled: Catalog, tmp_path: Path) -> None:
    import shutil

    vectors = opened(filled, tmp_path)
    vectors.synced()
    vectors.close()
    shutil.rmtree(vectors.folder)
    np.testing.assert_array_equal(opened(filled, tmp_path).synced().ids(), [1, 2, 3])


def test_where_nothing_can_be_written_a_copy_of_this_process_is_used(filled: Catalog, tmp_path: Path) -> None:
    vectors = opened(filled, tmp_path, writable=False)
    assert vectors.synced().ids().tolist() == [1, 2, 3]
    assert not vectors.folder.exists()
    vectors.close()


def test_a_folder_in_place_of_the_stamp_is_told_by_its_name_and_stops_no_search(
    filled: Catalog, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    vectors = opened(filled, tmp_path)
    (vectors.folder / STAMP).mkdir(parents=True)
    assert vectors.synced().ids().tolist() == [1, 2, 3]
    assert f"{vectors.folder / STAMP}" in caplog.text
    assert (vectors.folder / STAMP).is_dir(), "whosever it is, it stays"
    vectors.close()


def test_vectors_of_an_earlier_model_are_not_mixed_with_those_of_the_next(filled: Catalog, tmp_path: Path) -> None:
    vectors = opened(filled, tmp_path)
    before = vectors.synced()
    filled.remember_model(ModelRecord("default", "1" * 16, 8))
    after = vectors.synced()
    assert after is not before
    assert len(after) == len(before) == 3


def test_a_store_that_is_asked_for_is_kept_and_an_unknown_one_is_refused(catalog: Catalog) -> None:
    assert chosen_store(catalog, None, writable=True) == "exact"
    with pytest.raises(UnknownPartError, match="did you mean 'exact'"):
        chosen_store(catalog, "exakt", writable=True)
    assert catalog.meta("store") is None


@pytest.mark.parametrize("pattern", ["ids-*", "vectors-*.f32", "vectors-*.i8", "stamp.json"])
def test_damaged_files_are_rebuilt_at_once_with_one_line(
    filled: Catalog, tmp_path: Path, pattern: str, caplog: pytest.LogCaptureFixture
) -> None:
    opened(filled, tmp_path).synced()
    (file,) = (tmp_path / "exact").glob(pattern)
    file.write_bytes(np.random.default_rng(0).bytes(file.stat().st_size))
    for _ in range(2):
        assert opened(filled, tmp_path).synced().ids().tolist() == [1, 2, 3]
    (line,) = [record.getMessage() for record in caplog.records]
    assert "rebuilt" in line


def test_vectors_that_lack_photos_of_the_catalog_are_rebuilt(
    filled: Catalog, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = opened(filled, tmp_path).synced()
    store.update(iter(()), np.array([2]), generation=filled.generation)  # as an update would that went wrong
    filled.is_intact = False
    assert opened(filled, tmp_path).synced().ids().tolist() == [1, 2, 3]
    assert "are of 2 items, the catalog has 3; they are rebuilt" in caplog.text


def test_an_embedding_that_was_overwritten_is_never_taken_over(filled: Catalog, tmp_path: Path) -> None:
    for bad in (bytes(32), b"\xff" * 32, bytes(28), b""):
        with filled.writing() as writer:
            writer._connection.execute("UPDATE vectors SET embedding = ? WHERE photo_id = 2", (bad,))
            writer._connection.execute("UPDATE photos SET generation = ? WHERE id = 2", (filled.generation,))
        with pytest.raises(CatalogDamagedError, match="twinlens repair"):
            opened(filled, tmp_path).synced()


def test_a_photo_without_an_embedding_is_never_left_out(filled: Catalog, tmp_path: Path) -> None:
    with filled.transaction() as connection:
        connection.execute("DELETE FROM vectors WHERE photo_id = 2")
    with pytest.raises(CatalogDamagedError, match="1 embeddings are missing"):
        opened(filled, tmp_path).synced()
