"""Check the words of a query: which ones are unknown, and what was probably meant."""

from collections.abc import Callable, Sequence

from twinlens.types import WordCheck
from twinlens.words.forms import is_known_form
from twinlens.words.language import ABSENT, ENGLISH
from twinlens.words.spelled import Word, is_written_in_signs, words_of
from twinlens.words.spelling import MIDDLE, SHORT, Correction, correction
from twinlens.words.word_list import WordList

PLAUSIBLE = 3.0  # a language may make the query a thousand times less probable than the best one
OTHER_LANGUAGE = -0.5
BEGINNING = 3  # letters
FUNCTION_WORD = 4  # level: words such as "the" say nothing about a photo


def check_words(
    text: str,
    words: WordList,
    *,
    is_known_here: Callable[[str], bool] = lambda _: False,
    is_readable: Callable[[str], bool] = lambda _: True,
) -> WordCheck:
    """Looks for unknown words; only sure ones are told, and no names, numbers and codes.

    Args:
        text: words of a query.
        words: that the model knows.
        is_known_here: whether the library knows a word, asked for words that the model does not know.
        is_readable: whether the model has letters for a word, asked for words in alphabets that no list has.
    """
    found = words_of(text)
    shouted = text.isupper()
    checker = _Checker(words, found, is_readable)
    unknown: list[Word] = []
    corrections: list[tuple[str, str]] = []
    for place, word in enumerate(found):
        if not _is_judged(word, shouted=shouted, is_first=place == 0) or checker.knows(word):
            continue
        meant = checker.correction(word)
        if word.typed.istitle() and not shouted and meant is not None and not _is_plain_slip(word, meant):
            meant = None  # a phone writes the first word of any query so, but it may be a name
        if (meant is None and not checker.is_strange(word)) or is_known_here(word.typed):
            continue
        unknown.append(word)
        if meant is not None:
            corrections.append((word.typed, _cased(meant.word, word.typed)))
    rest = [word for word in found if word not in unknown]
    return WordCheck(
        tuple(dict.fromkeys(word.typed for word in unknown)),
        tuple(dict(corrections).items()),
        bool(unknown or not found) and not any(checker.says_something(word) for word in rest),
    )


class _Checker:
    """Knows the words of one text, and the languages that it may be in."""

    def __init__(self, words: WordList, found: Sequence[Word], is_readable: Callable[[str], bool]) -> None:
        self._words, self._found, self._is_readable = words, found, is_readable

    def knows(self, word: Word) -> bool:
        if is_written_in_signs(word.folded):
            return not self._words.signs or any(
                sign in self._words.signs or not is_written_in_signs(sign) for sign in word.folded
            )
        languages = self._words.languages_of(word.folded)
        if not languages:
            return self._is_readable(word.typed)
        if any(self._words.lexicon(one).has(word.folded) for one in languages):
            return True  # a language is read from the file when it is first asked
        likely = self._likely(word)
        if ENGLISH in likely:
            slip = correction(word.folded, self._words.lexicon(ENGLISH))
            if slip is not None and slip.is_slip and slip.is_usual:
                return False  # "zebraa" is no form of "zebra", "bananna" not made of "ban" and "anna"
        return any(is_known_form(word.folded, self._words.lexicon(one), one) for one in likely)

    def correction(self, word: Word) -> Correction | None:
        """The most probable word that was meant, if it is hardly to be doubted.

        Other languages than English have more forms of a word than their list: a word that
        differs from another in an ending is no misspelling there.
        """
        best: Correction | None = None
        for language, weight in self._likely(word).items():
            found = correction(word.folded, self._words.lexicon(language))
            if found is None or not self._is_sure(word, found, language):
                continue
            if best is None or found.evidence + weight > best.evidence:
                best = found._replace(evidence=found.evidence + weight)
        return best

    def _is_sure(self, word: Word, found: Correction, language: str) -> bool:
        if language != ENGLISH:
            return found.is_slip and found.distance == 1
        if found.is_slip:
            return word.folded.isascii() or found.distance == 1
        if len(self._found) == 1:  # it may be a rare word of another language
            return word.folded.isascii() and found.distance == 1 and len(word.folded) >= MIDDLE
        return found.is_usual

    def is_strange(self, word: Word) -> bool:
        """Whether no known word begins as this one does; other languages begin in more ways than English."""
        if is_written_in_signs(word.folded):
            return True
        languages = self._words.languages_of(word.folded)
        if ENGLISH in languages and ENGLISH not in self._likely(word):
            return False
        start = word.folded[: BEGINNING if ENGLISH in languages else BEGINNING - 1]
        return not any(self._words.lexicon(one).begins(start) for one in languages)

    def says_something(self, word: Word) -> bool:
        """Whether a known word is more than a preposition or the like."""
        levels = [self._words.level(one, word.folded) for one in self._words.languages_of(word.folded)]
        known = [level for level in levels if level is not None]
        return len(word.folded) > 1 and (not known or min(known) > FUNCTION_WORD)

    def _likely(self, word: Word) -> dict[str, float]:
        """The languages that a text may be in by its other words: logarithm of how probable each is."""
        languages = self._words.languages_of(word.folded)
        weights = {one: 0.0 if one == ENGLISH else OTHER_LANGUAGE for one in languages}
        for other in {other.folded for other in self._found if other.folded != word.folded}:
            for one in set(languages) & set(self._words.languages_of(other)):
                level = self._words.level(one, other)
                weights[one] -= ABSENT if level is None else level / 2
        least = max(weights.values(), default=0.0) - PLAUSIBLE
        return {one: weight for one, weight in weights.items() if weight >= least}


def _is_plain_slip(word: Word, meant: Correction) -> bool:
    is_near = meant.distance == 1 and len(word.folded) >= MIDDLE and word.folded[0] == meant.word[0]
    return meant.is_slip or is_near


def _is_judged(word: Word, *, shouted: bool, is_first: bool) -> bool:
    """Whether a word may be called unknown: not a number, a code, a name or an abbreviation."""
    typed = word.typed
    if is_written_in_signs(typed):
        return True
    if len(word.folded) < 3 or not all(letter.isalpha() or not letter.isascii() for letter in typed):
        return False
    if shouted:
        return len(typed) > SHORT
    return typed.islower() or not any(letter.isupper() for letter in typed) or (is_first and typed.istitle())


def _cased(word: str, like: str) -> str:
    if like.isupper():
        return word.upper()
    return word.capitalize() if like[0].isupper() else word
