"""From a query vector to ranked hits, photos or captions: filters first, then the top k."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import numpy as np

from twinlens.collection.rows import PhotoRecord
from twinlens.errors import QueryError
from twinlens.protocols import VectorStore
from twinlens.types import Embeddings, Hit, Ids

Sort = Literal["relevance", "date"]
SORTS: tuple[Sort, ...] = ("relevance", "date")
Target = Literal["image", "caption"]
TARGETS: tuple[Target, ...] = ("image", "caption")


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

    ``sort="date"`` shows the page's hits newest first (undated ones last); which hits
    are on the page is decided by relevance.
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
    """
    present = store.ids() if without else None
    hidden = 0 if present is None else int(np.isin(list(without), present if among is None else among).sum())
    candidates = (len(store) if among is None else len(among)) - hidden
    found = store.search(vector[None], page.offset + page.k + len(without), among=among)
    ranking = [
        (int(item), float(score))
        for item, score in zip(found.ids[0], found.scores[0], strict=True)
        if item not in without
    ][page.offset : page.offset + page.k]
    records = table.photos(item for item, _ in ranking)
    shown = [(records[item], score) for item, score in ranking if item in records]
    if page.sort == "date":
        shown.sort(key=lambda item: item[0].taken_at or "", reverse=True)
    hits = []
    for rank, (record, score) in enumerate(shown, start=page.offset + 1):
        photo, path = locate(record)
        hits.append(Hit(rank=rank, id=photo, path=path, score=score, caption=record.caption))
    return hits, candidates
