"""Tokenizer: text to token ids, with truncation at the model's text length."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from twinlens.errors import BundleError
from twinlens.model.bundle import Padding, PaddingSide

SPACE = "▁"  # a piece of its own before a word that is not in a sentencepiece vocabulary


class Tokens(NamedTuple):
    """A batch of B texts, padded to one length."""

    ids: NDArray[np.int64]  # [B, T]
    mask: NDArray[np.int64]  # [B, T], 1 = token, 0 = padding


class TextTokenizer:
    """A bundle's ``tokenizer.json`` with the manifest's text length.

    Safe to share between threads.

    Args:
        source: the file, or a tokenizer, which is copied and stays as it is.
        max_tokens: longer texts are truncated.
        padding: whether a batch is filled up to its longest text or to ``max_tokens``.
        pad_token_id: what it is filled with; None = the tokenizer's own padding token.
        padding_side: where that stands.
    """

    def __init__(
        self,
        source: Path | Tokenizer,
        *,
        max_tokens: int,
        padding: Padding = "longest",
        pad_token_id: int | None = None,
        padding_side: PaddingSide = "right",
    ) -> None:
        self._tokenizer = _read(source) if isinstance(source, Path) else Tokenizer.from_str(source.to_str())
        self.max_tokens = max_tokens
        self._least = max_tokens if padding == "full" else 1
        self._is_left = padding_side == "left"
        self._pad_id = pad_id(self._tokenizer) if pad_token_id is None else pad_token_id
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_tokens)

    def __call__(self, texts: Sequence[str]) -> Tokens:
        """Token ids and mask of at least one text."""
        encodings = self._tokenizer.encode_batch(list(texts))
        # a tokenizer without special tokens returns none for an empty text; a graph needs at least one column
        longest = max(self._least, *(len(encoding.ids) for encoding in encodings))
        ids = np.full((len(encodings), longest), self._pad_id, dtype=np.int64)  # [B, T]
        mask = np.zeros_like(ids)
        for row, encoding in enumerate(encodings):
            start = longest - len(encoding.ids) if self._is_left else 0
            ids[row, start : start + len(encoding.ids)] = encoding.ids
            mask[row, start : start + len(encoding.ids)] = 1
        return Tokens(ids, mask)

    def lengths(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """[B], number of tokens of each text, without the special ones."""
        encodings = self._tokenizer.encode_batch(list(texts))
        return np.array([encoding.special_tokens_mask.count(0) for encoding in encodings], dtype=np.int64)

    def seen_part(self, text: str) -> str:
        """The beginning of a text that fits the model's text length; all of a short text."""
        encoding = self._tokenizer.encode(text)
        if not encoding.overflowing:
            return text
        return text[: max(end for _, end in encoding.offsets)]

    def can_read(self, word: str) -> bool:
        """Whether the vocabulary has pieces for a word; otherwise all such words are one token."""
        unknown = unknown_id(self._tokenizer)
        encoding = self._tokenizer.encode(word, add_special_tokens=False)
        pieces = [
            (number, token) for number, token in zip(encoding.ids, encoding.tokens, strict=True) if token != SPACE
        ]
        return not pieces or any(number != unknown for number, _ in pieces)


def _read(path: Path) -> Tokenizer:
    try:
        return Tokenizer.from_file(str(path))
    except Exception as error:
        raise BundleError(f"{path} is not a readable tokenizer.json ({error}); get the bundle again") from error


def unknown_id(tokenizer: Tokenizer) -> int | None:
    """Id of the token for what is not in the vocabulary; None if that is read letter by letter, or byte by byte."""
    found = (tokenizer.token_to_id(name) for name in ("[UNK]", "<unk>"))
    return next((int(number) for number in found if number is not None), None)


def pad_id(tokenizer: Tokenizer) -> int:
    """Id of the padding token: BERT's, RoBERTa's, or the one in the file, else 0."""
    for name in ("[PAD]", "<pad>"):
        if (number := tokenizer.token_to_id(name)) is not None:
            return int(number)
    return int(tokenizer.padding["pad_id"]) if tokenizer.padding else 0
