import numpy as np
import pytest

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.condition import Condition
from twinlens.collection.catalog.rows import FileState
from twinlens.data.exif import PhotoDetails
from twinlens.embedding.local import PhotoVector
from twinlens.errors import CollectionError

READER = 1


def row(seed: int) -> np.ndarray:
    vector = np.random.default_rng(seed).normal(size=8).astype(np.float32)
    return vector / np.linalg.norm(vector)


def state(path: str, *, content: bytes = b"0123456789abcdef") -> FileState:
    return FileState(1, path, 10, 1_000, content)


@pytest.fixture
def filled(catalog: Catalog) -> Catalog:
    """Photo 1 (a.jpg, 2021) with captions 1 and 2, photo 2 (b.jpg) with caption 3; generation 2."""
    catalog.add_folder("photos", "..")
    with catalog.writing() as writer:
        details = PhotoDetails(9, 9, "2021-05-01T00:00:00")
        writer.put_photo(state("a.jpg"), details, PhotoVector(row(1), None), reader_version=READER)
        writer.put_photo(state("b.jpg"), PhotoDetails(9, 9), PhotoVector(row(2), None), reader_version=READER)
    with catalog.writing() as writer:
        writer.put_caption(1, "a dog", row(11))
        writer.put_caption(1, "a dog runs", row(12))
        writer.put_caption(2, "a dog", row(13))
    return catalog


def ids(catalog: Catalog) -> list[int]:
    return catalog.captions.select_ids().tolist()


def told(catalog: Catalog, since: int) -> tuple[list[int], list[int]]:
    changes = catalog.captions.changes_since(since)
    return changes.added.tolist(), changes.removed.tolist()


def test_captions_are_read_back_as_they_were_written(filled: Catalog) -> None:
    captions = filled.captions
    assert (captions.count(), captions.is_empty(), ids(filled)) == (3, False, [1, 2, 3])
    assert captions.known() == {1: {"a dog": 1, "a dog runs": 2}, 2: {"a dog": 3}}
    ((found, rows),) = captions.embeddings(np.array([1, 2, 3, 77]))
    assert found.tolist() == [1, 2, 3]
    np.testing.assert_array_equal(rows, [row(11), row(12), row(13)])
    assert rows.dtype == np.float32


def test_the_photo_of_a_caption_comes_with_it(filled: Catalog) -> None:
    records = filled.captions.photos([3, 2, 99])
    assert set(records) == {2, 3}
    assert (records[2].path, records[2].caption, records[2].taken_at) == ("a.jpg", "a dog runs", "2021-05-01T00:00:00")
    assert (records[3].id, records[3].path, records[3].caption) == (2, "b.jpg", "a dog")


def test_a_catalog_without_captions_is_empty(catalog: Catalog) -> None:
    assert (catalog.captions.is_empty(), catalog.captions.count(), catalog.captions.known()) == (True, 0, {})


def test_a_photo_has_a_caption_once(filled: Catalog) -> None:
    with filled.writing() as writer:
        writer.put_caption(1, "a dog", row(20))
    assert ids(filled) == [1, 2, 3]
    assert told(filled, 2) == ([1], [])
    np.testing.assert_array_equal(next(filled.captions.embeddings(np.array([1])))[1], [row(20)])
    with pytest.raises(CollectionError, match="UNIQUE"), filled.transaction() as connection:
        connection.execute("UPDATE captions SET text = 'a dog' WHERE id = 2")


def test_conditions_are_on_the_photo(filled: Catalog) -> None:
    assert filled.captions.select_ids(Condition("taken_at >= ?", ("2021",))).tolist() == [1, 2]
    assert filled.captions.select_ids(
        Condition("folder_id = ? AND path >= ? AND path < ?", (1, "b", "c"))
    ).tolist() == [3]


def test_a_removed_photo_takes_its_captions_along(filled: Catalog) -> None:
    with filled.writing() as writer:
        writer.remove(1)
    assert filled.captions.known() == {2: {"a dog": 3}}
    assert told(filled, 2) == ([], [1, 2])
    assert told(filled, 0) == ([3], [1, 2])


def test_a_renamed_photo_keeps_its_captions(filled: Catalog) -> None:
    with filled.writing() as writer:
        writer.rename(1, state("sub/z.jpg"))
    assert told(filled, 2) == ([], [])
    assert filled.captions.photos([1])[1].path == "sub/z.jpg"


def test_a_photo_whose_content_changed_keeps_its_captions(filled: Catalog) -> None:
    with filled.writing() as writer:
        new = state("a.jpg", content=b"z" * 16)
        writer.put_photo(new, PhotoDetails(9, 9), PhotoVector(row(5), None), reader_version=READER)
    assert ids(filled) == [1, 2, 3]
    assert told(filled, 2) == ([], [])


def test_captions_hide_while_their_photo_cannot_be_read(filled: Catalog) -> None:
    with filled.writing() as writer:
        writer.put_skipped(state("a.jpg"), "truncated", reader_version=READER)
    assert (ids(filled), filled.captions.count(), told(filled, 2)) == ([3], 1, ([], [1, 2]))
    assert 1 in filled.captions.known()
    with filled.writing() as writer:
        writer.put_photo(state("a.jpg"), PhotoDetails(9, 9), PhotoVector(row(1), None), reader_version=READER)
    assert (ids(filled), told(filled, 3), told(filled, 2)) == ([1, 2, 3], ([1, 2], []), ([1, 2], []))


def test_a_hidden_caption_goes_with_its_photo(filled: Catalog) -> None:
    with filled.writing() as writer:
        writer.put_skipped(state("a.jpg"), "truncated", reader_version=READER)
    with filled.writing() as writer:
        writer.remove(1)
    assert filled.captions.known() == {2: {"a dog": 3}}
    assert told(filled, 2) == ([], [1, 2])


def test_the_id_of_a_removed_caption_is_never_used_again(filled: Catalog) -> None:
    with filled.writing() as writer:
        writer.remove_caption(3)
        writer.put_caption(2, "a dog", row(13))
    assert filled.captions.known()[2] == {"a dog": 4}
    assert told(filled, 2) == ([4], [3])


def test_a_transaction_that_fails_leaves_the_captions_as_they_were(filled: Catalog) -> None:
    with pytest.raises(KeyboardInterrupt), filled.writing() as writer:  # noqa: PT012
        writer.put_caption(2, "new", row(1))
        writer.remove_caption(1)
        raise KeyboardInterrupt
    assert filled.captions.known() == {1: {"a dog": 1, "a dog runs": 2}, 2: {"a dog": 3}}
    assert told(filled, 2) == ([], [])


def test_a_caption_of_no_photo_is_refused(filled: Catalog) -> None:
    with pytest.raises(CollectionError, match="FOREIGN KEY"), filled.writing() as writer:
        writer.put_caption(99, "nobody's", row(1))


def test_captions_may_be_asked_for_by_the_thousand(filled: Catalog) -> None:
    with filled.writing() as writer:
        for number in range(1200):
            writer.put_caption(2, f"caption {number}", row(number))
    every = filled.captions.select_ids()
    assert len(filled.captions.photos(every.tolist())) == len(every) == 1203
    parts = list(filled.captions.embeddings(every, block=500))
    assert np.concatenate([part for part, _ in parts]).tolist() == every.tolist()
