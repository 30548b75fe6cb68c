"""The fields of the query language, as in ``camera:canon``: each is a filter, also under other names."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from twinlens.collection.catalog.condition import Condition, not_
from twinlens.collection.searching.filtering import Filter, Filters, FilterScope, known_filters
from twinlens.errors import QueryError
from twinlens.plugins import did_you_mean

ALSO_CALLED: Mapping[str, str] = {
    "favourite": "favourites",
    "favorite": "favourites",
    "favorites": "favourites",
    "filename": "name",
    "keywords": "keyword",
    "place": "location",
    "people": "person",
    "taken": "date",
    "tags": "tag",
    "stars": "rating",
}
"""Other names of filters; a filter of another package with such a name comes first."""

YES_AND_NO: Mapping[str, bool] = {
    "yes": True,
    "true": True,
    "1": True,
    "no": False,
    "false": False,
    "0": False,
}


@dataclass(frozen=True, slots=True)
class Field:
    """A field with its value.

    Attributes:
        name: of the filter.
        value: as the filter has parsed it.
        is_without: the photos are wanted that do not pass the filter, as in ``favourite:no``.
    """

    name: str
    value: Any
    is_without: bool = False

    def condition(self, scope: FilterScope) -> Condition:
        """Its condition in a library.

        Raises:
            QueryError: the value does not exist in this library.
        """
        passes = known_filters()[self.name].condition(self.value, scope)
        return not_(passes) if self.is_without else passes

    def phrase(self) -> str:
        """It in words."""
        (phrase,) = Filters(**{self.name: self.value}).phrases()
        return f"not {phrase}" if self.is_without else phrase


def filter_of(field: str) -> Filter | None:
    """The filter behind a field's name, in any case; None if there is none."""
    known, name = known_filters(), field.lower()
    return known.get(name) or known.get(ALSO_CALLED.get(name, ""))


def nearest_field(field: str) -> str | None:
    """The field that was probably meant; None if none is spelt so.

    >>> nearest_field("camra")
    'camera'
    """
    near = get_close_matches(field.lower(), [*known_filters(), *ALSO_CALLED], n=1)
    return near[0] if near else None


def read_field(field: str, text: str) -> Field:
    """A field and its value, as they were typed.

    Raises:
        QueryError: there is no such field, or the value cannot be used.
    """
    one = filter_of(field)
    if one is None:
        known = ", ".join(known_filters())
        raise QueryError(f"there is no field {field!r}; there are {known}{did_you_mean(field, known_filters())}")
    if one.kind == "flag":
        is_wanted = YES_AND_NO.get(text.strip().lower())
        if is_wanted is None:
            raise QueryError(f"{field} must be yes or no, got {text!r}")
        return Field(one.name, True, is_without=not is_wanted)
    given = Filters(**{one.name: text})
    if given.is_empty():
        raise QueryError(f"{field} needs a value, such as {one.example}")
    return Field(one.name, given[one.name])
