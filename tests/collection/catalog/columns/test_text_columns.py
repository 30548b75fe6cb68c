"""Names and captions in memory find what looking at each photo finds."""

from fnmatch import fnmatchcase

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog_photos import put_photos
from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.columns.text_columns import TextColumn
from twinlens.collection.catalog.condition import MOST_LISTED, Condition, caption_holds, marked, not_, one_of
from twinlens.collection.catalog.sqlite.sql_functions import file_name, folded

NAMES = st.lists(st.text(alphabet="aAbé.*?[]_ 1\n", min_size=1, max_size=6), max_size=8)


def ids_of(marks: bytes) -> set[int]:
    return {place + 1 for place, mark in enumerate(marks) if mark}


@settings(max_examples=200, deadline=None)
@given(names=NAMES, part=st.text(alphabet="aAbé.*[1\0", min_size=1, max_size=3))
def test_a_part_is_found_as_by_looking_at_each_name(names: list[str], part: str) -> None:
    ids = np.arange(len(names), dtype=np.int64) * 3 + 2
    found = ids_of(TextColumn(ids, names).holding(part))
    assert found == {3 * place + 2 for place, name in enumerate(names) if folded(part) in folded(name)}


@settings(max_examples=200, deadline=None)
@given(names=NAMES, pattern=st.text(alphabet="aAb*?[]!.é", min_size=1, max_size=5))
def test_a_pattern_is_found_as_by_looking_at_each_name(names: list[str], pattern: str) -> None:
    wanted = folded(pattern).replace("[", "[[]")
    texts = [folded(name) for name in names]
    expected = {
        place + 1
        for place, text in enumerate(texts)
        if fnmatchcase(text, wanted) or fnmatchcase(text.rpartition(".")[0], wanted)
    }
    assert ids_of(TextColumn(np.arange(1, len(names) + 1), names).like(pattern)) == expected


def test_many_stars_take_no_time() -> None:
    column = TextColumn(np.array([1]), ["a" * 250 + ".jpg"])
    assert not any(column.like("*a" * 40 + "b"))


@pytest.fixture
def filled(catalog: Catalog) -> Catalog:
    put_photos(catalog, ["trip/B.jpg", "a.JPEG", "Été/été.png", "trip/a.jpg", "x.tar.gz", "b.jpg"])
    return catalog


def paths(catalog: Catalog, condition: Condition) -> set[str]:
    return {record.path for record in catalog.photos(catalog.select_ids(condition).tolist()).values()}


def test_filters_see_a_photo_that_was_added_moved_or_taken_away(filled: Catalog) -> None:
    named = marked("files_named(?)", "b")
    assert paths(filled, named) == {"trip/B.jpg", "b.jpg"}
    assert paths(filled, marked("files_named(?)", "trip")) == set()  # only the name counts, not its folder
    put_photos(filled, ["abc.jpg"])
    assert paths(filled, named) == {"trip/B.jpg", "b.jpg", "abc.jpg"}
    assert paths(filled, not_(named)) == {"a.JPEG", "Été/été.png", "trip/a.jpg", "x.tar.gz"}
    assert paths(filled, marked("files_ending(?)", "jpg jpeg")) == {
        "trip/B.jpg",
        "a.JPEG",
        "trip/a.jpg",
        "b.jpg",
        "abc.jpg",
    }
    assert paths(filled, marked("files_like(?)", "?")) == {"trip/B.jpg", "a.JPEG", "trip/a.jpg", "b.jpg"}


def test_what_is_not_committed_is_seen_by_its_transaction_alone(filled: Catalog) -> None:
    named = marked("files_named(?)", "new")

    class BackError(Exception):
        pass

    def change_and_take_back() -> None:
        with filled.transaction() as connection:
            connection.execute("UPDATE photos SET path = 'new.jpg' WHERE path = 'b.jpg'")
            assert paths(filled, named) == {"new.jpg"}
            raise BackError

    with pytest.raises(BackError):
        change_and_take_back()
    assert paths(filled, named) == set()


def test_the_order_by_name_is_that_of_folded_names_then_folders_then_paths(filled: Catalog) -> None:
    ordered = filled.photos(ids := filled.ordered(filled.select_ids(), "name", 100).tolist())
    listed = [ordered[one].path for one in ids]
    assert listed == sorted(listed, key=lambda path: (folded(file_name(path)), path))
    places = filled.places(ids, "name")
    assert [places[one] for one in ids] == list(range(1, len(ids) + 1))


def test_many_ids_are_looked_up_as_few_are(filled: Catalog) -> None:
    some = filled.select_ids()[[1, 3]]
    many = np.concatenate([some, np.arange(1000, 1001 + MOST_LISTED)])
    assert paths(filled, one_of(many)) == paths(filled, one_of(some)) == {"a.JPEG", "trip/a.jpg"}
    assert len(paths(filled, not_(one_of(many)))) == 4


def test_a_caption_is_found_in_any_case(filled: Catalog) -> None:
    (photo,) = (int(one) for one in filled.select_ids(Condition("path = 'b.jpg'")))
    with filled.writing() as writer:
        writer.put_caption(photo, "Ein Café\0 am See", np.eye(1, 8, dtype=np.float32)[0])
    assert paths(filled, caption_holds("CAFE")) == {"b.jpg"}
    assert paths(filled, caption_holds("am see")) == {"b.jpg"}
    assert paths(filled, caption_holds("meer")) == set()
