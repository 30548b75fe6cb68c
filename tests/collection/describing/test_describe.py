from collections.abc import Sequence
from pathlib import Path

import pytest

from collection.conftest import OpenCollection
from conftest import ColourEncoder, PhotoMaker
from twinlens.collection.describing import describe as describing
from twinlens.collection.searching.search import Page
from twinlens.errors import QueryError
from twinlens.types import Embeddings

LIST = ("a red wall", "a blue sky", "green grass", "white snow", "black coal")

GERMAN = ("eine rote Wand", "ein blauer Himmel", "grünes Gras", "weißer Schnee", "schwarze Kohle")


@pytest.fixture(autouse=True)
def small_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(describing, "descriptions", lambda language="en": {"en": LIST, "de": GERMAN}[language])


@pytest.fixture
def embedded(encoder: ColourEncoder, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that the model has been given."""
    seen: list[str] = []
    encode = encoder.encode_text

    def counted(texts: Sequence[str]) -> Embeddings:
        seen.extend(texts)
        return encode(texts)

    monkeypatch.setattr(encoder, "encode_text", counted)
    return seen


def test_a_library_without_captions_says_what_a_photo_shows(
    make_photo: PhotoMaker, open_collection: OpenCollection
) -> None:
    red = make_photo("red.png", "red")
    collection = open_collection()
    collection.index()
    (best, *_) = collection.caption(red)
    assert (best.caption, best.grade, best.id) == ("a red wall", "strong", "")
    answer = collection.answer(red, target="caption")
    assert (answer.source, answer.num_candidates, answer.ungraded) == ("built-in", 5, None)
    shown = answer.to_json()["results"][0]
    assert (shown["caption"], shown["image_id"], shown["image_path"]) == ("a red wall", None, None)


def test_captions_of_the_library_come_first_and_the_list_when_it_is_asked_for(
    make_photo: PhotoMaker, open_collection: OpenCollection, tmp_path: Path
) -> None:
    red = make_photo("red.png", "red")
    (tmp_path / "captions.csv").write_text("image,caption\nred.png,our red door\n")
    collection = open_collection()
    collection.index(captions=tmp_path / "captions.csv")
    assert [hit.caption for hit in collection.caption(red)] == ["our red door"]
    assert collection.answer(red, target="caption").source == "library"
    assert collection.describe(str(red), page=Page(1)).hits[0].caption == "a red wall"


def test_the_list_is_embedded_once_for_a_model(
    make_photo: PhotoMaker, open_collection: OpenCollection, embedded: list[str], own_home: Path
) -> None:
    red, blue = make_photo("red.png", "red"), make_photo("blue.png", "blue")
    told: list[tuple[int, int]] = []
    collection = open_collection()
    collection.describe(red, on_progress=lambda done, total: told.append((done, total)))
    assert (sorted(embedded), told) == (sorted(LIST), [(5, 5)])
    assert collection.describe(blue, on_progress=lambda *_: pytest.fail("again")).hits[0].caption == "a blue sky"
    assert len(embedded) == 5
    (file,) = (own_home / "lists").iterdir()
    file.write_bytes(file.read_bytes()[:100])  # damaged: made again
    assert collection.describe(blue).hits[0].caption == "a blue sky"
    assert len(embedded) == 10


def test_where_nothing_can_be_written_photos_are_described_all_the_same(
    make_photo: PhotoMaker, open_collection: OpenCollection, own_home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (own_home / "lists").write_text("in the way")
    assert open_collection().describe(make_photo("red.png", "red")).hits[0].caption == "a red wall"
    assert "cannot be" in caplog.text


def test_what_is_no_photo_is_refused_before_the_list_is_embedded(
    make_photo: PhotoMaker, open_collection: OpenCollection, embedded: list[str], tmp_path: Path
) -> None:
    make_photo("red.png", "red")
    collection = open_collection()
    with pytest.raises(QueryError, match="there is no such file"):
        collection.describe(tmp_path / "gone.jpg")
    (tmp_path / "notes.txt").write_text("no photo")
    with pytest.raises(QueryError, match="cannot be used"):
        collection.describe(tmp_path / "notes.txt")
    with pytest.raises(QueryError, match="only photos can be described"):
        describing.describe(describing.Query(()), collection.encoder)
    assert embedded == []


def test_pages_go_on_where_the_last_one_ended(make_photo: PhotoMaker, open_collection: OpenCollection) -> None:
    red, collection = make_photo("red.png", "red"), open_collection()
    everything = [hit.caption for hit in collection.describe(red, page=Page(5)).hits]
    second = collection.describe(red, page=Page(2, offset=2))
    assert [hit.caption for hit in second.hits] == everything[2:4]
    assert [hit.rank for hit in second.hits] == [3, 4]


def test_another_language_says_the_same_and_no_other_list_is_embedded(
    make_photo: PhotoMaker, open_collection: OpenCollection, embedded: list[str]
) -> None:
    red, collection = make_photo("red.png", "red"), open_collection()
    english, german = (collection.describe(red, language=language) for language in ("en", "de_AT.UTF-8"))
    assert [GERMAN[LIST.index(hit.caption)] for hit in english.hits] == [hit.caption for hit in german.hits]
    assert [hit.grade for hit in english.hits] == [hit.grade for hit in german.hits]
    assert (english.language, german.language, german.to_json()["language"]) == ("en", "de", "de")
    collection.index()
    assert collection.caption(red, language="German")[0].caption == "eine rote Wand"
    assert sorted(embedded) == sorted(LIST)
    with pytest.raises(QueryError, match="got 'Elvish'; choose one"):
        collection.describe(red, language="Elvish")


def test_captions_of_the_library_stay_in_their_own_language(
    make_photo: PhotoMaker, open_collection: OpenCollection, tmp_path: Path
) -> None:
    red, collection = make_photo("red.png", "red"), open_collection()
    (tmp_path / "captions.csv").write_text("image,caption\nred.png,our red door\n")
    collection.index(captions=tmp_path / "captions.csv")
    assert [hit.caption for hit in collection.caption(red, language="de")] == ["our red door"]
    assert collection.answer(red, target="caption").language is None
