from contextlib import closing
from pathlib import Path

import pytest

from catalog_photos import put_photos
from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.curated import tags as tags_module
from twinlens.collection.catalog.curated.conditions import tagged
from twinlens.collection.catalog.reading import has_word
from twinlens.errors import CollectionError, QueryError


@pytest.fixture
def three(catalog: Catalog) -> Catalog:
    """Photos 1 to 3."""
    put_photos(catalog, ["a.jpg", "b.jpg", "c.jpg"])
    return catalog


def test_photos_that_gain_or_lose_a_tag_are_counted(three: Catalog) -> None:
    tags = three.tags
    assert tags.add(["kids", "beach"], [1, 2]) == 2
    assert tags.add(["kids"], [1, 2, 3]) == 1
    assert tags.counts() == [("beach", 2), ("kids", 3)]
    assert tags.remove(["kids"], [1, 2]) == 2
    assert tags.remove(["kids"], [1, 2]) == 0
    assert (tags.of_photo(1), tags.of_photo(3), tags.names()) == (["beach"], ["kids"], ["beach", "kids"])


def test_a_tag_is_one_in_any_case_and_written_as_on_its_first_photo(three: Catalog) -> None:
    tags = three.tags
    tags.add([" Été  2023"], [1])
    tags.add(["ÉTÉ 2023", "été 2023"], [1, 2])
    assert tags.counts() == [("Été 2023", 2)]
    assert three.select_ids(tagged("E\u0301TE\u0301 2023")).tolist() == [1, 2]
    assert three.select_ids(tagged("ete 2023")).tolist() == []


def test_a_renamed_tag_is_written_anew_everywhere(three: Catalog) -> None:
    three.tags.add(["kids"], [1, 2])
    assert three.tags.rename("KIDS", "Kids") == 2
    assert three.tags.rename("kids", "children") == 2
    assert three.tags.rename("children", "Kids") == 2
    assert three.tags.counts() == [("Kids", 2)]


def test_two_tags_become_one_only_when_asked(three: Catalog) -> None:
    three.tags.add(["kids"], [1, 2])
    three.tags.add(["Children"], [2, 3])
    with pytest.raises(QueryError, match=r"2 photos have the tag 'children' already.*--merge"):
        three.tags.rename("kids", "children")
    assert three.tags.rename("kids", "children", merge=True) == 2
    assert three.tags.counts() == [("Children", 3)]
    with pytest.raises(QueryError, match="no photo has the tag 'kids'"):
        three.tags.rename("kids", "x")


def test_a_photo_has_so_many_tags_at_most_and_a_refusal_gives_none(
    three: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tags_module, "MOST_TAGS", 3)
    three.tags.add(["a", "b"], [2])
    with pytest.raises(QueryError, match="a photo may have 3 tags, one would have 4; no tag was given"):
        three.tags.add(["c", "d"], [1, 2])
    assert three.tags.counts() == [("a", 1), ("b", 1)]


def test_a_read_only_catalog_of_an_older_release_has_no_tags(three: Catalog, tmp_path: Path) -> None:
    three.tags.add(["kids"], [1])
    with three.transaction() as connection:
        connection.execute("DROP TABLE tags")
    assert (three.tags.counts(), three.tags.names(), three.tags.of_photo(1)) == ([], [], [])


def test_all_tags_are_listed_without_reading_each_photo(three: Catalog) -> None:
    names = [f"tag {number}" for number in range(150)]
    three.tags.add(names, [1, 2])
    assert three.tags.names() == sorted(names)


def test_words_of_tags_and_album_names_are_known_words_of_the_library(three: Catalog) -> None:
    three.tags.add(["Xqzt party"], [1])
    three.albums.create("Wrdlbrmpft 2023")
    assert [has_word(three, word) for word in ("xqzt", "wrdlbrmpft", "xqz")] == [True, True, False]


def test_a_catalog_that_cannot_be_written_says_so_and_shows_its_tags(three: Catalog) -> None:
    three.tags.add(["kids"], [1])
    three.checkpoint()
    with closing(Catalog(three.path, read_only=True)) as catalog:
        for change in (
            lambda: catalog.tags.add(["x"], [1]),
            lambda: catalog.ratings.rate(3, [1]),
            lambda: catalog.albums.create("x"),
        ):
            with pytest.raises(CollectionError, match="cannot be written"):
                change()
        assert catalog.tags.counts() == [("kids", 1)]
