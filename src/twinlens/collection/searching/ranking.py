"""From a query vector to ranked hits, photos or captions: filters first, then the top k, then what fits."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

import numpy as np

from twinlens.collection.catalog.rows import PhotoRecord
from twinlens.collection.searching.judging import Judge
from twinlens.errors import QueryError
from twinlens.protocols import VectorStore
from twinlens.relevance.judge import Judgement
from twinlens.types import Embeddings, Hit, Ids

Sort = Literal["relevance", "date"]
SORTS: tuple[Sort, ...] = ("relevance", "date")
GROWTH = 8  # so many times more hits are fetched while all fetched ones are relevant: few rounds, little waste
Target = Literal["image", "caption"]
TARGETS: tuple[Target, ...] = ("image", "caption")
Ranking: TypeAlias = list[tuple[int, float]]
"""Catalog ids with their scores, best first."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a search found.

    Attributes:
        hits: at most k, in the order asked for.
        num_candidates: photos that the filters let through, the query photo not counted; or their captions.
        took_ms: embedding the query included.
    """

    hits: list[Hit]
    num_candidates: int
    took_ms: float


@dataclass(frozen=True, slots=True)
class Page:
    """Which hits are wanted, and in which order they are shown.

    ``sort="date"`` brings all relevant hits newest first (undated ones last), behind
    them the others by score. Without a calibration nobody knows which are relevant:
    then the page's hits are shown newest first, and relevance decides which are on it.
    """

    k: int = 10
    offset: int = 0
    sort: Sort = "relevance"

    def __post_init__(self) -> None:
        if self.k < 1:
            raise QueryError(f"k must be at least 1, got {self.k}")
        if self.offset < 0:
            raise QueryError(f"offset must be at least 0, got {self.offset}")
        if self.sort not in SORTS:
            raise QueryError(f"sort must be one of {', '.join(SORTS)}, got {self.sort!r}")


class PhotoTable(Protocol):
    """What is ranked: a catalog's photos, or its captions."""

    def photos(self, ids: Iterable[int]) -> Mapping[int, PhotoRecord]:
        """The photo that stands behind each id; an id that has gone is missing from the answer."""


def ranked_hits(
    vector: Embeddings,
    table: PhotoTable,
    store: VectorStore,
    page: Page,
    *,
    among: Ids | None,
    without: Collection[int],
    locate: Callable[[PhotoRecord], tuple[str, Path]],
    judge: Judge | None = None,
) -> tuple[list[Hit], int]:
    """Hits of one query vector [D] and the number of candidates.

    Args:
        vector: unit length.
        table: of the ids that the store holds.
        store: in step with the catalog.
        page: which hits.
        among: ids that the filters let through; None for all.
        without: ids that are never returned, as the query photo itself.
        locate: id and path of a record.
        judge: gives hits their probability; None leaves them without.
    """
    present = store.ids() if without else None
    hidden = 0 if present is None else int(np.isin(list(without), present if among is None else among).sum())
    candidates = (len(store) if among is None else len(among)) - hidden

    def best(count: int) -> Ranking:
        found = store.search(vector[None], count + len(without), among=among)
        rows = zip(found.ids[0].tolist(), found.scores[0].tolist(), strict=True)
        return [(item, score) for item, score in rows if item not in without][:count]

    ranking = best(page.offset + page.k)
    judgement = judge(ranking[0][1], candidates) if judge and ranking else None
    if judgement and page.sort == "date":
        ranking = _relevant_by_date(ranking, best, judgement, table, candidates)
    ranking = ranking[page.offset : page.offset + page.k]
    records = table.photos(item for item, _ in ranking)
    shown = [(records[item], score) for item, score in ranking if item in records]
    if page.sort == "date" and judgement is None:
        shown.sort(key=lambda item: item[0].taken_at or "", reverse=True)
    scores = [score for _, score in shown]
    chances = judgement.probability(scores).tolist() if judgement else []
    relevant = judgement.relevant(scores).tolist() if judgement else []
    hits = []
    for place, (record, score) in enumerate(shown):
        photo, path = locate(record)
        hit = Hit(rank=page.offset + place + 1, id=photo, path=path, score=score, caption=record.caption)
        if judgement:
            hit = replace(hit, probability=chances[place], relevant=relevant[place])
        hits.append(hit)
    return hits, candidates


def _relevant_by_date(
    ranking: Ranking, best: Callable[[int], Ranking], judgement: Judgement, table: PhotoTable, candidates: int
) -> Ranking:
    """All relevant hits, newest first, then what ``ranking`` holds besides."""

    def relevant(ranking: Ranking) -> int:
        return int(judgement.relevant([score for _, score in ranking]).sum())

    while (count := relevant(ranking)) == len(ranking) < candidates:
        ranking = best(GROWTH * len(ranking))
    records = table.photos(item for item, _ in ranking[:count])
    dated = [(item, score) for item, score in ranking[:count] if item in records]
    dated.sort(key=lambda item: records[item[0]].taken_at or "", reverse=True)
    return dated + ranking[count:]
