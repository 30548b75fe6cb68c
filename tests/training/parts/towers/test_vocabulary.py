"""A vocabulary built from training captions."""

from pathlib import Path

import pytest
from tokenizers import Tokenizer, models

from twinlens.errors import ConfigError, TrainingError
from twinlens.model.tokenizer import TextTokenizer
from twinlens.training.parts.text_towers.load import load_text_tower
from twinlens.training.parts.text_towers.vocabulary import build_tokenizer, read_tokenizer

CAPTIONS = ["A dog, a cat.", "a  DOG's bone!", "the cat"]


def test_marks_come_first_then_words_by_frequency_then_by_the_alphabet() -> None:
    vocabulary = build_tokenizer(CAPTIONS, cls=False).get_vocab()
    assert sorted(vocabulary, key=vocabulary.__getitem__) == [
        "[PAD]", "[UNK]", "[CLS]", "a", "cat", "bone", "dog", "dogs", "the",
    ]  # fmt: skip
    assert sorted(vocabulary.values()) == list(range(9))


def test_the_order_of_captions_does_not_matter() -> None:
    assert build_tokenizer(CAPTIONS, cls=True).to_str() == build_tokenizer(CAPTIONS[::-1], cls=True).to_str()


def test_size_and_count_leave_rare_words_unknown() -> None:
    assert set(build_tokenizer(CAPTIONS, max_size=5, cls=False).get_vocab()) == {"[PAD]", "[UNK]", "[CLS]", "a", "cat"}
    counted = build_tokenizer(CAPTIONS, min_count=2, cls=False)
    assert counted.encode("a dog and the cat").ids == [3, 1, 1, 1, 4]


def test_a_word_of_a_test_caption_alone_is_unknown() -> None:
    assert build_tokenizer(CAPTIONS, cls=False).encode("a zebra").ids == [3, 1]


def test_a_query_is_cleaned_as_the_captions_were_after_saving_too(tmp_path: Path) -> None:
    tokenizer = build_tokenizer(CAPTIONS, cls=True)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    again = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    for text in ("a dog's bone", "  A   dogs BONE ?!", "«a» dog’s bone…"):
        assert tokenizer.encode(text).ids == again.encode(text).ids == [2, 3, 7, 5]


def test_only_the_mark_itself_counts_as_special() -> None:
    assert build_tokenizer(CAPTIONS, cls=True).encode("a zebra").special_tokens_mask == [1, 0, 0]


def test_a_mark_in_a_query_is_only_its_letters() -> None:
    assert build_tokenizer(CAPTIONS, cls=True).encode("[PAD] cat").ids == [2, 1, 4]
    assert build_tokenizer(CAPTIONS, cleaning=(), cls=True).encode("[CLS]").ids == [2, 1, 1, 1]


def test_without_cleaning_case_matters() -> None:
    vocabulary = build_tokenizer(CAPTIONS, cleaning=(), cls=False).get_vocab()
    assert {"A", "a", "DOG", "dog", "."} <= set(vocabulary)


def test_an_empty_text_and_a_long_one_reach_the_graph(tmp_path: Path) -> None:
    build_tokenizer(CAPTIONS, cls=False).save(str(tmp_path / "tokenizer.json"))
    tokenize = TextTokenizer(tmp_path / "tokenizer.json", max_tokens=4)
    empty = tokenize([""])
    assert (empty.ids.tolist(), empty.mask.tolist()) == ([[0]], [[0]])
    assert tokenize(["a dog " * 9]).ids.shape == (1, 4)
    assert tokenize.seen_part("A DOG,  the cat, a bone") == "A DOG,  the cat"


def test_nothing_to_build_from_is_said() -> None:
    with pytest.raises(TrainingError, match="there are none"):
        load_text_tower("lstm")
    with pytest.raises(ConfigError, match="3 entries has no room"):
        build_tokenizer(CAPTIONS, max_size=3, cls=False)


@pytest.mark.parametrize("name", ["bag-of-words", "lstm", "transformer"])
def test_a_saved_vocabulary_gives_the_same_words_without_captions(name: str, tmp_path: Path) -> None:
    first = load_text_tower(name, captions=CAPTIONS, max_words=6, cleaning=("lower",))
    first.tokenizer.save(str(tmp_path / "tokenizer.json"))
    second = load_text_tower(name, tokenizer_file=tmp_path / "tokenizer.json")
    assert second.tokenizer.to_str() == first.tokenizer.to_str()
    assert second.words.num_embeddings == 6
    second.load_state_dict(first.state_dict())


def test_a_damaged_vocabulary_is_named(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(TrainingError, match=r"tokenizer\.json is not a readable tokenizer"):
        load_text_tower("lstm", tokenizer_file=tmp_path / "tokenizer.json")


def test_a_tokenizer_whose_mark_for_unknown_words_is_not_in_its_vocabulary_is_named(tmp_path: Path) -> None:
    file = tmp_path / "tokenizer.json"
    Tokenizer(models.WordLevel({"dog": 0}, unk_token="[UNK]")).save(str(file))
    with pytest.raises(TrainingError, match=rf"the tokenizer of {tmp_path} fails at words .*save_pretrained"):
        read_tokenizer(file)
