"""What people should know about fields and filters in their library, such as a tag that no photo has."""

from collections.abc import Iterator, Mapping
from itertools import chain, combinations
from typing import Any

import numpy as np

from twinlens.collection.searching.fields import Field
from twinlens.collection.searching.filtering import FilterScope, known_filters
from twinlens.collection.searching.query.where import demands, fields_of
from twinlens.collection.searching.scope import Scope
from twinlens.collection.searching.search import Search

MOST_COMPARED = 10  # conditions, two by two


def value_notes(search: Search, scope: FilterScope) -> tuple[str, ...]:
    """A sentence for each value that deserves one."""
    fields = chain.from_iterable(fields_of(query.where) for query in search.query.everything())
    return tuple(
        dict.fromkeys(note for name, value in _values(search.filters, fields) if (note := _note(name, value, scope)))
    )


def contradiction(search: Search, scope: Scope) -> str | None:
    """A condition that no photo satisfies, or two that none satisfies at once, in a sentence; None if it takes more.

    Args:
        search: without candidates.
        scope: the library.
    """
    if search.query.either:
        return None
    fields = [Field(name, value) for name, value in search.filters.items()]
    conditions = [*fields, *demands(search.query.where)][:MOST_COMPARED]
    found = [scope.catalog.select_ids(one.condition(scope)) for one in conditions]
    told = [f"“{one.phrase()}”" for one in conditions]
    for one, ids, phrase in zip(conditions, found, told, strict=True):
        if not len(ids):
            has_note = isinstance(one, Field) and known_filters()[one.name].note is not None
            return None if has_note else f"no photo fits {phrase}"
    for first, second in combinations(range(len(found)), 2):
        if not np.isin(found[first], found[second], assume_unique=True).any():
            return f"no photo fits {told[first]} and {told[second]} at once"
    return None


def _values(filters: Mapping[str, Any], fields: Iterator[Field]) -> Iterator[tuple[str, Any]]:
    yield from filters.items()
    yield from ((field.name, field.value) for field in fields)


def _note(name: str, value: Any, scope: FilterScope) -> str | None:
    tell = known_filters()[name].note
    return None if tell is None else tell(value, scope)
