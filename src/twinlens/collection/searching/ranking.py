"""Rank candidates: apply the filters, take the top k, then sort."""

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple, Protocol, TypeAlias

import numpy as np

from twinlens.collection.catalog.rows import PhotoRecord
from twinlens.collection.searching.judging import Matches
from twinlens.collection.searching.search import Page
from twinlens.protocols import VectorStore
from twinlens.types import Embeddings, Ids

FETCHED_AT_ONCE = 100  # costs a store no more than ten hits would, and most answers have fewer matches
GROWTH = 8  # factor by which more hits are fetched while all of them match: few rounds, little waste
Ranking: TypeAlias = list[tuple[int, float]]
"""Catalog ids with their scores, best first."""


class RankedPhoto(NamedTuple):
    """A photo, or one of its captions, with its score."""

    record: PhotoRecord
    score: float


class PhotoTable(Protocol):
    """The items to rank: a catalog's photos or captions."""

    def photos(self, ids: Iterable[int]) -> Mapping[int, PhotoRecord]:
        """The photo of each id; deleted ids are missing from the result."""


class Candidates:
    """The ids that a search ranks, best first, fetched on demand.

    Args:
        vector: [D] of the query, unit length.
        store: synchronized with the catalog.
        among: ids that pass the filters; None for all.
        without: ids that are never returned, such as the query photo itself.
    """

    def __init__(self, vector: Embeddings, store: VectorStore, *, among: Ids | None, without: Collection[int]) -> None:
        self._vector, self._store, self._among, self._without = vector, store, among, without
        self._ranking: Ranking = []
        present = store.ids() if without else None
        hidden = 0 if present is None else int(np.isin(list(without), present if among is None else among).sum())
        self.count = (len(store) if among is None else len(among)) - hidden

    def best(self, count: int) -> Ranking:
        """The ``count`` best, or all if there are fewer."""
        if len(self._ranking) < min(count, self.count):
            fetched = max(count, FETCHED_AT_ONCE)
            found = self._store.search(self._vector[None], fetched + len(self._without), among=self._among)
            rows = zip(found.ids[0].tolist(), found.scores[0].tolist(), strict=True)
            self._ranking = [(item, score) for item, score in rows if item not in self._without][:fetched]
        return self._ranking[:count]

    def matching(self, matches: Matches) -> Ranking:
        """All matches, which come first because matching is monotonic in the score."""
        ranking = self.best(FETCHED_AT_ONCE)
        while (count := _count_first(ranking, matches)) == len(ranking) < self.count:
            ranking = self.best(GROWTH * len(ranking))
        return ranking[:count]


def page_of(
    candidates: Candidates, table: PhotoTable, page: Page, matches: Matches | None
) -> tuple[list[RankedPhoto], int | None]:
    """One page in the requested order, and the total number of matches; None without a calibration.

    Args:
        candidates: the ids to rank.
        table: looks up the candidates' photos.
        page: offset, length and order.
        matches: None without a calibration.
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


def _count_first(ranking: Ranking, matches: Matches) -> int:
    return int(matches([score for _, score in ranking]).sum()) if ranking else 0


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
