"""Tests of the catalog that are of no file run with one on a server, too."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from twinlens.collection.catalog.catalog import Catalog

_BOTH = {
    "test_albums": (),
    "test_captions": ("test_a_photo_has_a_caption_once", "test_a_caption_of_no_photo_is_refused"),  # SQLite's words
    "test_condition": (
        "test_not_is_true_where_the_condition_cannot_be_told",  # an expression that is SQLite's alone
        "test_every_combination_selects_what_plain_logic_selects",  # as the differential test of the query language
        "test_photos_that_are_known_at_once_are_found_without_a_look_at_each",  # its plan
    ),
    "test_kept_columns": (
        "test_few_changes_are_read_alone_and_many_with_all_others",  # by a connection of a file
        "test_what_is_kept_of_a_catalog_is_forgotten_when_a_backup_of_the_same_generation_takes_its_place",
    ),
    "test_marks": (),
    "test_next_vectors": (),
    "test_order": ("test_the_library_by_date_is_not_sorted_again_for_each_page",),
    "test_ratings": (),
    "test_reading": (),
    "test_tags": (
        "test_a_catalog_that_cannot_be_written_says_so_and_shows_its_tags",
        "test_a_read_only_catalog_of_an_older_release_has_no_tags",
    ),
    "test_text_columns": (),
    "test_writing": (),
}
"""The modules, and what in them is of SQLite."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    but = _BOTH.get(metafunc.module.__name__.rpartition(".")[2])
    if but is None or metafunc.function.__name__ in but or "catalog" not in metafunc.fixturenames:
        return
    metafunc.parametrize("catalog", ["file", "server"], indirect=True)


@pytest.fixture
def catalog(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Catalog]:
    """A new, empty catalog."""
    if getattr(request, "param", "file") == "server":
        yield request.getfixturevalue("served_catalog")
        return
    made = Catalog(tmp_path / "catalog.sqlite", create=True)
    yield made
    made.close()
