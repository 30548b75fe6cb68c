"""Find photos in the text index: by words, best first, or all that hold a phrase."""

import math
from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np

from twinlens.collection.catalog.rows import union
from twinlens.collection.catalog.texts.text_index import TextIndex
from twinlens.collection.texts.expression import all_of, any_of, beginning, phrase, within
from twinlens.collection.texts.fields import FIELDS, WHOLE, as_whole_names
from twinlens.collection.texts.matches import TextMatches
from twinlens.collection.texts.word_scores import WordScores
from twinlens.data.decoding.kinds import VIDEO_SUFFIXES, unread_suffixes
from twinlens.data.images import PHOTO_SUFFIXES
from twinlens.types import Ids
from twinlens.words.small_words import without_small_words
from twinlens.words.terms import is_sign, may_go_on, pairs_of_signs, terms_of

MOST_CHARACTERS = 2000  # of words that are looked at; more than anyone types
MOST_WORDS = 32  # different ones
MOST_IN_PHRASE = 64  # terms that the index looks for; those after them are compared one photo at a time
MOST_READ = 200  # photos whose texts are read to see whether they hold a phrase; the index is as fast for more
TELLING = 0.2  # share of the photos above which a word alone makes no match, such as "the" of captions
TELLING_ANYWAY = 10  # photos: in a small library a word of up to half of it is telling
EVERYWHERE = 0.5  # share of the photos above which a word does not count, unless all of the words are such
SUFFIXES = frozenset((*PHOTO_SUFFIXES, *VIDEO_SUFFIXES, *unread_suffixes("RAW photo")))
NAMES = tuple(field.name for field in FIELDS)


class _Word(NamedTuple):
    expression: str
    photos: int  # that have it, counted up to half of all


class Finder:
    """Looks into an index at one state of it; remembers how common words are, and which fields have them.

    Args:
        index: of a state that stays as long as this is used.
    """

    def __init__(self, index: TextIndex) -> None:
        self._index = index
        self._total, self._used = index.count(), index.used_fields()
        self._most_counted = max(1, int(self._total * EVERYWHERE))
        self._most_telling = max(1, self._total * TELLING, min(self._most_counted, TELLING_ANYWAY))
        self._photos: dict[str, int] = {}
        self._fields: dict[str, Collection[str]] = {}  # that have a word: to look into another takes as long

    def found(self, words: str) -> TextMatches:
        """Photos with any of the words that are telling, or with all of them if none is."""
        words = words[:MOST_CHARACTERS]
        terms = terms_of(words)
        asked = [
            self._word(term) for term in list(dict.fromkeys(without_small_words(pairs_of_signs(terms))))[:MOST_WORDS]
        ]
        counted = [word for word in asked if word.photos <= self._most_counted] or asked
        telling = [word for word in counted if word.photos <= self._most_telling]
        if not counted:
            return TextMatches.none()
        named = self._named(words)
        deciding, others = (telling, [word for word in counted if word not in telling]) if telling else (counted, [])
        condition = within(NAMES, (any_of if telling else all_of)(word.expression for word in deciding))
        # of common words only photos with all of them count; of one word those that have it
        among = None if telling or len(deciding) == 1 else self._index.matching(condition)
        places = [self._places(word, among) for word in deciding]
        ids = union([*(found for of_word in places for found in of_word), named])
        scores = WordScores(ids)
        for word, of_word in zip(deciding, places, strict=True):
            scores.add(of_word, worth=self._worth(word))
        for word in others:  # where they are found tells nothing: they are in many places
            found = self._index.matching(all_of([within(NAMES, word.expression), condition]))
            scores.add_anywhere(found, worth=self._worth(word))
        is_complete = scores.num_words == len(counted)
        is_exact = np.isin(ids, named)
        are_several = len(words.split()) > 1 or len(pairs_of_signs(terms)) > len(words.split())
        if are_several and any(word.photos for word in telling):
            is_exact |= np.isin(ids, self._with_phrase(may_go_on(terms), ids[is_complete]))
        return TextMatches.ranked(scores, is_exact, is_complete)

    def holding(self, text: str, fields: Collection[str] | None = None) -> Ids:
        """All photos with a phrase in one of their texts, ascending.

        Args:
            text: the phrase; one without letters and digits is in no text.
            fields: where it must stand; None = in any.
        """
        terms = may_go_on(terms_of(text))
        columns = [name for name in NAMES if fields is None or name in fields]
        if not (terms and columns):
            return np.empty(0, np.int64)
        found = self._index.matching(within(columns, phrase(terms[:MOST_IN_PHRASE])))
        return found if len(terms) <= MOST_IN_PHRASE else self._among(found, terms, columns)

    def fields_holding(self, text: str, photos: Ids) -> list[tuple[str, Ids]]:
        """The names of fields, each with those of some photos that hold a phrase there."""
        terms, here = may_go_on(terms_of(text)), photos.tolist()
        if not terms:
            return []
        values = dict(self._index.values(here, NAMES))
        holding = {number: [_holds(one, terms) for one in texts] for number, texts in values.items()}
        found = [[number for number, flags in holding.items() if flags[column]] for column in range(len(NAMES))]
        return [(name, np.array(ids, np.int64)) for name, ids in zip(NAMES, found, strict=True) if ids]

    def beginning(self, text: str, fields: Collection[str], *, most: int) -> Ids:
        """Some photos with the words of a text in a row in one field, the last of which may be unfinished."""
        terms = terms_of(text)
        if not terms or len(terms) > MOST_IN_PHRASE:
            return np.empty(0, np.int64)
        return self._index.first_matching(within(fields, beginning(terms)), most=most)

    def _with_phrase(self, terms: list[str], photos: Ids) -> Ids:
        """Those of the photos, which have all of the terms, that have them in a row."""
        if len(photos) <= MOST_READ:
            return self._among(photos, terms, NAMES)
        return self._index.matching(within(NAMES, phrase(terms[:MOST_IN_PHRASE])))

    def _among(self, photos: Ids, terms: list[str], columns: Sequence[str]) -> Ids:
        """Those of the photos that hold a phrase, looked up one by one."""
        values = self._index.values(photos.tolist(), columns)
        return np.array([number for number, texts in values if any(_holds(one, terms) for one in texts)], np.int64)

    def _word(self, term: str) -> _Word:
        expression = phrase([term])
        if expression not in self._photos:
            counted = self._index.count_matching(within(NAMES, expression), most=self._most_counted + 1)
            self._photos[expression] = counted
        return _Word(expression, self._photos[expression])

    def _places(self, word: _Word, among: Ids | None) -> list[Ids]:
        """The photos, of some or of all, that have a word in each of ``FIELDS``."""
        known = self._fields.get(word.expression, self._used)
        here = {name: self._index.matching(within([name], word.expression)) for name in NAMES if name in known}
        self._fields[word.expression] = {name for name, photos in here.items() if len(photos)}
        found = [here.get(name, np.empty(0, np.int64)) for name in NAMES]
        return found if among is None else [one[np.isin(one, among, assume_unique=True)] for one in found]

    def _worth(self, word: _Word) -> float:
        """More for a rare word: BM25's weight of a term."""
        return math.log(1 + (self._total - word.photos + 0.5) / (word.photos + 0.5))

    def _named(self, words: str) -> Ids:
        """Photos whose file name was typed in full, perhaps after their folders; if there are none, of another type."""
        folder, _, name = words.replace("\\", "/").rpartition("/")
        found = self._called(folder, name)
        stem, _, suffix = name.strip().rpartition(".")
        return self._called(folder, stem) if not len(found) and f".{suffix.lower()}" in SUFFIXES else found

    def _called(self, folder: str, name: str) -> Ids:
        whole = as_whole_names(name)
        if not whole:
            return np.empty(0, np.int64)
        expression = within([WHOLE], any_of(f'"{one}"' for one in whole))
        if above := may_go_on(terms_of(folder)):
            expression = all_of([expression, within(["folder"], phrase(above))])
        return self._index.matching(expression)


def _holds(value: str, terms: list[str]) -> bool:
    """Whether the value of a field has terms in a row; a lone sign at their end may be the first of a pair."""
    return f" {' '.join(terms)}" + ("" if is_sign(terms[-1]) else " ") in f" {value} "
