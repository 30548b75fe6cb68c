"""Caption cleaning inside the tokenizer, so that a query is cleaned as the training captions were."""

from collections.abc import Sequence
from typing import Any

from tokenizers import Regex, Tokenizer, normalizers

from twinlens.plugins import load_part
from twinlens.training.parts.text_towers import CLEANING


def cleaned(tokenizer: Tokenizer, steps: Sequence[str]) -> Tokenizer:
    """A copy of a tokenizer that takes these steps, in their order, before its own normalizer.

    They are written to and read from ``tokenizer.json``, so search needs to know nothing of them.

    Args:
        tokenizer: stays as it is.
        steps: names of ``CLEANING``.

    Raises:
        UnknownPartError: there is no such step.
    """
    copy: Tokenizer = Tokenizer.from_str(tokenizer.to_str())
    if steps:
        own = [copy.normalizer] if copy.normalizer is not None else []
        copy.normalizer = normalizers.Sequence([*(load_part("cleaning", CLEANING, step)() for step in steps), *own])
    return copy


def lower() -> Any:
    """Small letters.

    >>> lower().normalize_str("A Red DOG, Été")
    'a red dog, été'
    """
    return normalizers.Lowercase()


def punctuation() -> Any:
    """No marks: apostrophes go, all others become a space.

    >>> punctuation().normalize_str("the dog's mother-in-law, 100% real!").split()
    ['the', 'dogs', 'mother', 'in', 'law', '100', 'real']
    """
    return normalizers.Sequence(
        [normalizers.Replace(Regex("['’`]"), ""), normalizers.Replace(Regex(r"[\p{P}\p{S}]"), " ")]
    )


def spaces() -> Any:
    r"""One space between words, none at the ends.

    >>> spaces().normalize_str("  a \t red\n dog ")
    'a red dog'
    """
    return normalizers.Sequence([normalizers.Replace(Regex(r"\s+"), " "), normalizers.Strip()])
