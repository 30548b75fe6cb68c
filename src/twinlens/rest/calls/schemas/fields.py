"""Fields of several calls: filters, pages, and how photos or captions are searched."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import ConfigDict, Field, create_model

from twinlens.api.filters import Filter, known_filters
from twinlens.api.photos.describing import Language
from twinlens.api.searching import Sort
from twinlens.rest.calls.schemas.values import DEEPEST_OFFSET, LANGUAGE, ORDERS, Body, Whole
from twinlens.types import Grade


def _filter_field(one: Filter, *, strict: bool) -> tuple[Any, Any]:
    """The field of a filter; strict in JSON, where "true" is not accepted for true."""
    if one.kind == "flag":
        return bool, Field(default=False, strict=strict, description=one.help)
    value = Literal[one.choices] if one.choices else str
    limits = {"pattern": one.pattern, "max_length": one.max_length, "examples": [one.example] if one.example else None}
    given = {name: limit for name, limit in limits.items() if limit is not None}
    return Annotated[value, Field(**given)] | None, Field(default=None, description=one.help)  # type: ignore[call-overload]


if TYPE_CHECKING:

    class FilterFields(Body):
        """Fields that restrict the candidates, one for each filter."""

    class FilterParameters(FilterFields):
        """The same as URL parameters."""

else:
    FilterFields = create_model(
        "FilterFields",
        __base__=Body,
        **{name: _filter_field(one, strict=True) for name, one in known_filters().items()},
    )
    FilterParameters = create_model(
        "FilterParameters",
        __base__=FilterFields,
        **{name: _filter_field(one, strict=False) for name, one in known_filters().items()},
    )


class PageFields(FilterFields):
    """Fields of every search: which page of results."""

    top_k: Whole = Field(default=10, ge=1, description="number of results")
    offset: Whole = Field(default=0, ge=0, le=DEEPEST_OFFSET, description="number of best results to skip, for paging")


class BrowseFields(FilterParameters):
    """A page of the library, without a query."""

    model_config = ConfigDict(extra="ignore", frozen=True)  # proxies and browsers add parameters of their own

    sort: Sort = Field(default="date", description=f"{ORDERS}; without a query 'relevance' is 'date'")
    top_k: int = Field(default=100, ge=1)
    offset: int = Field(default=0, ge=0, le=DEEPEST_OFFSET)


class SearchFields(PageFields):
    """Fields of every search for photos."""

    sort: Sort = Field(
        default="relevance",
        description=f"other than 'relevance', all results with a grade in that order, then the others: {ORDERS}",
    )
    min_grade: Grade | None = Field(default=None, description="leave out results with a lower grade, or none")
    min_probability: float | None = Field(
        default=None, ge=0, le=1, strict=True, description="leave out results below this probability"
    )
    group: bool = Field(
        default=False,
        strict=True,
        description="make near copies of a picture, and the files of a stack, one result, which lists the others",
    )
    explain: bool = Field(default=False, strict=True, description="say why, in the field 'explanation' of the answer")


class CaptionFields(PageFields):
    """Fields of every search for captions."""

    built_in: bool = Field(
        default=False,
        strict=True,
        description="descriptions of the built-in list, even if the library has captions",
    )
    language: Language | None = Field(default=None, description=LANGUAGE)
