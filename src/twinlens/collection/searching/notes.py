"""What people should know about the values of fields and filters in their library, such as a tag that no photo has."""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from twinlens.collection.searching.fields import Field
from twinlens.collection.searching.filtering import FilterScope, known_filters
from twinlens.collection.searching.query.where import fields_of
from twinlens.collection.searching.search import Search


def value_notes(search: Search, scope: FilterScope) -> tuple[str, ...]:
    """A sentence for each value that deserves one."""
    fields = chain.from_iterable(fields_of(query.where) for query in search.query.everything())
    return tuple(
        dict.fromkeys(note for name, value in _values(search.filters, fields) if (note := _note(name, value, scope)))
    )


def _values(filters: Mapping[str, Any], fields: Iterator[Field]) -> Iterator[tuple[str, Any]]:
    yield from filters.items()
    yield from ((field.name, field.value) for field in fields)


def _note(name: str, value: Any, scope: FilterScope) -> str | None:
    tell = known_filters()[name].note
    return None if tell is None else tell(value, scope)
