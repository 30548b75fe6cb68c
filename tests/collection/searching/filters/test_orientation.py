from pathlib import Path

import pytest

from catalog_photos import put_photos
from contracts.filter import FilterContract
from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.searching.filtering import Filters
from twinlens.collection.searching.filters.orientation import ORIENTATION
from twinlens.collection.searching.scope import Scope


class TestOrientation(FilterContract):
    filter = ORIENTATION
    values = ("portrait", "Landscape", " square ")
    wrong_values = ("round", "", 5, True)


@pytest.mark.parametrize(("orientation", "expected"), [("portrait", [1]), ("landscape", [2]), ("square", [3])])
def test_photos_are_found_by_their_sides(
    catalog: Catalog, tmp_path: Path, orientation: str, expected: list[int]
) -> None:
    put_photos(catalog, ["a.jpg", "b.jpg", "c.jpg", "d.jpg"], sizes=[(30, 40), (40, 30), (20, 20), (0, 0)])
    condition = Filters(orientation=orientation).condition(Scope(catalog, []))
    assert catalog.select_ids(condition).tolist() == expected
