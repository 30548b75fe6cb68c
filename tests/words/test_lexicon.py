import pytest

from twinlens.words.lexicon import pack, unpack


def test_what_was_packed_is_found_again() -> None:
    words = {"dog": 7, "dogs": 9, "straße": 10, "été": 4, "ребенок": 14, "a": 0}
    lexicon = unpack(pack(words))
    assert len(lexicon) == len(words)
    assert {word: lexicon.level(word) for word in words} == words
    assert [lexicon.word(number) for number in range(len(words))] == sorted(words)
    assert lexicon.level("do") is lexicon.level("og") is lexicon.level("") is None


def test_a_word_is_found_without_its_accents() -> None:
    lexicon = unpack(pack({"été": 4, "łódź": 9}))
    assert lexicon.has("ete")
    assert lexicon.has("lodz")
    assert not lexicon.has("et")


def test_the_rests_of_words_that_begin_alike() -> None:
    assert sorted(unpack(pack({"dog": 1, "dogs": 1, "cat": 1})).rests("dog")) == ["", "s"]


def test_similar_words_have_similar_lengths_and_letters() -> None:
    lexicon = unpack(pack({"giraffe": 9, "garage": 9, "dog": 7, "elephants": 9}))
    found = lexicon.similar("giraff", 1)
    assert [lexicon.word(number) for number in found.numbers] == ["giraffe"]


def test_a_list_that_was_cut_is_refused() -> None:
    with pytest.raises(ValueError, match="1 words, but 2 levels"):
        unpack("aa\ndog")
