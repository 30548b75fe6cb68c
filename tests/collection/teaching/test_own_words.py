"""A word that was taught means, in any query, what its photos show."""

from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import PhotoMaker
from twinlens.collection.collection import Collection
from twinlens.errors import QueryError
from twinlens.types import Hit

OpenCollection = Callable[..., Collection]
REX = ["blue0.png", "blue1.png", "blue2.png"]


@pytest.fixture
def library(make_photo: PhotoMaker, open_collection: OpenCollection) -> Collection:
    """Six photos of each of four colours."""
    for number in range(6):
        for colour in ("red", "green", "blue", "white"):
            make_photo(f"{colour}{number}.png", colour, seed=number)
    collection = open_collection()
    collection.index()
    return collection


def ids(hits: list[Hit]) -> list[str]:
    return [hit.id for hit in hits]


def test_a_word_is_found_in_photos_that_it_was_not_learnt_from(library: Collection) -> None:
    said = library.teaching.teach_word("Rex", REX)
    assert (said.subject, list(said.good)) == ("rex", REX)
    answer = library.answer("my Rex", k=6)
    assert sorted(ids(list(answer.hits))) == [f"blue{number}.png" for number in range(6)]
    assert answer.wording.notes == ("“rex” is what was learnt from 3 photos",)
    assert answer.wording.unknown_words == ()
    assert all(hit.grade is not None for hit in answer.hits)


def test_a_word_adds_to_the_other_words_and_can_be_left_out(library: Collection) -> None:
    before = {hit.id: hit.score for hit in library.search("green", k=24)}
    library.teaching.teach_word("the cabin", REX)
    scores = {hit.id: hit.score for hit in library.search("The  Cabin green", k=24)}
    assert scores["blue4.png"] > before["blue4.png"]
    assert scores["green4.png"] > scores["red4.png"]
    assert not any(one.startswith("blue") for one in ids(library.search("white - the cabin", k=24)))


def test_photos_that_only_look_like_it_are_told(library: Collection) -> None:
    library.teaching.teach_word("rex", ["blue0.png", "blue1.png", "green0.png"])
    before = [hit.score for hit in library.search("rex", k=24) if hit.id == "green1.png"]
    library.teaching.teach_word("rex", [], bad=["green0.png"])
    assert [hit.score for hit in library.search("rex", k=24) if hit.id == "green1.png"] < before


def test_without_photos_a_word_is_learnt_from_what_is_written_and_what_was_called_good(
    library: Collection, tmp_path: Path
) -> None:
    captions = tmp_path / "captions.csv"
    captions.write_text("image,caption\nblue0.png,Rex at home\nblue1.png,our Rex\nred0.png,a wall\n")
    library.add_captions(captions)
    library.feedback("rex", good=["blue5.png"])
    assert library.teaching.teach_word("REX").good == ("blue0.png", "blue1.png", "blue5.png")


def test_a_word_is_forgotten(library: Collection) -> None:
    before = library.search("rex", k=24)
    library.teaching.teach_word("rex", REX)
    assert library.teaching.forget_word("Rex") == 3
    assert library.search("rex", k=24) == before
    assert library.teaching.forget_word("Rex") == 0


@pytest.mark.parametrize(
    ("word", "named", "told"),
    [
        ("rex", ["blue0.png"], "at least 2 photos"),
        ("rex", None, "there are none that “rex” is written about"),
        ("rex", ["blue0.png", "gone.png"], "no indexed photo has the id 'gone.png'"),
        (" !? ", REX, "is no word"),
        ("x" * 61, REX, "at most 60 letters"),
    ],
)
def test_a_word_that_cannot_be_learnt_changes_nothing(
    library: Collection, word: str, named: list[str] | None, told: str
) -> None:
    with pytest.raises(QueryError, match=told):
        library.teaching.teach_word(word, named)
    assert library.teaching.said() == []


def test_a_library_of_one_picture_has_nothing_to_tell_a_word_from(
    make_photo: PhotoMaker, open_collection: OpenCollection
) -> None:
    make_photo("a.png", "red")
    make_photo("b.png", "red")
    collection = open_collection()
    collection.index()
    before = collection.search("rex")
    collection.teaching.teach_word("rex", ["a.png", "b.png"])
    assert [hit.score for hit in collection.search("rex")] == [hit.score for hit in before]


def test_a_word_of_too_many_photos_is_refused(library: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("twinlens.collection.teaching.teaching.MOST_FOR_A_WORD", 2)
    photos = [one.id for one in library.search("red", k=3)]
    with pytest.raises(QueryError, match="at most 2 photos, and these would be 3"):
        library.teaching.teach_word("zorkle", photos)
    assert library.teaching.said() == []
