"""From a query vector to ranked ids: filters first, then the top k, then the order asked for."""

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple, Protocol, TypeAlias

import numpy as np

from twinlens.collection.catalog.rows import PhotoRecord
from twinlens.collection.searching.judging import Matches
from twinlens.collection.searching.search import Page
from twinlens.protocols import VectorStore
from twinlens.types import Embeddings, Ids

FETCHED_AT_ONCE = 100  # so many hits cost a store no more than ten, and most answers have fewer matches
GROWTH = 8  # so many times more hits are fetched while all fetched ones match: few rounds, little waste
Ranking: TypeAlias = list[tuple[int, float]]
"""Catalog ids with their scores, best first."""


class RankedPhoto(NamedTuple):
    """A photo, or a caption of it, with its score."""

    record: PhotoRecord
    score: float


class PhotoTable(Protocol):
    """What is ranked: a catalog's photos, or its captions."""

    def photos(self, ids: Iterable[int]) -> Mapping[int, PhotoRecord]:
        """The photo that stands behind each id; an id that has gone is missing from the answer."""


class Candidates:
    """The ids that a search ranks, best first, as far as they are asked for.

    Args:
        vector: [D] of the query, unit length.
        store: in step with the catalog.
        among: ids that the filters let through; None for all.
        without: ids that are never returned, such as the query photo itself.
    """

    def __init__(self, vector: Embeddings, store: VectorStore, *, among: Ids | None, without: Collection[int]) -> None:
        self._vector, self._store, self._among, self._without = vector, store, among, without
        self._ranking: Ranking = []
        present = store.ids() if without else None
        hidden = 0 if present is None else int(np.isin(list(without), present if among is None else among).sum())
        self.count = (len(store) if among is None else len(among)) - hidden

    def best(self, count: int) -> Ranking:
        """The ``count`` best, or all where there are fewer."""
        if len(self._ranking) < min(count, self.count):
            fetched = max(count, FETCHED_AT_ONCE)
            found = self._store.search(self._vector[None], fetched + len(self._without), among=self._among)
            rows = zip(found.ids[0].tolist(), found.scores[0].tolist(), strict=True)
            self._ranking = [(item, score) for item, score in rows if item not in self._without][:fetched]
        return self._ranking[:count]

    def matching(self, matches: Matches) -> Ranking:
        """All that match: the first ones, since a better score never matches less."""
        ranking = self.best(FETCHED_AT_ONCE)
        while (count := _count_first(ranking, matches)) == len(ranking) < self.count:
            ranking = self.best(GROWTH * len(ranking))
        return ranking[:count]


def page_of(
    candidates: Candidates, table: PhotoTable, page: Page, matches: Matches | None
) -> tuple[list[RankedPhoto], int | None]:
    """One page in the order asked for, and how many candidates match in all; None where nobody can tell.

    Args:
        candidates: what is ranked.
        table: of the candidates' ids.
        page: which part, in which order; see ``Page``.
        matches: None where nobody can tell.
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
    """By date, undated photos last, equal ones as they were; without those that have gone."""
    dated = [(item, score) for item, score in ranking if item in records]
    return sorted(dated, key=lambda item: records[item[0]].taken_at or "", reverse=True)


def _matching_by_date(candidates: Candidates, matching: Ranking, table: PhotoTable, *, count: int) -> Ranking:
    """All that match newest first, then the others by score, as far as ``count`` reaches."""
    dated = _newest_first(matching, table.photos(item for item, _ in matching))
    if len(dated) >= count:
        return dated
    return dated + candidates.best(max(count, len(matching)))[len(matching) :]
