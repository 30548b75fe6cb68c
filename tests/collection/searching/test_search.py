from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from twinlens.collection.searching.search import Page, Search
from twinlens.errors import QueryError


def test_a_search_is_made_of_plain_values() -> None:
    search = Search.of("a dog", k=3, offset=6, sort="date", target="caption", filters={"after": 2023, "camera": None})
    assert search.page == Page(3, 6, "date")
    assert dict(search.filters) == {"after": "2023"}
    assert (search.query.text, search.target) == ("a dog", "caption")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"k": 0}, "k must be at least 1, got 0"),
        ({"k": "3"}, "k must be at least 1, got '3'"),
        ({"k": True}, "k must"),
        ({"k": 2.0}, "k must"),
        ({"offset": -1}, "offset must be at least 0"),
        ({"sort": "best"}, "sort must be one of relevance, date, oldest, name, size"),
        ({"target": "video"}, "target must be one of image, caption"),
        ({"min_grade": "sure"}, "min_grade must be one of strong, likely, possible, got 'sure'"),
        ({"min_probability": 1.5}, "min_probability must be from 0 to 1"),
        ({"min_probability": "half"}, "min_probability must be from 0 to 1"),
        ({"filters": {"colour": "red"}}, "there is no filter 'colour'"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_name(options: dict, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        Search.of("a dog", **options)


@pytest.mark.parametrize("query", [None, ["dog"], 5, b"dog", {"dog"}])
def test_what_is_no_query_is_refused(query: object) -> None:
    with pytest.raises(QueryError, match="a query is text, a path, a picture"):
        Search.of(query)  # type: ignore[arg-type]


def test_a_path_and_a_picture_are_queries() -> None:
    assert Search.of(Path("beach.jpg")).query.photos() == [Path("beach.jpg")]
    picture = Search.of(Image.new("RGB", (4, 4))).query
    assert (picture.kind(), picture.photos()) == ("photo", [])


def test_it_says_what_it_understood() -> None:
    search = Search.of(
        "dog + 0.5 ./sea/beach.jpg - 2.5 night", filters={"favourites": True, "before": "2023", "camera": "canon"}
    )
    assert (
        search.understood()
        == "“dog” + 0.5 × beach.jpg − 2.5 × “night”, taken 2023 or earlier, camera canon, favourites"
    )


def test_a_search_is_a_value() -> None:
    one = Search.of("a dog", filters={"after": "2023"})
    assert one == Search.of("a dog", filters={"after": "2023"})
    assert one != replace(one, show_all=True)
    assert len({one, Search.of("a dog", filters={"after": "2023"})}) == 1
