"""Rank candidates: apply the filters, rank, make near copies one entry, take a page."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from twinlens.collection.catalog.order import Order
from twinlens.collection.catalog.rows import PhotoRecord
from twinlens.collection.likeness.near_copies import NO_GROUPS, NO_IDS, Groups
from twinlens.collection.searching.search import Page
from twinlens.protocols import ThresholdStore, VectorStore
from twinlens.types import Embeddings, Ids

FETCHED_AT_ONCE = 100  # costs a store no more than ten hits would, and most answers have fewer matches
GROWTH = 8  # factor by which more hits are fetched while all of them match: few rounds, little waste
LOOKED_AT_ONCE = 64  # scores: to judge so many costs little more than to judge one
First: TypeAlias = Callable[[int], Ids]
"""A number → so many of the ids that stand before all others, in their order; fewer only if there are no more."""
Matches: TypeAlias = Callable[[Sequence[float]], NDArray[np.bool_]]
"""Scores [K] → which hits match; monotonic in the score."""


class Best(NamedTuple):
    """Catalog ids [N] with their scores [N], best first."""

    ids: Ids
    scores: NDArray[np.float32]


class RankedPhoto(NamedTuple):
    """A photo, or one of its captions, with its score, the near copies that stand behind it, and its own id."""

    record: PhotoRecord
    score: float
    alike: Ids = NO_IDS
    item: int = 0


class PhotoTable(Protocol):
    """The items to rank: a catalog's photos or captions."""

    def photos(self, ids: Iterable[int]) -> Mapping[int, PhotoRecord]:
        """The photo of each id; deleted ids are missing from the result."""

    def places(self, ids: Iterable[int], order: Order) -> Mapping[int, int]:
        """The place of each id in an order, which those that are alike share; deleted ids are missing."""


class Ranked(ABC):
    """The ids that a search ranks, best first, fetched as they are needed.

    Args:
        ids: gives all of them, [N], ascending.
        count: N.
        groups: near copies, of which only the best is an entry of a page.
    """

    all_match = False
    """Whether all of them match, whatever their scores."""

    def __init__(self, ids: Callable[[], Ids], count: int, groups: Groups = NO_GROUPS) -> None:
        self.count = count
        self._ids, self._scores = NO_IDS, np.empty(0, dtype=np.float32)
        is_here = np.isin(groups.ids, ids() if len(groups.ids) else NO_IDS)
        self._groups = Groups(groups.ids[is_here], groups.leaders[is_here])
        self.num_entries = self.count - len(self._groups.ids) + len(np.unique(self._groups.leaders))

    @abstractmethod
    def ids(self) -> Ids:
        """[N], all of them, ascending."""

    @abstractmethod
    def scores(self, items: Iterable[int]) -> dict[int, float]:
        """The score of each of these candidates, wherever it ranks."""

    @abstractmethod
    def best_of(self, items: Ids, count: int) -> Best:
        """The ``count`` best of some candidates, or all where there are fewer; the same order whatever the count."""

    @abstractmethod
    def _rank(self, count: int) -> Best:
        """The ``count`` best, or all where there are fewer."""

    def best(self, count: int) -> Best:
        """The ``count`` best, or all where there are fewer, near copies included."""
        self._fetch(count)
        return Best(self._ids[:count], self._scores[:count])

    def entries(self, count: int, *, first: First = lambda _: NO_IDS) -> Ids:
        """The ``count`` first entries, or all: of near copies only the best.

        Args:
            count: number of entries.
            first: what is ranked before all others.
        """
        wanted = count
        while True:
            ranking, is_all = first(wanted), False
            if len(ranking) < wanted:
                others = self.best(wanted).ids
                ranking = np.concatenate([ranking, others[~np.isin(others, ranking)]])
                # an approximate store finds fewer
                is_all = wanted >= self.count or len(self._ids) < min(wanted, self.count)
            found = self._without_copies(ranking)
            if len(found) >= count or is_all:
                return found[:count]
            wanted = max(2 * wanted, FETCHED_AT_ONCE)

    def alike(self, item: int) -> Ids:
        """The other candidates in an entry, by id."""
        key = self._groups.keys(np.array([item]))[0]
        others: Ids = self._groups.ids[(self._groups.leaders == key) & (self._groups.ids != item)]
        return others

    def among(self, items: Ids) -> Ids:
        """Those of some ids that are candidates."""
        here: Ids = items[np.isin(items, self.ids())]
        return here

    def scores_of(self, items: Sequence[int]) -> list[float]:
        """The scores of these candidates, in their order."""
        known = self.scores(items) if items else {}
        return [known[item] for item in items]

    def matching(self, matches: Matches) -> Ids:
        """All that match: the first ones, since a better score never matches less."""
        self._fetch(FETCHED_AT_ONCE)
        while (count := _count_first(self._scores, matches)) == len(self._ids) < self.count:
            if not self._fetch(GROWTH * len(self._ids)):
                break  # an approximate store finds no more
        return self.best(count).ids

    def matching_ids(self, matches: Matches) -> Ids:
        """All that match, ascending."""
        return np.sort(self.matching(matches))

    def _without_copies(self, ranking: Ids) -> Ids:
        if not len(self._groups.ids):
            return ranking
        _, places = np.unique(self._groups.keys(ranking), return_index=True)
        return ranking[np.sort(places)]

    def _fetch(self, count: int) -> bool:
        """Ranks at least ``count`` where there are so many; whether that are more than before."""
        before = len(self._ids)
        if before < min(count, self.count):
            self._ids, self._scores = self._rank(max(count, FETCHED_AT_ONCE))
        return len(self._ids) > before


class Candidates(Ranked):
    """Candidates ranked by a store.

    Args:
        vector: [D], the query, unit length.
        store: in step with the catalog.
        among: ids that the filters let through; None for all.
        without: ids that are never returned, such as the query photo itself.
        groups: see ``Ranked``.
        first: the best ones, if they are known; of all, without any filter.
    """

    def __init__(
        self,
        vector: Embeddings,
        store: VectorStore,
        *,
        among: Ids | None,
        without: Collection[int],
        groups: Groups = NO_GROUPS,
        first: Best | None = None,
    ) -> None:
        if among is not None:  # a photo may have gone since the filters were evaluated
            among = among[np.isin(among, store.ids())]
        self._vector, self._store, self._among = vector, store, among
        self._above: dict[float, Ids] = {}  # all above a score
        self._without = np.fromiter(without, dtype=np.int64, count=len(without))
        hidden = int(np.isin(self._without, store.ids() if among is None else among).sum()) if without else 0
        super().__init__(self.ids, (len(store) if among is None else len(among)) - hidden, groups)
        if first is not None and among is None and not without:
            self._ids, self._scores = first

    def ids(self) -> Ids:
        """[N], all of them, ascending."""
        present = self._store.ids() if self._among is None else self._among
        return present[~np.isin(present, self._without)] if len(self._without) else present

    def scores(self, items: Iterable[int]) -> dict[int, float]:
        """The score of each of these candidates, wherever it ranks."""
        wanted = np.array(sorted(items), dtype=np.int64)
        found = self.best_of(wanted, len(wanted))
        return dict(zip(found.ids.tolist(), found.scores.tolist(), strict=True))

    def best_of(self, items: Ids, count: int) -> Best:
        """By the store."""
        found = self._store.search(self._vector[None], count, among=items)
        return Best(found.ids[0], found.scores[0])

    def matching(self, matches: Matches) -> Ids:
        """All that match, best first."""
        many = self._many(matches)
        return super().matching(matches) if many is None else self.best_of(many, len(many)).ids

    def matching_ids(self, matches: Matches) -> Ids:
        """All that match, ascending; where they are many they need not be ranked."""
        many = self._many(matches)
        return super().matching_ids(matches) if many is None else many

    def _many(self, matches: Matches) -> Ids | None:
        """All that match, ascending; None where they are few, or where the store must rank them."""
        first = self.best(FETCHED_AT_ONCE).scores
        is_all = len(first) < FETCHED_AT_ONCE or len(first) == self.count
        if is_all or not isinstance(self._store, ThresholdStore) or _count_first(first, matches) < len(first):
            return None
        least = _least(matches, first[-1])
        if least not in self._above:
            found = self._store.at_least(self._vector, least, among=self._among)
            if found is None:
                return None
            self._above[least] = found[~np.isin(found, self._without)] if len(self._without) else found
        return self._above[least]

    def _rank(self, count: int) -> Best:
        """By the store."""
        found = self._store.search(self._vector[None], count + len(self._without), among=self._among)
        kept = ~np.isin(found.ids[0], self._without)
        return Best(found.ids[0][kept][:count], found.scores[0][kept][:count])


def page_of(
    candidates: Ranked,
    table: PhotoTable,
    page: Page,
    matches: Matches | None,
    *,
    judged: Ranked | None = None,
    fuse: Callable[[Ids], First] = lambda _: lambda _: NO_IDS,
    also: Ids = NO_IDS,
) -> tuple[list[RankedPhoto], int | None]:
    """One page of entries in the requested order, and the total number of matches; None where hits have no grades.

    Args:
        candidates: the ids to rank.
        table: looks up the candidates' photos.
        page: offset, length and order.
        matches: None where hits have no grades.
        judged: the same ids, ranked by what decides which ones match, where that is something else.
        fuse: ids that match → what is ranked before all others.
        also: candidates that match whatever their scores, ascending.
    """
    is_other, judged = judged is not None, judged or candidates
    matching = (
        None if matches is None or candidates.all_match else _with_also(judged.matching_ids(matches), judged, also)
    )
    first = fuse(NO_IDS if matching is None else matching)
    if is_other and matching is not None:
        first = _matching_first(candidates, matching, first)
    if page.sort != "relevance" and matches is not None and matching is not None:
        best_first = _with_also(judged.matching(matches), judged, also)
        ordered = _sorted(best_first, table.places(best_first.tolist(), page.sort))
        first = lambda count: ordered[:count]  # noqa: E731
    shown = candidates.entries(page.offset + page.k, first=first)[page.offset :]
    records, scores = table.photos(shown.tolist()), candidates.scores(shown.tolist())
    if page.sort != "relevance" and matching is None and not candidates.all_match:
        shown = _sorted(shown, table.places(records, page.sort))
    entries = [
        RankedPhoto(records[item], scores[item], candidates.alike(item), item)
        for item in shown.tolist()
        if item in records and item in scores
    ]
    if not candidates.count or candidates.all_match:
        return entries, candidates.count
    return entries, None if matching is None else len(matching)


def _matching_first(candidates: Ranked, matching: Ids, first: First) -> First:
    """All that match stand before the others, which may rank between them where another score decides what matches.

    On 1,134 photos of groceries, of which each asks for its kind, R@1 stays 80.2 and mAP 43.5.
    """
    found = first(candidates.count)
    is_match = np.isin(found, matching)
    others = np.setdiff1d(matching, found)

    def ranked(count: int) -> Ids:
        ahead = found[is_match][:count]
        if len(ahead) < count and len(others):
            ahead = np.concatenate([ahead, candidates.best_of(others, count - len(ahead)).ids])
        return np.concatenate([ahead, found[~is_match][: count - len(ahead)]])

    return ranked


def _with_also(matching: Ids, judged: Ranked, also: Ids) -> Ids:
    """Those that match, and others of the candidates behind them."""
    if len(also):  # a photo may have gone since it was found
        also = also[np.isin(also, judged.ids()) & ~np.isin(also, matching)]
    return np.concatenate([matching, also])


def _sorted(items: Ids, places: Mapping[int, int]) -> Ids:
    """By place, those that share one in the order they have; without those that have none."""
    known = np.array([places.get(item, -1) for item in items.tolist()], dtype=np.int64)
    order = np.argsort(known, kind="stable")
    sorted_items: Ids = items[order[known[order] >= 0]]
    return sorted_items


def _count_first(scores: NDArray[np.float32], matches: Matches) -> int:
    """How many match: the first ones, so that a few of a million need to be looked at."""
    start, stop = 0, len(scores)  # those before ``start`` match, those from ``stop`` on do not
    while start < stop:
        places = range(start, stop, -(-(stop - start) // LOOKED_AT_ONCE))
        found = int(np.count_nonzero(matches(scores[start : stop : places.step].tolist())))
        start, stop = places[found - 1] + 1 if found else start, places[found] if found < len(places) else stop
    return start


def _least(matches: Matches, known: np.float32) -> float:
    """The lowest score that matches, of all that float32 can tell apart, from one that does."""
    start, stop = _place(np.float32(-1)), _place(known)  # those before ``start`` do not match, ``stop`` does
    while start < stop:
        places = np.unique(np.linspace(start, stop, LOOKED_AT_ONCE, dtype=np.int64)[:-1])
        missed = int(np.count_nonzero(~matches(_scores_at(places).tolist())))
        start = int(places[missed - 1]) + 1 if missed else start
        stop = int(places[missed]) if missed < len(places) else stop
    return float(_scores_at(np.array([stop]))[0])


def _place(score: np.float32) -> int:
    """The place of a score among all float32, in their order."""
    place = int(score.view(np.int32))
    return place if place >= 0 else -(place & 0x7FFFFFFF)


def _scores_at(places: Ids) -> NDArray[np.float32]:
    scores: NDArray[np.float32] = np.abs(places).astype(np.int32).view(np.float32) * np.sign(places).astype(np.float32)
    return scores
