"""Whether a text is English, as far as its words tell."""

from twinlens.words.spelled import alphabet_of, words_of
from twinlens.words.word_list import WordList

ENGLISH = "en"
LATIN = "latin"
ABSENT = 7.5  # -log10 of the frequency of a word that a language lacks: rarer than its rarest
MARGIN = 0.5  # English may be this much less probable (log10) than another language: most queries are English


def is_english(text: str, words: WordList) -> bool:
    """Whether English is about as probable as any other language for the words of a text, by how frequent they are.

    A text without a word that English has is not English; nor is one with a word in another alphabet.
    """
    found = {word.folded for word in words_of(text)}
    if any(alphabet_of(word) != LATIN and not word.isascii() for word in found):
        return False
    latin = [word for word in found if alphabet_of(word) == LATIN]
    languages = words.languages_of(ENGLISH)
    known = {language: [words.level(language, word) for word in latin] for language in languages}
    if all(level is None for level in known.get(ENGLISH, ())):
        return False
    costs = {
        language: sum(ABSENT if level is None else level / 2 for level in levels) for language, levels in known.items()
    }
    return costs[ENGLISH] <= min(costs.values()) + MARGIN
