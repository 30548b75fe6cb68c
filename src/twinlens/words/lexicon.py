"""The words of one language, with coarse frequencies: a compact text that is searched as it is."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twinlens.words.spelled import Codes, codes_of, without_accents

FIRST_MARK = ord("a")  # of level 0
_LEVEL_OF_MARK = bytes(max(0, code - FIRST_MARK) for code in range(256))


class Spellings(NamedTuple):
    """Some words of a lexicon as arrays, to compare one word with all of them."""

    numbers: NDArray[np.int64]  # [W], of the words in the lexicon
    letters: Codes  # [W, L], a word a row, without accents; behind its end anything
    lengths: NDArray[np.int64]  # [W]


class Lexicon:
    """The words of one language.

    Args:
        text: the words in alphabetical order, a line break before and after each.
        levels: one byte a word: its frequency is about ``10 ** (-level / 2)``.

    Raises:
        ValueError: there are more or fewer levels than words.
    """

    def __init__(self, text: str, levels: bytes) -> None:
        self._text, self._levels = text, levels
        if text.count("\n") != len(levels) + 1:
            raise ValueError(f"{text.count(chr(10)) - 1} words, but {len(levels)} levels")

    def __len__(self) -> int:
        return len(self._levels)

    def level(self, word: str) -> int | None:
        """How rare a word is, 0 = every word; None if it is not here."""
        place = self._text.find(f"\n{word}\n")
        return None if place < 0 else self._levels[self._text.count("\n", 0, place)]

    def has(self, word: str) -> bool:
        """Whether a word is here, perhaps with other accents."""
        return f"\n{word}\n" in self._text or f"\n{without_accents(word)}\n" in self._bare

    def rests(self, start: str) -> Iterator[str]:
        """The rest of each word that begins so, accents aside."""
        start = "\n" + without_accents(start)
        place = self._bare.find(start)
        while place >= 0:
            place += len(start)
            yield self._bare[place : self._bare.index("\n", place)]
            place = self._bare.find(start, place)

    def begins(self, start: str) -> bool:
        """Whether any word begins so, accents aside."""
        return "\n" + without_accents(start) in self._bare

    def word(self, number: int) -> str:
        """A word by its number, from 0."""
        return self._text[self._starts[number] : self._starts[number + 1] - 1]

    def level_of(self, number: int) -> int:
        """The level of a word by its number."""
        return self._levels[number]

    def similar(self, word: str, most: int) -> Spellings:
        """The words that can become this one by at most so many changed letters, by their lengths and letters."""
        own = codes_of(without_accents(word))
        lengths = np.diff(self._starts) - 1
        differing = np.bitwise_count(self._letter_sets ^ np.bitwise_or.reduce(_bits(own)))
        numbers = np.flatnonzero((abs(lengths - len(own)) <= most) & (differing <= 2 * most))
        letters = codes_of(self._bare)
        places = self._starts[numbers, None] + np.arange(len(own) + most)
        return Spellings(numbers, letters[np.minimum(places, len(letters) - 1)], lengths[numbers])

    @cached_property
    def _bare(self) -> str:
        return without_accents(self._text)

    @cached_property
    def _starts(self) -> NDArray[np.int64]:
        """[W + 1], where each word begins in the text."""
        return np.flatnonzero(codes_of(self._text) == ord("\n")) + 1

    @cached_property
    def _letter_sets(self) -> NDArray[np.uint64]:
        """[W], the letters of each word as bits."""
        return np.bitwise_or.reduceat(_bits(codes_of(self._bare)), self._starts[:-1])


def _bits(codes: Codes) -> NDArray[np.uint64]:
    """One of 64 bits for each letter, none for a line break."""
    bits = np.left_shift(np.uint64(1), (codes & 63).astype(np.uint64))
    bits[codes == ord("\n")] = 0
    return bits


def pack(levels: Mapping[str, int]) -> str:
    """Words and their levels as text: the levels in the first line, then a word a line.

    >>> pack({"dogs": 9, "cat": 8, "dog": 8})
    'iij\\ncat\\ndog\\ndogs'
    """
    words = sorted(levels)
    return "\n".join(["".join(chr(FIRST_MARK + levels[word]) for word in words), *words])


def unpack(text: str) -> Lexicon:
    """The inverse of ``pack``.

    Raises:
        ValueError: the text is not a packed list.

    >>> lexicon = unpack("iij\\ncat\\ndog\\ndogs")
    >>> lexicon.level("dogs"), lexicon.level("do"), lexicon.word(1)
    (9, None, 'dog')
    """
    marks, _, words = text.partition("\n")
    levels = marks.encode("ascii")
    if levels and min(levels) < FIRST_MARK:
        raise ValueError(f"levels are marks from {chr(FIRST_MARK)!r} on")
    return Lexicon(f"\n{words}\n", levels.translate(_LEVEL_OF_MARK))
