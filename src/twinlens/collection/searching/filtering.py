"""What a filter is, and the filters of one search."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

from twinlens.collection.catalog.condition import Condition, all_of
from twinlens.collection.searching.filters import FILTERS
from twinlens.errors import QueryError
from twinlens.plugins import did_you_mean, load_part, part_names

if TYPE_CHECKING:
    from twinlens.collection.place.photo_folders import PhotoFolder

FilterKind: TypeAlias = Literal["text", "date", "folder", "camera", "choice", "flag"]
"""How interfaces ask for the value: a box, a calendar, what the library holds, a list, a switch."""


class FilterScope(Protocol):
    """What a filter may ask of the library."""

    @property
    def folders(self) -> "Sequence[PhotoFolder]":
        """The photo folders where they are now."""

    def has_table(self, name: str) -> bool:
        """Whether the catalog has a table; one of an earlier release on a read-only medium lacks some."""

    def any_photo(self, condition: Condition) -> bool:
        """Whether a condition holds for any searchable photo."""


@dataclass(frozen=True, kw_only=True)
class Filter:
    """A filter: everything that an interface needs to offer it, and what it does.

    Attributes:
        name: as Python's keyword, the option ``--name``, and the field of a REST call.
        help: one line.
        parse: what somebody gave → what is compared, None for nothing; its QueryError goes on after the name.
        condition: what is compared → SQL on the table ``photos``; it narrows the search before the top k.
        kind: how interfaces ask for the value.
        label: above the value on a page.
        phrase: how the search is told with it; ``{}`` is the value.
        example: of a value.
        choices: the values that there are; empty for any.
        pattern: a regular expression that the value has to match in REST.
        max_length: of the value in REST.
    """

    name: str
    help: str
    parse: Callable[[object], Any]
    condition: Callable[[Any, FilterScope], Condition]
    kind: FilterKind = "text"
    label: str
    phrase: str
    example: str = ""
    choices: tuple[str, ...] = ()
    pattern: str | None = None
    max_length: int | None = None


@cache
def known_filters() -> Mapping[str, Filter]:
    """All filters by name: the built-in ones, and those of the entry points ``twinlens.filter``."""
    return {name: load_part("filter", FILTERS, name) for name in part_names("filter", FILTERS)}


class Filters(Mapping[str, Any]):
    """What a photo must satisfy to be a candidate: the value of each filter in use.

    Args:
        values: by filter name; None, an empty text and False leave a filter out.

    Raises:
        QueryError: there is no such filter, or it cannot use the value.

    >>> Filters(after="2023", camera=None, favourites=True)
    Filters(after='2023', favourites=True)
    """

    def __init__(self, **values: object) -> None:
        parsed = {name: _parsed(name, value) for name, value in values.items() if value is not None}
        self._values = {name: parsed[name] for name in known_filters() if parsed.get(name) is not None}

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __hash__(self) -> int:
        return hash(tuple(self._values.items()))

    def __repr__(self) -> str:
        return f"Filters({', '.join(f'{name}={value!r}' for name, value in self._values.items())})"

    def is_empty(self) -> bool:
        """True when every photo qualifies."""
        return not self._values

    def condition(self, scope: FilterScope) -> Condition:
        """All filters together; holds for every photo where none is in use.

        Raises:
            QueryError: a filter finds that its value is none of this library, as a folder without photos.
        """
        known = known_filters()
        return all_of(known[name].condition(value, scope) for name, value in self._values.items())

    def phrases(self) -> list[str]:
        """How the search is told with each filter."""
        return [known_filters()[name].phrase.format(value) for name, value in self._values.items()]


def parse_text(value: object) -> str | None:
    """Text without spaces around it; None where nothing is left.

    Raises:
        QueryError: it is not text.
    """
    if not isinstance(value, str):
        raise QueryError(f"wants text, got {value!r}")
    return value.strip() or None


def parse_flag(value: object) -> bool | None:
    """True, or None for a flag that is off.

    Raises:
        QueryError: it is neither true nor false.
    """
    if not isinstance(value, bool):
        raise QueryError(f"wants true or false, got {value!r}")
    return value or None


def parse_choice(*choices: str) -> Callable[[object], str]:
    """Reads one of a few words, upper and lower case alike."""

    def parse(value: object) -> str:
        text = str(value).strip().lower()
        if text not in choices:
            raise QueryError(f"wants one of {', '.join(choices)}, got {value!r}{did_you_mean(text, choices)}")
        return text

    return parse


def _parsed(name: str, value: object) -> Any:
    known = known_filters()
    if name not in known:
        raise QueryError(f"there is no filter {name!r}; known: {', '.join(known)}{did_you_mean(name, known)}")
    try:
        return known[name].parse(value)
    except QueryError as error:
        raise QueryError(f"{name} {error}") from error
