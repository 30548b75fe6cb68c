"""How a text is split into words, and how their letters are compared: small letters, without accents."""

import re
import unicodedata
from functools import cache
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Codes: TypeAlias = NDArray[np.uint16]
"""Code points."""

_MARKS = "\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963"
_MARKS += "\u0591-\u05c7\u0980-\u109f\u1780-\u17ff"  # of alphabets without a list: from Bengali to Khmer, whole blocks
_WORD = re.compile(rf"[\w{_MARKS}\u200c\u200d]+")
_VOWEL_SIGNS = re.compile("[\u0640\u064b-\u065f\u0670]")  # Arabic is usually written without
ALIKE = dict(zip(map(ord, "ıłđøٱىةی"), map(ord, "ildoايهي"), strict=True))
"""Letters that are compared as others, though no Unicode form makes them those."""
_ACCENTED = (range(0xC0, 0x250), range(0x400, 0x530), range(0x620, 0x6D4), range(0x900, 0x980), range(0x1E00, 0x1F00))
_ALPHABETS = (
    ("latin", re.compile(r"[a-z\u00df-\u024f\u1e00-\u1eff\u0300-\u036f]+")),
    ("cyrillic", re.compile(r"[\u0400-\u052f\u0300-\u036f]+")),
    ("arabic", re.compile(r"[\u0610-\u06d3]+")),
    ("devanagari", re.compile(r"[\u0900-\u097f\u200c\u200d]+")),
)
_SIGNS = re.compile("[\u3040-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff\uac00-\ud7af\U00020000-\U0003ffff]")


class Word(NamedTuple):
    """A word of a text: as it stands there, where, and in small letters."""

    typed: str
    start: int
    folded: str


def words_of(text: str) -> list[Word]:
    """The words of a text, split at spaces, punctuation and apostrophes.

    >>> [word.folded for word in words_of("L'Été à IMG_2207")]
    ['l', 'été', 'à', 'img_2207']
    """
    return [Word(found[0], found.start(), fold(found[0])) for found in _WORD.finditer(text)]


def fold(word: str) -> str:
    """A word in small letters, with composed accents and without the vowel signs of Arabic.

    >>> fold("STRASSE") == fold("straße")
    True
    """
    return _VOWEL_SIGNS.sub("", unicodedata.normalize("NFC", word.casefold()))


def without_accents(text: str) -> str:
    """The same number of letters, each without its accent.

    >>> without_accents("café łódź")
    'cafe lodz'
    """
    if text.isascii():
        return text
    return _bare_letters()[codes_of(text)].tobytes().decode("utf-16-le", "surrogatepass")


def alphabet_of(word: str) -> str | None:
    """The alphabet that all letters of a word belong to: latin, cyrillic, arabic, devanagari; otherwise None."""
    return next((name for name, letters in _ALPHABETS if letters.fullmatch(word)), None)


def is_written_in_signs(word: str) -> bool:
    """Whether a word has characters of Chinese, Japanese or Korean, where spaces do not part the words."""
    return _SIGNS.search(word) is not None


def codes_of(text: str) -> Codes:
    """The code points of a text as an array; all alphabets have theirs below 2 ** 16."""
    return np.frombuffer(text.encode("utf-16-le", "surrogatepass"), dtype="<u2")


@cache
def _bare_letters() -> Codes:
    """[2 ** 16], each letter's form without accent."""
    table = np.arange(2**16, dtype="<u2")
    for letters in _ACCENTED:
        for letter in letters:
            table[letter] = ord(unicodedata.normalize("NFD", chr(letter))[0])
    for letter, alike in ALIKE.items():
        table[letter] = alike
    return table
