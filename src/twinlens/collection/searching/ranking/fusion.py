"""Fuse the photos found by meaning with those found by what is written about them: reciprocal ranks.

Cormack, Clarke and Büttcher, "Reciprocal rank fusion outperforms Condorcet and individual rank learning methods",
SIGIR 2009: score = Σ 1 / (60 + rank). All that match stand before the others, and of them first what people called
good, then what is asked for by its exact name, or as an exact phrase.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from twinlens.collection.catalog.rows import union
from twinlens.collection.likeness.near_copies import NO_IDS
from twinlens.collection.searching.query import Query
from twinlens.collection.searching.ranking.ranked import First, Ranked
from twinlens.collection.texts.derived_texts import DerivedTexts
from twinlens.collection.texts.fields import FIELDS
from twinlens.collection.texts.matches import TextMatches
from twinlens.types import Ids

DAMPING = 60  # of the paper
NAMES = ("folder", "tag", "album")  # fields of names that people give on purpose: one word of them tells something
WINDOW = 1000  # ranks by meaning that count; behind them their share is lost in the others'


class Written:
    """The candidates of a search that are found by what is written about them.

    Args:
        matches: of each alternative with words, among its candidates.
        good: candidates that people called good for the query, by id: they match, and stand first.
    """

    def __init__(self, matches: Sequence[TextMatches] = (), good: Ids = NO_IDS) -> None:
        self._matches, self._good = [one for one in matches if len(one)], good

    def __bool__(self) -> bool:
        return bool(self._matches) or len(self._good) > 0

    def complete(self) -> Ids:
        """[N], photos about which all words of an alternative are written, and good ones, ascending: they match."""
        ids = [one.ids[one.is_complete | one.is_exact] for one in self._matches]
        return union([*map(np.sort, ids), self._good])

    def found_by(self, photo_id: int) -> tuple[str, ...]:
        """Where all words of an alternative are written about a photo: names of ``FIELDS``; or "feedback"."""
        fields = ["feedback"] if photo_id in self._good else []
        for one in self._matches:
            for row in np.flatnonzero(one.ids == photo_id):
                if one.is_complete[row] or one.is_exact[row]:
                    fields += one.fields_of(int(row))
        return tuple(dict.fromkeys(fields))

    def rank_of(self, photo_id: int) -> int | None:
        """The best rank of a photo by what is written about it; None if none of the words is."""
        ranks = [int(one.ranks[row]) for one in self._matches for row in np.flatnonzero(one.ids == photo_id)]
        return min(ranks, default=None)

    def fused(self, candidates: Ranked, matching: Ids) -> First:
        """Candidates that are found by either way, those that match first; none if nothing is written.

        Args:
            candidates: ranked by meaning.
            matching: those that match; some words in a name of many photos count for these alone.
        """
        if not self:
            return lambda _: NO_IDS
        by_meaning = candidates.best(WINDOW).ids
        counted = [one.only(one.is_complete | one.is_exact | np.isin(one.ids, matching)) for one in self._matches]
        ids = union([np.sort(by_meaning), self._good, *(np.sort(one.ids) for one in counted)])
        fused, is_exact = np.zeros(len(ids)), np.zeros(len(ids), dtype=np.bool_)
        fused[np.searchsorted(ids, by_meaning)] = 1.0 / (DAMPING + np.arange(1, len(by_meaning) + 1))
        for one in counted:
            rows = np.searchsorted(ids, one.ids)
            fused[rows] += 1.0 / (DAMPING + one.ranks)
            is_exact[rows] |= one.is_exact
        levels = np.stack([np.isin(ids, matching), np.isin(ids, self._good), is_exact, fused])
        order = np.lexsort((ids, *-levels[::-1]))
        ids, levels = ids[order], levels[:, order]
        is_new = (np.diff(levels, prepend=np.nan) != 0).any(axis=0)
        return lambda count: _first(candidates, ids, np.cumsum(is_new), count)


def _first(candidates: Ranked, ids: Ids, levels: NDArray[np.int64], count: int) -> Ids:
    """The first of some candidates, which stand by level: of those that share one the nearest in meaning come first.

    Of the many that may share the last level only as many are ranked as are needed.
    """
    stop = min(count, len(ids))
    if not stop:
        return NO_IDS
    start, end = np.searchsorted(levels, levels[stop - 1]), np.searchsorted(levels, levels[stop - 1], side="right")
    places = np.flatnonzero(np.bincount(levels[:start])[levels[:start]] > 1)
    alike = np.sort(ids[places])
    nearest = candidates.best_of(alike, len(alike)).ids if len(alike) else NO_IDS
    first = ids[:start].copy()
    if len(nearest) == len(alike):  # else photos have gone meanwhile
        own_levels = levels[places[np.argsort(ids[places])]]
        first[places] = nearest[np.argsort(own_levels[np.searchsorted(alike, nearest)], kind="stable")]
    return np.concatenate([first, candidates.best_of(np.sort(ids[start:end]), stop - start).ids])


def written_about(query: Query, texts: DerivedTexts, candidates: Sequence[Ranked], good: Ids = NO_IDS) -> Written:
    """Looks up the words of a query.

    Args:
        query: of words or not.
        texts: of the library.
        candidates: of each alternative.
        good: see ``Written``.
    """
    return Written(list(_matches(query, texts, candidates)), good)


def _matches(query: Query, texts: DerivedTexts, candidates: Sequence[Ranked]) -> Iterator[TextMatches]:
    for alternative, ranked in zip(query.alternatives(), candidates, strict=True):
        words = [term.value for term in alternative.terms if term.kind == "words"]
        if len(words) == len(alternative.terms) == 1 and len(found := telling(texts.found(words[0]))):
            yield found.among(ranked.ids())


def telling(found: TextMatches) -> TextMatches:
    """The matches that say something: of all words, or of a folder's or an album's name, or of a tag.

    "a dog in Italy" asks for the folder "Italy"; that a caption has "a" or "in" says nothing.
    """
    is_named = found.in_fields[:, [field.name in NAMES for field in FIELDS]].any(axis=1)
    return found.only(found.is_complete | found.is_exact | is_named)
