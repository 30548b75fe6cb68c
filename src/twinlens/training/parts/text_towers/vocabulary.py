"""Word-level tokenizer built from the training captions."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tokenizers import Tokenizer, models, pre_tokenizers, processors

from twinlens.errors import ConfigError, TrainingError
from twinlens.training.parts.text_towers.cleaning import cleaned

PAD, UNK, CLS = "[PAD]", "[UNK]", "[CLS]"
MARKS = (PAD, UNK, CLS)  # numbers 0, 1, 2
RARE_TEXT = "\u16a0\u16df \U0001f9ff"  # two runes and an amulet: in no word list
CLEAN_ALL = ("lower", "punctuation", "spaces")


def build_tokenizer(
    captions: Sequence[str],
    *,
    max_size: int = 5000,
    min_count: int = 1,
    cleaning: Sequence[str] = CLEAN_ALL,
    cls: bool,
) -> Tokenizer:
    """A tokenizer of the most frequent words of the captions; ties are broken alphabetically.

    Args:
        captions: of the training split only: words that occur only in test captions must stay unknown.
        max_size: largest number of entries, including the three special ones.
        min_count: rarer words are left out.
        cleaning: names in ``CLEANING``.
        cls: whether each text starts with [CLS].

    Raises:
        TrainingError: there are no captions.
        ConfigError: max_size leaves no room for words.
    """
    if max_size <= len(MARKS):
        raise ConfigError(
            f"a vocabulary of {max_size} entries has no room for words besides {', '.join(MARKS)}; increase it"
        )
    if not captions:
        raise TrainingError(
            "the vocabulary is built from the training captions, but there are none; give data or a tokenizer file"
        )
    # not registered as special tokens, so that "[CLS]" in a query is ordinary text
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


def word_tokenizer(
    captions: Sequence[str],
    tokenizer_file: Path | None,
    *,
    max_words: int,
    min_count: int,
    cleaning: Sequence[str] | None,
    cls: bool,
) -> Tokenizer:
    """The tokenizer of a tower from scratch: that of a file, or else built from the captions."""
    if tokenizer_file:
        return read_tokenizer(tokenizer_file)
    chosen = CLEAN_ALL if cleaning is None else cleaning
    return build_tokenizer(captions, max_size=max_words, min_count=min_count, cleaning=chosen, cls=cls)


def read_tokenizer(file: Path) -> Tokenizer:
    """Reads a ``tokenizer.json``.

    Raises:
        TrainingError: it cannot be read, or does not fit its own vocabulary.
    """
    try:
        tokenizer = Tokenizer.from_file(str(file))
    except Exception as error:
        raise TrainingError(
            f"{file} is not a readable tokenizer.json ({error}); leave it out or create it again"
        ) from error
    refuse_unfit_tokenizer(tokenizer, str(file.parent))
    return tokenizer


def refuse_unfit_tokenizer(tokenizer: Tokenizer, source: str) -> None:
    """Refuses a tokenizer that fails at words it does not know, since its mark for them is not in its vocabulary.

    Args:
        tokenizer: of a published model.
        source: whose it is, for the message.

    Raises:
        TrainingError: it fails.
    """
    try:
        tokenizer.encode(RARE_TEXT)
    except Exception as error:  # the package has no narrower one
        raise TrainingError(
            f"the tokenizer of {source} fails at words that it does not know ({error}); "
            "get its tokenizer.json and tokenizer_config.json again, or save them again with save_pretrained"
        ) from error


def _numbered(words: Sequence[str]) -> dict[str, int]:
    return {word: number for number, word in enumerate([*MARKS, *words])}


def _words(tokenizer: Tokenizer, caption: str) -> list[str]:
    text = tokenizer.normalizer.normalize_str(caption) if tokenizer.normalizer is not None else caption
    return [word for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(text)]
