import pytest

from catalog_photos import put_photos
from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.condition import Condition
from twinlens.collection.catalog.reading import (
    any_photo,
    count_photos,
    first_and_last_taken,
    photo_paths,
    photo_records,
    photo_row,
)
from twinlens.collection.catalog.rows import FileState


@pytest.fixture
def filled(catalog: Catalog) -> Catalog:
    put_photos(
        catalog,
        ["b.jpg", "a.jpg", "sub/c.jpg", "sub/d.jpg"],
        taken_at=["2020-01-01T00:00:00", None, "2022-01-01T00:00:00", None],
        cameras=["Canon", "Nikon", "Canon", None],
        sizes=[(10, 20), (30, 40), (50, 60), (70, 80)],
    )
    with catalog.writing() as writer:
        writer.put_skipped(FileState(1, "broken.jpg", 1, 1, None), "damaged", reader_version=1)
    catalog.marks.mark([2], is_favourite=True)
    return catalog


def test_records_are_by_id_with_shape_and_mark(filled: Catalog) -> None:
    records = photo_records(filled, [2, 1, 99])
    assert list(records) == [1, 2]
    assert records[2][2:7] == ("a.jpg", None, 30, 40, True)
    assert records[1].taken_at == "2020-01-01T00:00:00"


def test_counts_leave_out_what_was_skipped(filled: Catalog) -> None:
    assert count_photos(filled) == 4
    assert count_photos(filled, Condition("camera = ? OR camera IS NULL", ("Canon",))) == 3
    assert any_photo(filled, Condition("width = 70"))
    assert not any_photo(filled, Condition("path = 'broken.jpg'"))
    assert first_and_last_taken(filled) == ("2020-01-01T00:00:00", "2022-01-01T00:00:00")
    counts = filled.counts()
    assert [counts.number(kind) for kind in ("photos", "undated", "located", "file_dated")] == [4, 2, 0, 0]
    assert counts.most("camera") == [("Canon", 2), ("Nikon", 1)]
    assert counts.values("folder") == {"1/": 2, "1/sub/": 2}
    assert counts.months() == [("2022-01", 1), ("2020-01", 1), (None, 2)]
    assert sorted(photo_paths(filled, 1)) == ["a.jpg", "b.jpg", "sub/c.jpg", "sub/d.jpg"]


def test_a_row_is_of_one_photo_at_a_path(filled: Catalog) -> None:
    assert photo_row(filled, "id, width, camera", 1, "a.jpg") == (2, 30, "Nikon", True)
    assert photo_row(filled, "id", 1, "broken.jpg") is photo_row(filled, "id", 2, "a.jpg") is None
