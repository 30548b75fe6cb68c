from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from twinlens.errors import BundleError
from twinlens.model.tokenizer import TextTokenizer

CLS, SEP, UNK, PAD, A, RED, DOG, CAT, RUN, NING = 0, 1, 2, 3, 4, 5, 8, 9, 10, 11


@pytest.fixture(scope="module")
def tokenizer(tokenizer_file):
    return TextTokenizer(tokenizer_file, max_tokens=8)


def test_words_become_their_numbers_between_the_marks(tokenizer):
    assert tokenizer(["a red dog running"]).ids.tolist() == [[CLS, A, RED, DOG, RUN, NING, SEP]]


def test_case_is_ignored_and_unknown_words_are_marked(tokenizer):
    assert tokenizer(["A ZEBRA"]).ids.tolist() == [[CLS, A, UNK, SEP]]


def test_batch_is_padded_to_its_longest_text_only(tokenizer):
    tokens = tokenizer(["dog", "a red dog", ""])
    assert tokens.ids.tolist() == [[CLS, DOG, SEP, PAD, PAD], [CLS, A, RED, DOG, SEP], [CLS, SEP, PAD, PAD, PAD]]
    assert tokens.mask.tolist() == [[1, 1, 1, 0, 0], [1, 1, 1, 1, 1], [1, 1, 0, 0, 0]]
    assert tokens.ids.dtype == tokens.mask.dtype == np.int64


def test_a_model_that_was_trained_on_full_texts_gets_full_texts(tokenizer_file):
    tokens = TextTokenizer(tokenizer_file, max_tokens=8, padding="full", pad_token_id=7)(["dog"])
    assert tokens.ids.tolist() == [[CLS, DOG, SEP, 7, 7, 7, 7, 7]]
    assert tokens.mask.tolist() == [[1, 1, 1, 0, 0, 0, 0, 0]]


def test_padding_may_stand_before_the_text(tokenizer_file):
    tokens = TextTokenizer(tokenizer_file, max_tokens=8, padding_side="left")(["dog", "a red dog"])
    assert tokens.ids.tolist() == [[PAD, PAD, CLS, DOG, SEP], [CLS, A, RED, DOG, SEP]]
    assert tokens.mask.tolist() == [[0, 0, 1, 1, 1], [1, 1, 1, 1, 1]]


@pytest.mark.parametrize(
    ("words", "own_entry", "expected"),
    [
        (["a", "b", "<pad>", "[PAD]"], None, 3),
        (["a", "b", "<pad>"], 0, 2),
        (["a", "b", "c", "d"], 3, 3),
        (["a", "b"], None, 0),
    ],
    ids=["BERT", "RoBERTa", "the file's own entry", "none"],
)
def test_padding_is_the_number_that_the_file_gives_it(tmp_path, words, own_entry, expected):
    tokenizer = Tokenizer(WordLevel({word: number for number, word in enumerate(words)}, unk_token="a"))
    tokenizer.pre_tokenizer = Whitespace()
    if own_entry is not None:
        tokenizer.enable_padding(pad_id=own_entry, pad_token=words[own_entry])
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    tokens = TextTokenizer(tmp_path / "tokenizer.json", max_tokens=8)(["b", "b b b"])
    assert tokens.ids.tolist() == [[1, expected, expected], [1, 1, 1]]
    assert tokens.mask.tolist() == [[1, 0, 0], [1, 1, 1]]


def test_texts_in_which_nothing_is_found_still_have_a_column(tmp_path):
    tokenizer = Tokenizer(WordLevel({"[PAD]": 0, "a": 1}, unk_token="[PAD]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    tokens = TextTokenizer(tmp_path / "tokenizer.json", max_tokens=8)(["", "  "])
    assert tokens.ids.tolist() == tokens.mask.tolist() == [[0], [0]]


def test_long_text_is_cut_to_the_manifest_and_keeps_its_end_mark(tokenizer):
    (ids,) = tokenizer(["a red dog " * 30]).ids
    assert ids.tolist() == [CLS, A, RED, DOG, A, RED, DOG, SEP]


def test_text_length_is_that_of_the_manifest_not_of_the_file(tokenizer_file):
    # the file itself says: cut at 4, pad to 32
    assert TextTokenizer(tokenizer_file, max_tokens=5)(["a red dog on the beach"]).ids.shape == (1, 5)
    assert TextTokenizer(tokenizer_file, max_tokens=100)(["a red dog on the beach"]).ids.shape == (1, 8)


def test_tokens_do_not_depend_on_the_neighbours(tokenizer):
    texts = ["dog", "a red dog running on the beach", "cats .", ""]
    together = tokenizer(texts)
    for row, text in enumerate(texts):
        alone = tokenizer([text]).ids[0]
        assert together.ids[row][together.mask[row] == 1].tolist() == alone.tolist()


@pytest.mark.parametrize(("word", "can_read"), [("dog", True), ("γάτα", False), ("zebra", False), ("", True)])
def test_a_word_without_pieces_in_the_vocabulary_cannot_be_read(tokenizer, word, can_read):
    assert tokenizer.can_read(word) is can_read


class TestSeenPart:
    @pytest.mark.parametrize("text", ["", "dog", "a red dog on the beach", "  a   DOG  "])
    def test_short_text_is_seen_whole_as_it_was_written(self, tokenizer, text):
        assert tokenizer.seen_part(text) == text

    def test_text_of_exactly_the_length_is_seen_whole(self, tokenizer):
        text = "a red dog on the beach"  # six words and two marks
        assert tokenizer(["x " + text]).ids.shape == (1, 8)
        assert tokenizer.seen_part(text) == text

    def test_long_text_is_seen_up_to_the_last_word_that_fits(self, tokenizer):
        assert tokenizer.seen_part("a red dog on the beach a cat .") == "a red dog on the beach"

    def test_seen_part_keeps_the_letters_of_the_original(self, tokenizer):
        assert tokenizer.seen_part("A  RED Dog, été 中 – and so on and on") == "A  RED Dog, été 中"

    def test_letters_of_several_bytes_are_counted_as_letters(self, tokenizer):
        assert tokenizer.seen_part("❄❄ 中 中 中 é 🐕 dog dog dog") == "❄❄ 中 中 中 é 🐕"

    def test_seen_part_gives_the_same_tokens_as_the_whole(self, tokenizer):
        text = "a red dog running on the beach , a cat"
        seen = tokenizer.seen_part(text)
        assert len(seen) < len(text)
        assert tokenizer([seen]).ids.tolist() == tokenizer([text]).ids.tolist()


def test_threads_share_one_tokenizer(tokenizer):
    texts = [" ".join(["red dog"] * (1 + number % 5)) for number in range(200)]
    with ThreadPoolExecutor(8) as threads:
        lengths = [tokens.ids.shape[1] for tokens in threads.map(lambda text: tokenizer([text]), texts)]
    assert lengths == [min(8, 2 + 2 * (1 + number % 5)) for number in range(200)]


@pytest.mark.parametrize(
    "content", [b"", b"{", b"{}", b'{"model": {"type": "Oracle"}}', b"\x00\xff\xfe garbled", b"[]"]
)
def test_unreadable_tokenizer_file_is_named(tmp_path, content):
    path = tmp_path / "tokenizer.json"
    path.write_bytes(content)
    with pytest.raises(BundleError, match=r"tokenizer\.json is not a readable tokenizer"):
        TextTokenizer(path, max_tokens=8)


def test_missing_tokenizer_file_is_named(tmp_path):
    with pytest.raises(BundleError, match=r"tokenizer\.json"):
        TextTokenizer(tmp_path / "tokenizer.json", max_tokens=8)
