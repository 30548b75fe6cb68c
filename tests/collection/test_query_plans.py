"""What a page view, a search and an index run ask of a catalog looks rows up; it reads no table as a whole.

The plans of SQLite follow from the schema alone, so a library of three photos shows those of a million.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from collection.conftest import OpenCollection
from conftest import PhotoMaker
from statements import Statements, noted
from twinlens.collection.collection import Collection
from twinlens.collection.indexing.watching.changes import Changes
from twinlens.collection.searching.filtering import known_filters
from twinlens.collection.searching.filters.within import Area
from twinlens.collection.showing.maps.world import View

LARGE = frozenset(
    {"photos", "vectors", "captions", "photo_texts", "moments", "reworded", "removed", "removed_captions"}
)
ALLOWED = {
    "only the first row is read": (
        r"^SELECT (1|length\(features\)) FROM (photos|captions|moments|vectors)( ORDER BY photo_id)? LIMIT 1$"
    ),
    "a page in the order of an index, whose rows are read one by one up to the last of the page": (
        r"ORDER BY taken_at IS NULL, taken_at DESC, folder_id, path LIMIT \d+ OFFSET \d+$"
    ),
}
OF_EACH_PHOTO = {
    "no index has the shape and the stars of photos: all are compared, in some 15 ms for 100,000": (
        r"SELECT group_concat\(id, ' '\) FROM photos WHERE .*(width|height|size_bytes|file_rating|latitude)"
    ),
    "a day of any year: all dates are compared, in their index": r"FROM photos WHERE .*substr\(taken_at, 6, 5\) = ",
    "the same, of what is written in pictures": r"SELECT group_concat\(id, ' '\) FROM photos WHERE .*content_hash IN",
}
EXAMPLES: dict[str, Any] = {"favourites": True, "folder": "a"}


@pytest.fixture
def library(
    photos: Path, make_photo: PhotoMaker, open_collection: OpenCollection, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Collection, Statements]]:
    """A library with captions, tags, an album and favourites, and what is executed on its catalog from now on."""
    for name, colour in (("a/red.png", "red"), ("a/blue.png", "blue"), ("green.png", "green")):
        make_photo(name, colour)
    (photos / "captions.csv").write_text("image,caption\na/red.png,a red wall\n")
    with noted(monkeypatch) as statements:
        collection = open_collection()
        collection.index(captions=photos / "captions.csv")
        collection.mark_favourites(["a/red.png"])
        collection.tags.add(["kids"], ["a/red.png"])
        collection.albums.add("Italy", ["a/red.png"])
        yield collection, statements


def change(collection: Collection, make_photo: PhotoMaker, name: str, colour: str) -> None:
    """Another photo comes, of which the system tells."""
    make_photo(name, colour)
    collection.index_changes(Changes(paths=frozenset({(collection.folders()[0].id, name)})))


def views(collection: Collection) -> None:
    """What a page asks for."""
    collection.facts()
    collection.facets()
    collection.months()
    for sort in ("date", "oldest", "name", "size"):
        collection.browse(sort=sort, k=2)
    collection.browse(favourites=True)
    collection.map_of_places(View(Area(-180.0, -80.0, 180.0, 80.0), 2.0))
    for query in ("red", "name:red", "red -blue", "person:Ana", "2023"):
        collection.answer(query, k=2, group=True)
    collection.answer("red", sort="date", after="2020")
    collection.similar(collection.folders()[0].path / "a/red.png")
    collection.photo("a/red.png")
    for given in (collection.tags, collection.ratings, collection.albums):
        given.all()  # with the number of photos of each


def not_allowed(collection: Collection, statements: Statements, allowed: dict[str, str]) -> dict[str, str]:
    """Statements that read a large table as a whole without a reason that is listed."""
    connection = collection.catalog._connection()
    few = connection.execute("SELECT name FROM sqlite_master WHERE type = 'index' AND sql LIKE '% WHERE %'").fetchall()
    partial = {name for (name,) in few}  # indexes of a few photos, such as those without a date
    found = statements.looking_at_all(connection, LARGE)
    return {
        sql: step
        for sql, step in found.items()
        if step.split()[-1] not in partial and not any(re.search(one, sql) for one in allowed.values())
    }


def test_a_page_and_its_searches_read_what_has_changed(
    library: tuple[Collection, Statements], make_photo: PhotoMaker
) -> None:
    collection, statements = library
    for name, colour in (("b/1.png", "red"), ("b/2.png", "blue")):  # what is kept is read when asked for again
        change(collection, make_photo, name, colour)
        views(collection)
        views(collection)
    change(collection, make_photo, "b/3.png", "green")
    statements.told.clear()
    views(collection)
    assert not_allowed(collection, statements, ALLOWED) == {}


def test_each_filter_looks_its_photos_up(library: tuple[Collection, Statements], make_photo: PhotoMaker) -> None:
    collection, statements = library
    asked = {name: EXAMPLES.get(name, one.example) for name, one in known_filters().items()}
    for name, value in asked.items():
        collection.answer("red", k=2, **{name: value})
    change(collection, make_photo, "b/1.png", "red")
    statements.told.clear()
    for name, value in asked.items():
        collection.answer("red", k=2, **{name: value})
    assert len(statements.told) > 100
    assert not_allowed(collection, statements, ALLOWED | OF_EACH_PHOTO) == {}


def test_a_run_for_a_photo_that_came_or_went_looks_at_no_other(
    library: tuple[Collection, Statements], photos: Path, make_photo: PhotoMaker
) -> None:
    collection, statements = library
    change(collection, make_photo, "b/1.png", "red")  # what has only few rows is read at first
    statements.told.clear()
    change(collection, make_photo, "b/2.png", "blue")
    (photos / "b/2.png").unlink()
    collection.index_changes(Changes(paths=frozenset({(collection.folders()[0].id, "b/2.png")})))
    assert len(statements.told) > 100
    assert not_allowed(collection, statements, ALLOWED) == {}


def test_statements_that_look_at_all_are_noticed(library: tuple[Collection, Statements]) -> None:
    collection, statements = library
    statements.told.clear()
    collection.catalog.rows("SELECT id FROM photos WHERE width = ?", (3,))
    collection.catalog.rows("SELECT id FROM photos WHERE id = 3")
    assert not_allowed(collection, statements, ALLOWED) == {"SELECT id FROM photos WHERE width = 3": "SCAN photos"}
