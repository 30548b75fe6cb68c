"""A search request: query, filters, and page of results."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Integral
from typing import Any, Literal, Self, TypeAlias, get_args

from twinlens.collection.catalog.order import Order
from twinlens.collection.searching.filtering import Filters
from twinlens.collection.searching.query import Query, QueryLike, as_query
from twinlens.errors import QueryError
from twinlens.types import GRADES, Grade

Sort: TypeAlias = Literal["relevance", Order]
SORTS: tuple[Sort, ...] = get_args(Sort)
Target: TypeAlias = Literal["image", "caption"]
TARGETS: tuple[Target, ...] = ("image", "caption")


@dataclass(frozen=True, slots=True)
class Page:
    """Which hits to return, and their order.

    Any other order than "relevance" returns all matches in that order, followed by the others
    by score: "date" newest first, "oldest" oldest first (undated ones are last in both), "name"
    by file name, whatever the case, "size" the largest file first; of those that are alike in it
    the best comes first. If the model is not calibrated, only the hits of the page are in this
    order; relevance decides which ones are on it.
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


_OPTIONS = frozenset(
    "k offset sort target min_grade min_probability show_all include_query_photo group explain".split()
)


@dataclass(frozen=True, slots=True)
class Search:
    """A search request, the same for all interfaces.

    Attributes:
        query: the query.
        filters: restrict the candidates.
        page: offset, length and order of the hits.
        target: "image" for photos; "caption" for captions of the photos that pass the filters.
        min_grade: lowest grade of a match; by default any grade will do.
        min_probability: minimum probability of a match, instead of its having a grade.
        show_all: show all hits, whether they match or not.
        include_query_photo: allow a photo of the collection to find itself; it always finds its captions.
        group: make near copies one hit, the best of them, which lists the others; pages count such entries.
        explain: say why each hit was found, and what each part of the query did.
    """

    query: Query
    filters: Filters = field(default_factory=Filters)
    page: Page = field(default_factory=Page)
    target: Target = "image"
    min_probability: float | None = None
    show_all: bool = False
    include_query_photo: bool = False
    min_grade: Grade | None = None
    group: bool = False
    explain: bool = False

    def __post_init__(self) -> None:
        if self.target not in TARGETS:
            raise QueryError(f"target must be one of {', '.join(TARGETS)}, got {self.target!r}")
        if self.min_grade is not None and self.min_grade not in GRADES:
            raise QueryError(f"min_grade must be one of {', '.join(GRADES)}, got {self.min_grade!r}")
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
        min_grade: Grade | None = None,
        group: bool = False,
        explain: bool = False,
        filters: Mapping[str, Any] | None = None,
    ) -> Self:
        """Creates a search from plain values.

        Raises:
            QueryError: the query or a value is invalid; the message says which.
        """
        return cls(
            as_query(query),
            Filters(**(filters or {})),
            Page(k, offset, sort),
            target,
            min_probability,
            show_all,
            include_query_photo,
            min_grade,
            group,
            explain,
        )

    @classmethod
    def from_options(cls, query: QueryLike, options: Mapping[str, Any]) -> Self:
        """As ``of``, from keyword arguments: those that are not options are filters."""
        own = {name: value for name, value in options.items() if name in _OPTIONS}
        return cls.of(query, **own, filters={name: value for name, value in options.items() if name not in _OPTIONS})

    def accepts(self, grade: Grade | None, probability: float) -> bool:
        """Whether a hit with this grade and this probability is a match."""
        wanted, least = self.min_grade, self.min_probability
        if least is not None and probability < least:
            return False
        if grade is None:
            return wanted is None and least is not None
        return wanted is None or GRADES.index(grade) <= GRADES.index(wanted)

    def understood(self) -> str:
        """Describes the search in a sentence."""
        return ", ".join(filter(None, [self.query.understood(), *self.filters.phrases()]))


def _is_whole(value: object) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)
