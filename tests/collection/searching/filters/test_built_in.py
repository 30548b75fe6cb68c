"""The filters that come with twinlens keep the contract; what each finds is in test_filtering and test_collection."""

from datetime import date
from pathlib import Path

from contracts.filter import FilterContract
from twinlens.collection.searching.filters.after import AFTER
from twinlens.collection.searching.filters.before import BEFORE
from twinlens.collection.searching.filters.camera import CAMERA
from twinlens.collection.searching.filters.favourites import FAVOURITES
from twinlens.collection.searching.filters.folder import FOLDER


class TestAfter(FilterContract):
    filter = AFTER
    values = ("2023", "2023-06-30T12:00", 2023, date(2023, 6, 30))
    wrong_values = ("yesterday", True, ["2023"])


class TestBefore(FilterContract):
    filter = BEFORE
    values = ("2023", "2023-06-30 12:00:01", 2023)
    wrong_values = ("2023-13", 3.5)


class TestCamera(FilterContract):
    filter = CAMERA
    values = ("canon", "50%_off", "É-M1")
    wrong_values = (5, ["canon"], True)


class TestFavourites(FilterContract):
    filter = FAVOURITES
    values = (True,)
    wrong_values = ("yes", 1, [])


class TestFolder(FilterContract):
    filter = FOLDER
    wrong_values = (7, ["a"], True)

    def test_a_path_is_a_folder_too(self) -> None:
        assert FOLDER.parse(Path("2023/Italy")) == "2023/Italy"
