"""Rank candidates: apply the filters, rank, make near copies one entry, take a page."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from twinlens.collection.catalog.rows import PhotoRecord
from twinlens.collection.likeness.near_copies import NO_GROUPS, NO_IDS, Groups
from twinlens.collection.searching.judging import Matches
from twinlens.collection.searching.search import Page
from twinlens.protocols import VectorStore
from twinlens.types import Embeddings, Ids

FETCHED_AT_ONCE = 100  # costs a store no more than ten hits would, and most answers have fewer matches
GROWTH = 64  # factor by which more hits are fetched while all of them match: few rounds, little waste
Ranking: TypeAlias = list[tuple[int, float]]
"""Catalog ids with their scores, best first."""


class RankedPhoto(NamedTuple):
    """A photo, or one of its captions, with its score, and the near copies that stand behind it."""

    record: PhotoRecord
    score: float
    alike: Ids = NO_IDS


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
        groups: near copies, of which only the best is an entry of a page.
    """

    def __init__(
        self,
        vector: Embeddings,
        store: VectorStore,
        *,
        among: Ids | None,
        without: Collection[int],
        groups: Groups = NO_GROUPS,
    ) -> None:
        if among is not None:  # a photo may have gone since the filters were evaluated
            among = among[np.isin(among, store.ids())]
        self._vector, self._store, self._among = vector, store, among
        self._without = np.fromiter(without, dtype=np.int64, count=len(without))
        self._ids, self._scores = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        present = store.ids() if (without or len(groups.ids)) and among is None else among
        hidden = 0 if present is None else int(np.isin(self._without, present).sum())
        self.count = (len(store) if among is None else len(among)) - hidden
        is_here = np.isin(groups.ids, NO_IDS if present is None else present)
        is_here &= ~np.isin(groups.ids, self._without)
        self._groups = Groups(groups.ids[is_here], groups.leaders[is_here])
        self.num_entries = self.count - len(self._groups.ids) + len(np.unique(self._groups.leaders))

    def best(self, count: int) -> Ranking:
        """The ``count`` best, or all where there are fewer, near copies included."""
        self._fetch(count)
        return list(zip(self._ids[:count].tolist(), self._scores[:count].tolist(), strict=True))

    def entries(self, count: int, *, first: Sequence[tuple[int, float]] = ()) -> Ranking:
        """The ``count`` first entries, or all: of near copies only the best.

        Args:
            count: number of entries.
            first: what is ranked before all others, in this order.
        """
        wanted, ahead = count, {item for item, _ in first}
        while True:
            ranking = [*first, *(one for one in self.best(wanted) if one[0] not in ahead)]
            found = self._without_copies(ranking)
            is_all = wanted >= self.count or len(self._ids) < min(
                wanted, self.count
            )  # an approximate store finds fewer
            if len(found) >= count or is_all:
                return found[:count]
            wanted = max(2 * wanted, FETCHED_AT_ONCE)

    def alike(self, item: int) -> Ids:
        """The other candidates in an entry, by id."""
        key = self._groups.keys(np.array([item]))[0]
        others: Ids = self._groups.ids[(self._groups.leaders == key) & (self._groups.ids != item)]
        return others

    def scores(self, items: Iterable[int]) -> dict[int, float]:
        """The score of each of these candidates, wherever it ranks."""
        wanted = np.array(sorted(items), dtype=np.int64)
        found = self._store.search(self._vector[None], len(wanted), among=wanted)
        return dict(zip(found.ids[0].tolist(), found.scores[0].tolist(), strict=True))

    def scores_of(self, items: Sequence[int]) -> list[float]:
        """The scores of these candidates, in their order."""
        known = self.scores(items) if items else {}
        return [known[item] for item in items]

    def matching(self, matches: Matches) -> Ranking:
        """All that match: the first ones, since a better score never matches less."""
        self._fetch(FETCHED_AT_ONCE)
        while (count := _count_first(self._scores, matches)) == len(self._ids) < self.count:
            if not self._fetch(GROWTH * len(self._ids)):
                break  # an approximate store finds no more
        return self.best(count)

    def _without_copies(self, ranking: Ranking) -> Ranking:
        if not len(self._groups.ids):
            return ranking
        keys = self._groups.keys(np.fromiter((item for item, _ in ranking), dtype=np.int64, count=len(ranking)))
        _, places = np.unique(keys, return_index=True)
        return [ranking[place] for place in np.sort(places).tolist()]

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
    candidates: Candidates, table: PhotoTable, page: Page, matches: Matches | None, *, judged: Candidates | None = None
) -> tuple[list[RankedPhoto], int | None]:
    """One page of entries in the requested order, and the total number of matches; None without a calibration.

    Args:
        candidates: the ids to rank.
        table: looks up the candidates' photos.
        page: offset, length and order.
        matches: None without a calibration.
        judged: the same ids, ranked by what decides which ones match, where that is something else.
    """
    matching = None if matches is None else (judged or candidates).matching(matches)
    dated: Ranking = []
    if page.sort == "date" and matching is not None:
        scores = dict(matching) if judged is None else candidates.scores(item for item, _ in matching)
        dated = [(item, scores[item]) for item, _ in _newest_first(matching, table.photos(scores))]
    ranking = candidates.entries(page.offset + page.k, first=dated)[page.offset :]
    records = table.photos(item for item, _ in ranking)
    if page.sort == "date" and matching is None:
        ranking = _newest_first(ranking, records)
    shown = [RankedPhoto(records[item], score, candidates.alike(item)) for item, score in ranking if item in records]
    return shown, 0 if not candidates.count else None if matching is None else len(matching)


def _count_first(scores: NDArray[np.float32], matches: Matches) -> int:
    return int(matches(scores.tolist()).sum()) if len(scores) else 0


def _newest_first(ranking: Ranking, records: Mapping[int, PhotoRecord]) -> Ranking:
    """Sorted by date, undated photos last, stable; without deleted photos."""
    dated = [(item, score) for item, score in ranking if item in records]
    return sorted(dated, key=lambda item: records[item[0]].taken_at or "", reverse=True)
