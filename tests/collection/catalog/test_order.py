import numpy as np
import pytest

from catalog_photos import put_photos
from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.condition import ANY, Condition
from twinlens.collection.catalog.order import ORDERS, Order, ordered_photos
from twinlens.collection.catalog.rows import FileState

PATHS = ["z/Beach.jpg", "a/beach.jpg", "Zürich.jpg", "zebra.jpg", "b/Äpfel.jpg", "10.jpg"]
DATES = ["2020-01-01T00:00:00", None, "2022-01-01T00:00:00", None, "2021-01-01T00:00:00", "2020-01-01T00:00:00"]
IN_ORDER: dict[Order, list[int]] = {
    "date": [3, 5, 6, 1, 2, 4],
    "oldest": [6, 1, 5, 3, 2, 4],
    "name": [6, 5, 2, 1, 4, 3],
    "size": [6, 5, 4, 3, 2, 1],
}

PLACES: dict[Order, list[int]] = {  # of photos 1 to 6
    "date": [3, 4, 1, 4, 2, 3],
    "oldest": [1, 4, 3, 4, 2, 1],
    "name": [4, 3, 6, 5, 2, 1],
    "size": [6, 5, 4, 3, 2, 1],
}


@pytest.fixture
def filled(catalog: Catalog) -> Catalog:
    """Photos of growing size, and a file that is no photo."""
    put_photos(catalog, PATHS, taken_at=DATES)
    with catalog.writing() as writer:
        writer.put_skipped(FileState(1, "broken.jpg", 999, 1, None), "damaged", reader_version=1)
    return catalog


@pytest.mark.parametrize("order", ORDERS)
def test_photos_come_in_each_order_and_pages_are_parts_of_it(filled: Catalog, order: Order) -> None:
    for _ in ("from the file", "from memory", "again"):
        assert filled.ordered(filled.select_ids(), order, 100).tolist() == IN_ORDER[order]
        assert filled.ordered(filled.select_ids(), order, 2).tolist() == IN_ORDER[order][:2]
    for k in (1, 2, 4, 9):
        pages = [ordered_photos(filled, ANY, order, k=k, offset=offset) for offset in range(0, 10, k)]
        assert [photo.id for page in pages for photo in page] == IN_ORDER[order]
    large = filled.ordered(filled.select_ids(Condition("size_bytes > ?", (102,))), order, 2).tolist()
    assert large == [number for number in IN_ORDER[order] if number > 3][:2]


@pytest.mark.parametrize("order", ORDERS)
def test_photos_and_captions_have_their_places_however_many_are_asked_for(filled: Catalog, order: Order) -> None:
    with filled.writing() as writer:
        for number in range(1, 7):
            writer.put_caption(number, "a beach", np.eye(8)[0])
    captions = {number: texts["a beach"] for number, texts in filled.captions.known().items()}
    asked = [number for number in range(1, 1200) if number != 7]  # most of them are no photos
    wanted = dict(enumerate(PLACES[order], start=1))
    assert filled.places(asked, order) == wanted
    assert filled.captions.places(captions.values(), order) == {captions[one]: wanted[one] for one in wanted}
    assert filled.places([], order) == filled.captions.places([], order) == {}


def test_the_library_by_date_is_not_sorted_again_for_each_page(filled: Catalog) -> None:
    asked: list[str] = []
    read = filled.rows
    filled.rows = lambda sql, *values: (asked.append(sql), read(sql, *values))[1]  # type: ignore[method-assign]
    ordered_photos(filled, ANY, "date", k=1, offset=4)
    ordered_photos(filled, Condition("camera = 'x'"), "date", k=1, offset=0)
    plans = [" ".join(step[3] for step in read(f"EXPLAIN QUERY PLAN {sql}", (1, 0))) for sql in asked if "LIMIT" in sql]
    assert ["photos_by_date" in plan for plan in plans] == [True, False], "few photos of many may pass a condition"
    assert ["TEMP B-TREE" in plan for plan in plans] == [False, True]
