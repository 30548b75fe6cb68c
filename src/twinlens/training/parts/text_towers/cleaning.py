"""Text cleaning as part of the tokenizer, so that queries are cleaned like training captions."""

from collections.abc import Sequence
from typing import Any

from tokenizers import Regex, Tokenizer, normalizers

from twinlens.plugins import load_part
from twinlens.training.parts.text_towers import CLEANING


def cleaned(tokenizer: Tokenizer, steps: Sequence[str]) -> Tokenizer:
    """A copy of a tokenizer that applies these steps, in order, before its own normalizer.

    The steps are saved in ``tokenizer.json``, so that search applies them too.

    Args:
        tokenizer: not modified.
        steps: names in ``CLEANING``.

    Raises:
        UnknownPartError: there is no such step.
    """
    copy: Tokenizer = Tokenizer.from_str(tokenizer.to_str())
    if steps:
        own = [copy.normalizer] if copy.normalizer is not None else []
        copy.normalizer = normalizers.Sequence([*(load_part("cleaning", CLEANING, step)() for step in steps), *own])
    return copy


def lower() -> Any:
    """Lower case.

    >>> lower().normalize_str("A Red DOG, Été")
    'a red dog, été'
    """
    return normalizers.Lowercase()


def punctuation() -> Any:
    """Removes apostrophes, and replaces other punctuation and symbols by spaces.

    >>> punctuation().normalize_str("the dog's mother-in-law, 100% real!").split()
    ['the', 'dogs', 'mother', 'in', 'law', '100', 'real']
    """
    return normalizers.Sequence(
        [normalizers.Replace(Regex("['’`]"), ""), normalizers.Replace(Regex(r"[\p{P}\p{S}]"), " ")]
    )


def spaces() -> Any:
    r"""Single spaces between words, none at the ends.

    >>> spaces().normalize_str("  a \t red\n dog ")
    'a red dog'
    """
    return normalizers.Sequence([normalizers.Replace(Regex(r"\s+"), " "), normalizers.Strip()])
