"""The request: what is looked for, among which photos, and which part of the answer is wanted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self, TypeAlias

from twinlens.collection.searching.filtering import Filters
from twinlens.collection.searching.query import Query, QueryLike, as_query
from twinlens.errors import QueryError

Sort: TypeAlias = Literal["relevance", "date"]
SORTS: tuple[Sort, ...] = ("relevance", "date")
Target: TypeAlias = Literal["image", "caption"]
TARGETS: tuple[Target, ...] = ("image", "caption")


@dataclass(frozen=True, slots=True)
class Page:
    """Which hits are wanted, and in which order they are shown.

    ``sort="date"`` brings all hits that match newest first (undated ones last), behind
    them the others by score. Where the model cannot tell which match, the page's hits are
    shown newest first, and relevance decides which are on it.
    """

    k: int = 10
    offset: int = 0
    sort: Sort = "relevance"

    def __post_init__(self) -> None:
        if not _is_whole(self.k) or self.k < 1:
            raise QueryError(f"k must be at least 1, got {self.k!r}")
        if not _is_whole(self.offset) or self.offset < 0:
            raise QueryError(f"offset must be at least 0, got {self.offset!r}")
        if self.sort not in SORTS:
            raise QueryError(f"sort must be one of {', '.join(SORTS)}, got {self.sort!r}")


@dataclass(frozen=True, slots=True)
class Search:
    """One request, whichever interface it comes from.

    Attributes:
        query: what is looked for.
        filters: which photos are candidates.
        page: which part of the answer, in which order.
        target: "image" for photos; "caption" for captions of the photos that pass the filters.
        min_probability: what matches has at least this, in place of the model's own threshold.
        show_all: every hit is shown, whether it matches or not.
        include_query_photo: a photo of the collection may find itself; its captions it always finds.
    """

    query: Query
    filters: Filters = field(default_factory=Filters)
    page: Page = field(default_factory=Page)
    target: Target = "image"
    min_probability: float | None = None
    show_all: bool = False
    include_query_photo: bool = False

    def __post_init__(self) -> None:
        if self.target not in TARGETS:
            raise QueryError(f"target must be one of {', '.join(TARGETS)}, got {self.target!r}")
        least = self.min_probability
        if least is not None and not (isinstance(least, float | int) and 0 <= least <= 1):
            raise QueryError(f"min_probability must be from 0 to 1, got {least!r}")

    @classmethod
    def of(
        cls,
        query: QueryLike,
        *,
        k: int = 10,
        offset: int = 0,
        sort: Sort = "relevance",
        target: Target = "image",
        min_probability: float | None = None,
        show_all: bool = False,
        include_query_photo: bool = False,
        filters: Mapping[str, Any] | None = None,
    ) -> Self:
        """A search from plain values.

        Raises:
            QueryError: the query or a value cannot be used; the message names it.
        """
        return cls(
            as_query(query),
            Filters(**(filters or {})),
            Page(k, offset, sort),
            target,
            min_probability,
            show_all,
            include_query_photo,
        )

    def understood(self) -> str:
        """What is searched for, in a sentence."""
        return ", ".join([self.query.understood(), *self.filters.phrases()])


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
