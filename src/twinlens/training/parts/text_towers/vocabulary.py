"""A tokenizer of whole words, built from the training captions."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tokenizers import Tokenizer, models, pre_tokenizers, processors

from twinlens.errors import ConfigError, TrainingError
from twinlens.training.parts.text_towers.cleaning import cleaned

PAD, UNK, CLS = "[PAD]", "[UNK]", "[CLS]"
MARKS = (PAD, UNK, CLS)  # numbers 0, 1, 2
CLEAN_ALL = ("lower", "punctuation", "spaces")


def build_tokenizer(
    captions: Sequence[str],
    *,
    max_size: int = 5000,
    min_count: int = 1,
    cleaning: Sequence[str] = CLEAN_ALL,
    cls: bool,
) -> Tokenizer:
    """The most frequent words of the captions, each a number; ties go by the alphabet.

    Args:
        captions: of the training split alone: a word of a test caption must stay unknown.
        max_size: most entries, the three marks among them.
        min_count: rarer words are unknown.
        cleaning: see ``cleaning.CLEANING``.
        cls: whether each text starts with [CLS].

    Raises:
        TrainingError: there is not one caption to build from.
        ConfigError: there is no room for a word.
    """
    if max_size <= len(MARKS):
        raise ConfigError(f"a vocabulary of {max_size} entries has no room beside {', '.join(MARKS)}; give more")
    if not captions:
        raise TrainingError("a vocabulary is built from the training captions, and there are none; give data or a file")
    # the marks are no special tokens: "[CLS]" in somebody's query is brackets and letters like any others
    tokenizer = Tokenizer(models.WordLevel(_numbered([]), unk_token=UNK))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = cleaned(tokenizer, cleaning)
    counts = Counter(word for caption in captions for word in _words(tokenizer, caption))
    frequent = sorted((word for word in counts if counts[word] >= min_count), key=lambda word: (-counts[word], word))
    tokenizer.model = models.WordLevel(_numbered(frequent[: max_size - len(MARKS)]), unk_token=UNK)
    if cls:
        tokenizer.post_processor = processors.TemplateProcessing(
            single=f"{CLS} $A", special_tokens=[(CLS, MARKS.index(CLS))]
        )
    return tokenizer


def read_tokenizer(file: Path) -> Tokenizer:
    """A ``tokenizer.json`` as it is.

    Raises:
        TrainingError: it cannot be read.
    """
    try:
        return Tokenizer.from_file(str(file))
    except Exception as error:
        raise TrainingError(
            f"{file} is not a readable tokenizer.json ({error}); leave it out or make it anew"
        ) from error


def _numbered(words: Sequence[str]) -> dict[str, int]:
    return {word: number for number, word in enumerate([*MARKS, *words])}


def _words(tokenizer: Tokenizer, caption: str) -> list[str]:
    text = tokenizer.normalizer.normalize_str(caption) if tokenizer.normalizer is not None else caption
    return [word for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(text)]
