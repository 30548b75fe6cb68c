"""The language of the search box over a library: nothing that it asks for is lost, whatever is combined."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import PhotoMaker
from twinlens.collection.collection import Collection
from twinlens.collection.searching.search import Search
from twinlens.errors import QueryError

NAMES = ("IMG_2207.png", "dog.png", "big cat.png", "Café.png", "a dog and a cat.png", "x.png")
FOLDERS = ("", "Italy/", "Italy/Rome/", "cats/")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("library")


@pytest.fixture
def indexed(make_photo: PhotoMaker, open_collection: Callable[..., Collection], tmp_path: Path) -> Collection:
    colours = ("red", "green", "blue", "white", "black", "yellow")
    for number, folder in enumerate(FOLDERS):
        for place, name in enumerate(NAMES):
            if (number + place) % 4:
                make_photo(folder + name, colours[(number + place) % len(colours)], size=(8 + place, 10))
    collection = open_collection()
    collection.index()
    (tmp_path / "captions.csv").write_text("image,caption\ndog.png,my dog Rex\ncats/big cat.png,a dog asleep\n")
    collection.add_captions(tmp_path / "captions.csv")
    photos = sorted(hit.id for hit in collection.search("red", k=100))
    collection.tags.add("On holiday", [photo for photo in photos if _is_tagged(photo)])
    for stars in range(1, 6):
        collection.ratings.rate(stars, [photo for photo in photos if _stars(photo) == stars])
    collection.albums.add("Best of", [photo for photo in photos if _is_in_rome(photo)])
    collection.albums.save("Wide", '(width>9 -folder:cats) OR album:"best of"')
    collection.albums.save("Good", "rating>=3 -album:wide")
    return collection


def _is_tagged(photo: str) -> bool:
    return "cat" in photo or photo == "x.png"


def _stars(photo: str) -> int:
    """0 without a rating."""
    return NAMES.index(photo.rsplit("/", 1)[-1])


def _is_in_rome(photo: str) -> bool:
    return photo.startswith("Italy/Rome/") and "dog" in photo


def _is_wide(photo: str) -> bool:
    return (_stars(photo) > 1 and not photo.startswith("cats/")) or _is_in_rome(photo)


def ids(answer_of: Collection, text: str, **options: object) -> set[str]:
    return {hit.id for hit in answer_of.answer(Search.of(text, k=100, show_all=True, **options)).hits}  # type: ignore[arg-type]


Tree = tuple[str, Callable[[str, str], bool]]
"""A query, and whether a photo with this id and these captions satisfies it."""


def _words_in(phrase: str, text: str) -> bool:
    def plain(one: str) -> str:
        return f" {' '.join(one.casefold().replace('é', 'e').replace('.', ' ').replace('_', ' ').split())} "

    return plain(phrase) in plain(text)


def _phrase(phrase: str) -> Tree:
    def holds(photo: str, captions: str) -> bool:
        *folders, name = photo.split("/")
        given = ["On holiday"] * _is_tagged(photo) + ["Best of"] * _is_in_rome(photo)
        return any(_words_in(phrase, text) for text in (*folders, name, *captions.split("|"), *given))

    return f'"{phrase}"', holds


def _wide(pixels: int) -> Tree:
    return f"width>{pixels}", lambda photo, _: 8 + NAMES.index(photo.rsplit("/", 1)[-1]) > pixels


LEAVES = st.sampled_from(
    [
        *map(_phrase, ("dog", "big cat", "cafe", "Rex", "IMG_2207", "a dog", "cats", "Rome", "none", "holiday")),
        *map(_wide, (7, 9, 12, 99)),
        ("folder:Italy", lambda photo, _: photo.startswith("Italy/")),
        ("folder:Italy/Rome", lambda photo, _: photo.startswith("Italy/Rome/")),
        ("name:cat", lambda photo, _: "cat" in photo.rsplit("/", 1)[-1]),
        ("name:?*cat*", lambda photo, _: "cat" in photo.rsplit("/", 1)[-1][1:]),
        ("name:cafe*", lambda photo, _: photo.endswith("Café.png")),
        ("-type:jpg", lambda *_: True),
        ("caption:rEX", lambda _, captions: "Rex" in captions),
        ("has:caption", lambda _, captions: bool(captions)),
        ('tag:"on Holiday"', lambda photo, _: _is_tagged(photo)),
        ("tag:holiday", lambda *_: False),
        ("has:tag", lambda photo, _: _is_tagged(photo)),
        ("rating>=4", lambda photo, _: _stars(photo) >= 4),
        ("rating:1..2", lambda photo, _: _stars(photo) in (1, 2)),
        ("rating:5", lambda photo, _: _stars(photo) == 5),
        ("has:rating", lambda photo, _: _stars(photo) > 0),
        ('album:"BEST OF"', lambda photo, _: _is_in_rome(photo)),
        ("album:wide", lambda photo, _: _is_wide(photo)),
        ("album:good", lambda photo, _: _stars(photo) >= 3 and not _is_wide(photo)),
        ("album:other", lambda *_: False),
        ("favourite:yes", lambda *_: False),
        ("-favourite:yes", lambda *_: True),
    ]
)


def _branches(inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    pairs = st.tuples(inner, inner)
    return st.one_of(
        pairs.map(lambda two: (f"({two[0][0]} OR {two[1][0]})", lambda *p: two[0][1](*p) or two[1][1](*p))),
        pairs.map(lambda two: (f"({two[0][0]} {two[1][0]})", lambda *p: two[0][1](*p) and two[1][1](*p))),
        inner.map(lambda one: (f"-({one[0]})", lambda *p: not one[1](*p))),
    )


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(tree=st.recursive(LEAVES, _branches, max_leaves=6))
def test_conditions_lose_and_add_no_photo(indexed: Collection, tree: Tree) -> None:
    text, holds = tree
    captions = {"dog.png": "my dog Rex", "cats/big cat.png": "a dog asleep"}
    everything = {hit.id for hit in indexed.answer(Search.of("red", k=100, show_all=True)).hits}
    wanted = {photo for photo in everything if holds(photo, captions.get(photo, ""))}
    assert ids(indexed, text) == wanted
    assert ids(indexed, f"red {text}") == wanted
    assert ids(indexed, f"red {text} OR blue {text}") == wanted
    assert indexed.answer(f"{text}", k=1).num_candidates == len(wanted)


def test_a_file_is_found_by_its_name_and_says_so(indexed: Collection) -> None:
    for typed in ("IMG_2207.png", "IMG_2207", "img 2207"):
        hits = indexed.answer(typed, k=5).matching
        assert hits[0].id.endswith("IMG_2207.png")
        assert hits[0].found_by == ("name",)
    assert not indexed.answer("green").hits[0].found_by  # this model has no grades, and nothing is called so


def test_fields_and_phrases_without_words_tell_what_they_found_each_photo_by(indexed: Collection) -> None:
    def told(query: str) -> dict[str, tuple[str, ...]]:
        return {hit.id: hit.found_by for hit in indexed.answer(query, k=100).hits}

    for query, wanted in (
        ("name:cat", ("name",)),
        ("caption:rex", ("caption",)),
        ('tag:"on holiday"', ("tag",)),
        ("album:good", ("album",)),
        ('"best of"', ("album",)),
        ("folder:Italy name:dog", ("folder", "name")),
        ("width>9", ()),
        ('-tag:"on holiday"', ()),
    ):
        found = told(query)
        assert found, query
        assert set(found.values()) == {wanted}, query
    either = told('(tag:"on holiday" width>9) OR name:dog')
    assert either["dog.png"] == ("name",)
    assert either["x.png"] == ("tag",)
    both = told('name:cat (tag:"on holiday" OR caption:asleep OR width>99)')
    assert both["cats/big cat.png"] == ("name", "tag", "caption")
    assert told('"dog"')["cats/big cat.png"] == ("caption",)
    listed = indexed.answer("name:cat", k=100)
    assert {listed.is_match(hit) for hit in listed.hits} == {None}  # nothing is graded, all are shown


def test_the_only_photo_folder_may_be_named(indexed: Collection) -> None:
    assert ids(indexed, "folder:photos") == ids(indexed, "width>0")
    assert ids(indexed, "folder:photos/Italy") == ids(indexed, "folder:Italy") != set()
    with pytest.raises(QueryError, match="holds no indexed photos"):
        indexed.answer("folder:photos/photos")


def test_a_caption_and_a_folder_find_their_photos(indexed: Collection) -> None:
    assert indexed.answer("Rex").matching[0].id == "dog.png"
    assert indexed.answer("Rex").matching[0].found_by == ("caption",)
    found = [hit for hit in indexed.answer("rome", k=30).hits if hit.found_by]
    assert {hit.id.rsplit("/", 1)[0] for hit in found} == {"Italy/Rome"}
    assert {hit.found_by for hit in found} == {("folder",)}


def test_what_is_written_comes_before_what_looks_alike_and_pages_agree(indexed: Collection) -> None:
    whole = [hit.id for hit in indexed.answer("dog", k=30).hits]
    named = [
        name for name in whole if _phrase("dog")[1](name, "Rex dog" if name in ("dog.png", "cats/big cat.png") else "")
    ]
    assert whole[: len(named)] == named
    paged = [hit.id for offset in range(0, 30, 4) for hit in indexed.answer("dog", k=4, offset=offset).hits]
    assert paged == whole


def test_without_words_the_newest_come_first_and_all_match(indexed: Collection) -> None:
    answer = indexed.answer("folder:cats", k=2)
    assert answer.matched == answer.num_candidates == len(ids(indexed, "folder:cats"))
    assert [hit.grade for hit in answer.matching] == [None, None]
    assert answer.ungraded == "without words or a picture to search by, photos have no grades"
    dates = [hit.taken_at or "" for hit in indexed.answer("folder:cats", k=30).hits]
    assert dates == sorted(dates, reverse=True)


def test_alternatives_that_only_leave_out_all_match_and_sort_by_date(indexed: Collection) -> None:
    text = "-green folder:cats OR -(red dog)"
    answer = indexed.answer(Search.of(text, k=30, sort="date"))
    assert answer.matched == answer.num_candidates == indexed.answer(text).matched
    dates = [hit.taken_at or "" for hit in answer.hits]
    assert dates == sorted(dates, reverse=True)


def test_captions_are_searched_by_words_alone(indexed: Collection) -> None:
    assert [hit.caption for hit in indexed.answer(Search.of("red folder:cats", target="caption")).hits] == [
        "a dog asleep"
    ]
    with pytest.raises(QueryError, match="captions are found by words or by a photo"):
        indexed.answer(Search.of("folder:cats", target="caption"))


def test_dates_in_words_are_conditions(indexed: Collection) -> None:
    answer = indexed.answer("red christmas 2022")
    assert answer.search.understood() == "“red”, taken 2022-12-24..2022-12-26"
    assert answer.num_candidates == 0


def test_what_is_left_out_is_left_out_by_its_name_too(indexed: Collection) -> None:
    found = ids(indexed, "red -dog")
    assert found
    assert not {photo for photo in found if "dog" in photo or photo == "cats/big cat.png"}


def test_a_misspelt_tag_or_album_is_told_with_the_nearest_one(indexed: Collection) -> None:
    def note(text: str, **filters: str) -> str | None:
        return indexed.answer(Search.of(text, filters=filters)).wording.note

    assert (note("tag:onholidays OR red") or "").startswith(
        "no photo has the tag “onholidays” (did you mean “On holiday”?); the query was read as any photo, "
        "tagged onholidays; or “red”"
    )
    assert "there is no album “Bestof” (did you mean “Best of”?)" in (note("-(album:Bestof red)") or "")
    assert note("red", tag="xyz") == "no photo has the tag “xyz”"
    assert note("red", tag="ON HOLIDAY", album="good") is None


def test_conditions_that_contradict_each_other_are_named(indexed: Collection) -> None:
    def note(text: str, **filters: str) -> str:
        answer = indexed.answer(Search.of(text, filters=filters))
        assert answer.num_candidates == 0
        return answer.wording.note or ""

    assert note("red name:dog width<9 width>20").startswith("no photo fits “width >20”; ")
    assert note("red folder:Italy name:dog width<9 width>11").startswith(
        "no photo fits “named dog” and “width <9” at once; "
    )
    assert note('"Rome" dog', folder="cats").startswith("no photo fits “in cats” and “with the text “Rome”” at once; ")
    assert "no photo fits" not in note("red tag:none")  # that there is no such tag is told
    assert "no photo fits" not in (indexed.answer("red width>9").wording.note or "")


def test_a_word_of_a_tag_or_album_moves_photos_up_and_says_so(indexed: Collection) -> None:
    hits = [hit for hit in indexed.answer("a holiday picture", k=30).hits if hit.found_by]
    assert hits == []  # some of the words alone are no match without a grade
    found = indexed.answer("on holiday", k=40).hits
    named = [hit for hit in found if "tag" in hit.found_by]
    assert named == found[: len(named)]
    assert {hit.id for hit in named} == {hit.id for hit in found if _is_tagged(hit.id)}
