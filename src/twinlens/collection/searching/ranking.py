"""Rank candidates: apply the filters, take the top k, then sort."""

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from twinlens.collection.catalog.rows import PhotoRecord
from twinlens.collection.searching.search import Page
from twinlens.protocols import VectorStore
from twinlens.types import Embeddings, Ids

FETCHED_AT_ONCE = 100  # costs a store no more than ten hits would, and most answers have fewer matches
GROWTH = 64  # factor by which more hits are fetched while all of them match: few rounds, little waste
Ranking: TypeAlias = list[tuple[int, float]]
"""Catalog ids with their scores, best first."""
Matches: TypeAlias = Callable[[Sequence[float]], NDArray[np.bool_]]
"""Scores [K] → which hits match; monotonic in the score."""


class RankedPhoto(NamedTuple):
    """A photo, or one of its captions, with its score."""

    record: PhotoRecord
    score: float


class PhotoTable(Protocol):
    """The items to rank: a catalog's photos or captions."""

    def photos(self, ids: Iterable[int]) -> Mapping[int, PhotoRecord]:
        """The photo of each id; deleted ids are missing from the result."""


class Candidates:
    """The ids that a search ranks, best first, fetched as they are needed.

    Args:
        vector: [D], the query, unit length.
        store: in step with the catalog.
        among: ids that the filters let through; None for all.
        without: ids that are never returned, such as the query photo itself.
    """

    def __init__(self, vector: Embeddings, store: VectorStore, *, among: Ids | None, without: Collection[int]) -> None:
        if among is not None:  # a photo may have gone since the filters were evaluated
            among = among[np.isin(among, store.ids())]
        self._vector, self._store, self._among = vector, store, among
        self._without = np.fromiter(without, dtype=np.int64, count=len(without))
        self._ids, self._scores = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        present = store.ids() if without and among is None else among
        hidden = 0 if present is None else int(np.isin(self._without, present).sum())
        self.count = (len(store) if among is None else len(among)) - hidden

    def best(self, count: int) -> Ranking:
        """The ``count`` best, or all where there are fewer."""
        self._fetch(count)
        return list(zip(self._ids[:count].tolist(), self._scores[:count].tolist(), strict=True))

    def matching(self, matches: Matches) -> Ranking:
        """All that match: the first ones, since a better score never matches less."""
        self._fetch(FETCHED_AT_ONCE)
        while (count := _count_first(self._scores, matches)) == len(self._ids) < self.count:
            if not self._fetch(GROWTH * len(self._ids)):
                break  # an approximate store finds no more
        return self.best(count)

    def _fetch(self, count: int) -> bool:
        """Ranks at least ``count`` where there are so many; whether that are more than before."""
        before = len(self._ids)
        if before < min(count, self.count):
            fetched = max(count, FETCHED_AT_ONCE)
            found = self._store.search(self._vector[None], fetched + len(self._without), among=self._among)
            kept = ~np.isin(found.ids[0], self._without)
            self._ids, self._scores = found.ids[0][kept][:fetched], found.scores[0][kept][:fetched]
        return len(self._ids) > before


def page_of(
    candidates: Candidates, table: PhotoTable, page: Page, matches: Matches | None
) -> tuple[list[RankedPhoto], int | None]:
    """One page in the requested order, and the total number of matches; None where hits have no grades.

    Args:
        candidates: the ids to rank.
        table: looks up the candidates' photos.
        page: offset, length and order.
        matches: None where hits have no grades.
    """
    matching = None if matches is None else candidates.matching(matches)
    ranking = candidates.best(page.offset + page.k)
    if page.sort == "date" and matching is not None:
        ranking = _matching_by_date(candidates, matching, table, count=page.offset + page.k)
    ranking = ranking[page.offset : page.offset + page.k]
    records = table.photos(item for item, _ in ranking)
    if page.sort == "date" and matching is None:
        ranking = _newest_first(ranking, records)
    shown = [RankedPhoto(records[item], score) for item, score in ranking if item in records]
    return shown, 0 if not candidates.count else None if matching is None else len(matching)


def _count_first(scores: NDArray[np.float32], matches: Matches) -> int:
    """How many match: the first ones, so that a few of a million need to be looked at."""
    return bisect_left(range(len(scores)), True, key=lambda place: not matches([float(scores[place])])[0])


def _newest_first(ranking: Ranking, records: Mapping[int, PhotoRecord]) -> Ranking:
    """Sorted by date, undated photos last, stable; without deleted photos."""
    dated = [(item, score) for item, score in ranking if item in records]
    return sorted(dated, key=lambda item: records[item[0]].taken_at or "", reverse=True)


def _matching_by_date(candidates: Candidates, matching: Ranking, table: PhotoTable, *, count: int) -> Ranking:
    """All matches newest first, then the others by score, up to ``count``."""
    dated = _newest_first(matching, table.photos(item for item, _ in matching))
    if len(dated) >= count:
        return dated
    return dated + candidates.best(max(count, len(matching)))[len(matching) :]
