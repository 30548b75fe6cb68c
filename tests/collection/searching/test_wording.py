from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from conftest import ColourEncoder, PhotoMaker
from small_words import save_small_words
from twinlens.collection.collection import Collection
from twinlens.collection.searching.query import parse_query, words_query
from twinlens.types import WordCheck
from twinlens.words.check import check_words
from twinlens.words.word_list import WordList


@pytest.fixture
def indexed(
    make_photo: PhotoMaker,
    open_collection: Callable[..., Collection],
    encoder: ColourEncoder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Collection:
    """Two photos with captions, and a model that knows few words."""
    words = WordList(save_small_words(tmp_path))

    def check(text: str, *, is_known_here: Callable[[str], bool]) -> WordCheck:
        return check_words(text, words, is_known_here=is_known_here)

    monkeypatch.setattr(encoder, "check_words", check)
    make_photo("zzhotel/IMG_giraffes_1.png", "red")
    make_photo("blue.png", "blue")
    collection = open_collection()
    collection.index()
    (tmp_path / "c.csv").write_text("image,caption\nblue.png,our xxyacht 100% new\n")
    collection.add_captions(tmp_path / "c.csv")
    return collection


def test_emoji_reach_any_encoder_as_words(encoder: ColourEncoder) -> None:
    query = parse_query("🟥 + 0.5 blue")
    assert query.terms[0].value == "🟥"
    assert query.terms[0].read == "large red square"
    assert query.understood() == "“large red square” + 0.5 × “blue”"
    assert words_query("🟥").terms[0].read == "large red square"


def test_a_query_of_emoji_finds_what_its_words_find(indexed: Collection) -> None:
    answer = indexed.answer("🟥", show_all=True)
    assert answer.hits[0].id == "zzhotel/IMG_giraffes_1.png"
    assert np.isclose(answer.hits[0].score, indexed.answer("large red square", show_all=True).hits[0].score)
    told = answer.to_json()
    assert (told["query"], told["understood"]) == ("🟥", "“large red square”")
    assert told["read_as"] == "“large red square”"
    assert answer.wording.note == "the query was read as “large red square”"


def test_a_plain_query_has_nothing_to_tell(indexed: Collection) -> None:
    answer = indexed.answer("a red dog")
    assert answer.wording.note is None
    told = answer.to_json()
    assert (told["read_as"], told["unknown_words"], told["did_you_mean"], told["no_word_known"]) == (
        None,
        [],
        None,
        False,
    )


def test_a_misspelt_query_is_told_and_corrected_but_searched_as_it_is(indexed: Collection) -> None:
    answer = indexed.answer("a giraff on the bananna - red")
    assert answer.search.query.text == "a giraff on the bananna - red"
    assert answer.wording.unknown_words == ("giraff", "bananna")
    assert answer.wording.did_you_mean == "a giraffe on the banana - red"
    assert answer.wording.note == (
        "the query was read as “a giraff on the bananna”, without “red”; unknown words: “giraff”, “bananna”; "
        "did you mean: a giraffe on the banana - red"
    )


def test_the_name_of_a_photo_in_a_sum_is_left_alone(indexed: Collection, make_photo: PhotoMaker) -> None:
    photo = make_photo("giraff.png", "blue")
    answer = indexed.answer(f"{photo} + giraff")
    assert answer.wording.did_you_mean == f"{photo} + giraffe"
    assert not answer.wording.no_word_known  # the photo says something


@pytest.mark.parametrize("word", ["zzhotel", "xxyacht"])
def test_folders_and_captions_make_a_word_known(indexed: Collection, word: str) -> None:
    assert indexed.answer(word).wording.unknown_words == ()


@pytest.mark.parametrize("word", ["zzhote", "xxyach", "giraff", "zzhotels"])
def test_a_part_of_a_word_does_not(indexed: Collection, word: str) -> None:
    assert indexed.answer(word).wording.unknown_words == (word,)


def test_where_no_word_is_known_the_answer_says_so(indexed: Collection) -> None:
    answer = indexed.answer("qwrtzx", k=2)
    assert answer.wording.no_word_known
    assert answer.wording.note == "no word of this query is known: “qwrtzx”"
    assert [(hit.grade, hit.probability) for hit in answer.closest] == [(None, 0.0)] * 2
    assert (answer.matched, answer.grades) == (0, {"strong": 0, "likely": 0, "possible": 0})


@pytest.mark.parametrize("signs", ["???", "!", "– … ."])
def test_a_query_without_a_word_finds_the_closest_only(indexed: Collection, signs: str) -> None:
    answer = indexed.answer(signs)
    assert answer.wording.note == "there is no word in this query"
    assert answer.matched == 0
    assert len(answer.closest) == 2
    assert indexed.answer(f"{signs} + blue").wording.note is None


@pytest.mark.parametrize(
    "asked", ["A photo of blue!!!", "show me my pictures with “blue”.", "BLUE?", "¿ｂｌｕｅ\u200b?"]
)
def test_ways_to_ask_for_the_same_have_the_same_scores_and_grades(indexed: Collection, asked: str) -> None:
    plain, answer = indexed.answer("blue"), indexed.answer(asked)
    assert [(hit.id, hit.score, hit.grade) for hit in answer.hits] == [
        (hit.id, hit.score, hit.grade) for hit in plain.hits
    ]
    assert answer.wording.read_as is None


def test_a_word_of_any_length_is_searched(indexed: Collection) -> None:
    assert len(indexed.answer("x" * 500).hits) == 2


def test_a_model_without_words_claims_nothing(indexed: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert ColourEncoder().check_words("qwrtzx", is_known_here=lambda _: False) is None
