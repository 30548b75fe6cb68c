"""Words that differ from a misspelt one by few letters, the most probable first."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twinlens.words.lexicon import Lexicon, Spellings
from twinlens.words.spelled import codes_of, without_accents

FAR = 99
SLIP = 1.2  # such misspellings are about fifteen times as frequent as a given other one
LONG = 8  # letters; in a shorter word two changed letters make another word
MIDDLE = 6  # letters; the same, but for letters in another order
USUAL = 9  # level
SHORT = 4  # letters; of shorter words every other one is two letters away from a known word


class Correction(NamedTuple):
    """A known word in place of an unknown one.

    Attributes:
        evidence: logarithm to base 10 of how probable it is, up to a constant.
        word: the known word.
        distance: letters that differ.
        is_slip: letters were swapped, or doubled or not; hardly ever two words of a language differ so.
        is_usual: the known word is long, or frequent enough to be meant by such a short one.
    """

    evidence: float
    word: str
    distance: int
    is_slip: bool
    is_usual: bool


def correction(word: str, lexicon: Lexicon) -> Correction | None:
    """The most probable word of a language that was meant; None if none is near.

    Frequent words are more probable, and so are a swap of neighbours, a letter that is
    doubled or not, and a right first letter.

    >>> from twinlens.words.lexicon import unpack
    >>> correction("giraff", unpack("jjh\\ngiraffe\\ngrave\\nthe")).word
    'giraffe'
    """
    most = 1 if len(word) < MIDDLE else 2
    near = lexicon.similar(word, most)
    if not len(near.numbers):  # a word longer than any known one would need longer distances
        return None
    distances = edit_distances(word, near)
    found = []
    for place in np.flatnonzero((distances > 0) & (distances <= most)).tolist():
        number, distance = int(near.numbers[place]), int(distances[place])
        known = lexicon.word(number)
        is_slip = _is_slip(word, known)
        if distance > 1 and len(word) < LONG and not is_slip:
            continue
        evidence = _evidence(word, known, distance) + is_slip * SLIP - lexicon.level_of(number) / 2
        is_usual = len(known) >= MIDDLE or (len(known) > SHORT and lexicon.level_of(number) <= USUAL)
        found.append(Correction(evidence, known, distance, is_slip, is_usual))
    return max(found, default=None)


def edit_distances(word: str, words: Spellings) -> NDArray[np.int8]:
    """[W], how many letters to add, drop, change or swap with their neighbour between a word and each of others.

    Optimal string alignment: no letter is changed twice. Accents do not count.
    """
    letters, lengths = words.letters, words.lengths
    typed = codes_of(without_accents(word))
    before = np.full((letters.shape[1] + 1, len(letters)), FAR, dtype=np.int8)  # a row for each length of the others
    last = np.repeat(np.arange(letters.shape[1] + 1, dtype=np.int8)[:, None], len(letters), axis=1)
    columns = np.ascontiguousarray(letters.T)
    for row, letter in enumerate(typed):
        now = np.empty_like(last)
        now[0] = row + 1
        same = columns == letter
        for column in range(len(columns)):
            now[column + 1] = np.minimum(
                np.minimum(last[column + 1], now[column]) + 1,
                last[column] + np.where(same[column], 0, 1).astype(np.int8),
            )
            if row and column:
                swapped = same[column - 1] & (columns[column] == typed[row - 1])
                now[column + 1] = np.where(
                    swapped, np.minimum(now[column + 1], before[column - 1] + 1), now[column + 1]
                )
        before, last = last, now
    ends: NDArray[np.int8] = last[lengths, np.arange(len(letters))]
    return ends


def _evidence(word: str, known: str, distance: int) -> float:
    """Logarithm of how probable the misspelling is."""
    evidence = -2.5 * (distance - 1)
    if word[0] != known[0]:
        evidence -= 1.0
    return evidence


def _is_slip(word: str, known: str) -> bool:
    one, other = without_accents(word), without_accents(known)
    return sorted(one) == sorted(other) or _undoubled(one) == _undoubled(other)


def _undoubled(word: str) -> str:
    return "".join(letter for place, letter in enumerate(word) if place == 0 or letter != word[place - 1])
