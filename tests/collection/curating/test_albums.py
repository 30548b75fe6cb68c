"""Albums: by hand in their order, live ones by what their search finds now."""

from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import PhotoMaker
from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.collection import Collection
from twinlens.errors import QueryError

OpenCollection = Callable[..., Collection]


@pytest.fixture
def collection(make_photo: PhotoMaker, open_collection: OpenCollection) -> Collection:
    """Three red photos, two blue ones."""
    for name in ("red/1", "red/2", "red/3", "blue/1", "blue/2"):
        make_photo(f"{name}.png", name.partition("/")[0], seed=int(name[-1]))
    opened = open_collection()
    opened.index()
    return opened


def shown(collection: Collection, name: str, **page: int) -> list[str]:
    answer = collection.albums.open(name, **page)
    first = page.get("offset", 0) + 1
    assert [hit.rank for hit in answer.shown] == list(range(first, first + len(answer.shown)))
    return [hit.id for hit in answer.shown]


def test_an_album_by_hand_is_shown_in_its_order_page_by_page(collection: Collection) -> None:
    albums = collection.albums
    assert albums.add("Best", ["red/3.png", "blue/1.png"]) == 2
    assert albums.add("best", ["red/1.png", "blue/1.png"]) == 1
    assert shown(collection, "BEST") == ["red/3.png", "blue/1.png", "red/1.png"]
    assert shown(collection, "Best", k=2, offset=1) == ["blue/1.png", "red/1.png"]
    albums.put_first("Best", ["red/1.png"])
    assert shown(collection, "Best", k=1) == ["red/1.png"]
    assert albums.remove("Best", ["red/3.png", "blue/2.png"]) == 1
    assert shown(collection, "Best") == ["red/1.png", "blue/1.png"]
    assert (albums.counts(), albums.of("red/1.png")) == ({"Best": 2}, ["Best"])
    assert albums.remove("Best", ["red/1.png", "blue/1.png"]) == 2
    assert (shown(collection, "Best"), albums.delete("best").name, albums.all()) == ([], "Best", [])


def test_a_page_of_an_album_opens_no_photos_of_others(collection: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = ["red/3.png", "blue/1.png", "red/1.png", "blue/2.png"]
    collection.albums.add("all", ids)
    read: list[int] = []
    photos = Catalog.photos
    monkeypatch.setattr(Catalog, "photos", lambda self, ids: photos(self, read.extend(some := list(ids)) or some))
    page = collection.albums.open("all", k=2, offset=1)
    assert [hit.id for hit in page.hits] == ids[1:3]
    assert [hit.rank for hit in page.hits] == [2, 3]
    assert (page.num_candidates, page.matched, len(read)) == (len(ids), len(ids), 2)
    assert not collection.albums.open("all", k=2, offset=len(ids)).hits


def test_a_live_album_shows_what_its_search_finds_now(collection: Collection, make_photo: PhotoMaker) -> None:
    album = collection.albums.save("Blue ones", "  folder:blue\n")
    assert (album.is_live, album.query) == (True, "folder:blue")
    assert set(shown(collection, "blue ones")) == {"blue/1.png", "blue/2.png"}
    make_photo("blue/3.png", "blue", seed=9)
    collection.index()
    assert len(shown(collection, "blue ones")) == 3
    assert collection.albums.save("BLUE ONES", "name:2").name == "Blue ones"
    assert set(shown(collection, "blue ones")) == {"blue/2.png", "red/2.png"}
    assert collection.count(album="blue ones", folder="red") == 1
    assert [photo.id for photo in collection.browse(album="blue ones", folder="red")[0]] == ["red/2.png"]


def test_words_find_what_is_written_and_what_has_a_grade(collection: Collection) -> None:
    collection.tags.add("harbour", ["red/2.png"])
    graded = {hit.id for hit in collection.answer("harbour", k=9).matching if hit.found_by}
    assert graded == {"red/2.png"}
    collection.albums.save("Harbour", "harbour")
    assert shown(collection, "harbour") == ["red/2.png"]  # the model of this library gives no grades
    assert collection.find_all("album:harbour") == collection.find_all("harbour", folder="red") == ["red/2.png"]
    with pytest.raises(QueryError, match="a sum of words and photos ranks all photos and leaves none out"):
        collection.find_all(f"{collection.photo('red/1.png').path} + harbour")


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("", "the query is empty"),
        ("rating:nine", "rating must be a comparison"),
        ("./red/1.png", "an album is searched by words and fields; this query names a photo"),
        ("red album:loop", "the album 'loop' is part of its own search: loop → loop"),
        ("folder:/etc", "no indexed photo is in that folder"),
    ],
)
def test_a_search_that_no_album_can_have_is_not_saved(collection: Collection, query: str, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        collection.albums.save("loop", query)
    assert collection.albums.all() == []


def test_albums_that_show_each_other_are_refused(collection: Collection) -> None:
    collection.albums.save("one", "album:two OR folder:red")
    with pytest.raises(QueryError, match="the album 'two' is part of its own search: two → one → two"):
        collection.albums.save("two", "album:one")
    collection.albums.save("two", "name:1")
    assert len(shown(collection, "one")) == 4


def test_a_live_album_takes_no_photos_and_one_by_hand_no_search(collection: Collection) -> None:
    collection.albums.save("live", "folder:red")
    collection.albums.add("hand", ["red/1.png"])
    for change in (collection.albums.add, collection.albums.remove, collection.albums.put_first):
        with pytest.raises(QueryError, match="the album 'live' shows what the search 'folder:red' finds"):
            change("live", ["red/1.png"])  # type: ignore[operator]
    with pytest.raises(QueryError, match="the album 'hand' was put together by hand"):
        collection.albums.save("Hand", "folder:red")
    with pytest.raises(QueryError, match="there is no album 'hamd'; did you mean 'hand'"):
        collection.albums.open("hamd")
    with pytest.raises(QueryError, match=r"'gone\.png'"):
        collection.albums.add("new", ["red/1.png", "gone.png"])
    assert [album.name for album in collection.albums.all()] == ["hand", "live"]


def test_an_album_can_have_any_name(collection: Collection) -> None:
    name = 'Zürich: "2023" / été {0}'
    collection.albums.add(name, ["red/1.png"])
    assert shown(collection, name) == ["red/1.png"]
    assert collection.albums.rename(name, "Zürich").name == "Zürich"
    assert collection.answer("zurich", k=1).hits[0].found_by == ("album",)


def test_a_read_only_collection_of_an_older_release_has_none(collection: Collection, tmp_path: Path) -> None:
    with collection.catalog.transaction() as connection:
        for table in ("tags", "ratings", "album_photos", "albums"):
            connection.execute(f"DROP TABLE {table}")
    for filters in ({"tag": "x"}, {"rating": 5}, {"album": "x"}, {"has": "tag,rating"}):
        assert collection.count(**filters) == 0
    assert (collection.tags.all(), collection.ratings.all(), collection.albums.all()) == ([], {}, [])
    assert collection.albums.counts() == {}
    assert len(collection.answer("red", k=9).hits) == 5


def test_albums_of_albums_are_opened_once_each_and_so_deep_at_most(collection: Collection) -> None:
    collection.albums.save("0", "folder:red")
    for number in range(1, 10):
        collection.albums.save(str(number), " ".join([f"album:{number - 1}"] * 20))  # 20 ** 9 without memory
    assert len(shown(collection, "9")) == 3
    with pytest.raises(QueryError, match="live albums ask for live albums, more than 10 deep"):
        collection.albums.save("10", "album:9")
