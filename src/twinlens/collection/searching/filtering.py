"""The ``Filter`` interface, and the filters of a search."""

import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from keyword import iskeyword
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, get_args

from twinlens.collection.catalog.condition import Condition, all_of
from twinlens.collection.searching.filters import FILTERS
from twinlens.errors import QueryError, valid_unicode
from twinlens.plugins import did_you_mean, load_part, part_names

if TYPE_CHECKING:
    from twinlens.collection.place.photo_folders import PhotoFolder

logger = logging.getLogger(__name__)

FilterKind: TypeAlias = Literal["text", "date", "folder", "camera", "choice", "flag"]
"""Kind of input in interfaces: text box, calendar, the library's folders or cameras, list, switch."""


RESERVED = frozenset(
    (
        "self query queries photo place k offset sort target model in_ grid json all interactive verbose log_file "
        "candidates min_grade min_probability show_all include_self include_query_photo open_sheet as_json file "
        "group all_copies alike explain explanation clipboard regions region image_region without without_file "
        "without_image_id not_ more "
        "top_k image_id image_ids images image_weight query_weight weight weights model_config q t filters box zoom"
    ).split()
)
"""Names that commands, calls, pages or Python use for something else."""


class FilterScope(Protocol):
    """What a filter can look up in the library."""

    @property
    def folders(self) -> "Sequence[PhotoFolder]":
        """The photo folders with their current paths."""

    def has_table(self, name: str) -> bool:
        """Whether the catalog has a table; a read-only one of an older release may lack some."""

    def any_photo(self, condition: Condition) -> bool:
        """Whether any searchable photo satisfies a condition."""

    def favourites(self) -> Condition:
        """The favourites of who asks; none in a catalog that knows no marks."""

    def tags(self) -> Sequence[str]:
        """All tags that photos have."""

    def albums(self) -> Sequence[str]:
        """The names of all albums."""

    def album(self, name: str) -> Condition:
        """The photos of an album: those that people have put there, or that its search finds; none if it is unknown.

        Raises:
            QueryError: the album is part of its own search.
        """


@dataclass(frozen=True, kw_only=True)
class Filter:
    """A filter: its condition, and everything that an interface needs to offer it.

    Attributes:
        name: Python keyword, option ``--name``, and field of REST calls.
        help: one line.
        parse: given value → parsed value, None for no filter; its QueryError continues after the name.
        condition: parsed value → SQL on the table ``photos``; applied before the top k.
        sources: parsed value → what a photo that passes is found by, such as "name", each with its condition; None
            where that is nothing to tell, as for its width.
        note: parsed value → what to tell about it in this library, a sentence; None for nothing.
        kind: kind of input in interfaces.
        label: label of the input field.
        phrase: describes the filter in a sentence; ``{}`` is the value.
        example: an example value.
        choices: allowed values; empty if any is allowed.
        pattern: regular expression for the value in REST calls.
        max_length: maximum length of the value in REST calls.
        has_input: whether forms show an input for it; calls, options and the query take it all the same.
    """

    name: str
    help: str
    parse: Callable[[object], Any]
    condition: Callable[[Any, FilterScope], Condition]
    sources: Callable[[Any, FilterScope], Mapping[str, Condition]] | None = None
    note: Callable[[Any, FilterScope], str | None] | None = None
    kind: FilterKind = "text"
    label: str
    phrase: str
    example: str = ""
    choices: tuple[str, ...] = ()
    pattern: str | None = None
    max_length: int | None = None
    has_input: bool = True


@cache
def known_filters() -> Mapping[str, Filter]:
    """All filters by name: built in, and from the entry points ``twinlens.filter``.

    An installed one that cannot be loaded is left out with a warning.
    """
    loaded = {name: _load(name) for name in part_names("filter", FILTERS)}
    return {name: one for name, one in loaded.items() if one is not None}


class Filters(Mapping[str, Any]):
    """The values of the filters in use, which all candidates must satisfy.

    Args:
        values: by filter name; None means no filter, and so do False for a flag and an empty text
            for filters that take any text.

    Raises:
        QueryError: there is no such filter, or its value is invalid.

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
        """True if no filter is in use."""
        return not self._values

    def has(self, kind: FilterKind) -> bool:
        """True if a filter of this kind is in use."""
        return any(known_filters()[name].kind == kind for name in self._values)

    def condition(self, scope: FilterScope, *, without: FilterKind | None = None) -> Condition:
        """The conjunction of all filters; true for every photo if none is in use.

        Args:
            scope: the library.
            without: leave out filters of this kind.

        Raises:
            QueryError: a value does not exist in this library, such as a folder without photos.
        """
        used = [(known_filters()[name], value) for name, value in self._values.items()]
        return all_of(one.condition(value, scope) for one, value in used if one.kind != without)

    def phrases(self) -> list[str]:
        """A phrase for each filter, to describe the search."""
        return [valid_unicode(known_filters()[name].phrase.format(value)) for name, value in self._values.items()]


def found_by(
    name: str, condition: Callable[[Any, FilterScope], Condition]
) -> Callable[[Any, FilterScope], Mapping[str, Condition]]:
    """The ``sources`` of a filter that looks in one place."""
    return lambda value, scope: {name: condition(value, scope)}


def parse_text(value: object) -> str | None:
    """The text without surrounding spaces, as the catalog has it where its bytes are no Unicode; None if it is empty.

    Raises:
        QueryError: it is not text.
    """
    if not isinstance(value, str):
        raise QueryError(f"must be text, got {value!r}")
    return valid_unicode(value.strip()) or None


def parse_flag(value: object) -> bool | None:
    """True, or None for a flag that is off.

    Raises:
        QueryError: it is neither true nor false.
    """
    if not isinstance(value, bool):
        raise QueryError(f"must be true or false, got {value!r}")
    return value or None


def parse_choice(*choices: str) -> Callable[[object], str]:
    """A parser for one of a few words, case-insensitive."""

    def parse(value: object) -> str:
        text = str(value).strip().lower()
        if text not in choices:
            raise QueryError(f"must be one of {', '.join(choices)}, got {value!r}{did_you_mean(text, choices)}")
        return text

    return parse


def parse_words(known: Mapping[str, str], *, told: Sequence[str]) -> Callable[[object], str | None]:
    """A parser for one or more of a few words with commas between them, case-insensitive.

    Args:
        known: the word to use for each that may be written.
        told: those that an error lists.
    """

    def parse(value: object) -> str | None:
        text = parse_text(value)
        if text is None:
            return None
        written = [word.strip().lower().removeprefix(".") for word in re.split("[,|]", text)]
        for word in written:
            if word not in known:
                raise QueryError(f"must be one of {', '.join(told)}, got {value!r}{did_you_mean(word, known)}")
        return ",".join(dict.fromkeys(known[word] for word in written))

    return parse


def _load(name: str) -> Filter | None:
    try:
        one: Filter = load_part("filter", FILTERS, name)
        check_filter(one, name)
    except (Exception, SystemExit) as error:  # plugin code can raise anything, and must not hide the other filters
        if name in FILTERS:
            raise
        logger.warning("the filter %r was left out, its package failed: %r", name, error.__cause__ or error)
        return None
    return one


def check_filter(one: Filter, name: str) -> None:
    """Refuses what an interface could not offer.

    Raises:
        ValueError: the name, the kind, the choices or the pattern cannot be used.
    """
    if one.name != name:
        raise ValueError(f"its own name is {one.name!r}")
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or iskeyword(name) or name in RESERVED:
        raise ValueError(f"a filter cannot be called {name!r}: it must be a free name of small letters")
    if one.kind not in get_args(FilterKind):
        raise ValueError(f"its kind must be one of {', '.join(get_args(FilterKind))}, got {one.kind!r}")
    if not all(re.fullmatch(r"[a-z0-9_-]+", choice) and choice != "mro" for choice in one.choices):
        raise ValueError(f"its choices must be words of small letters, got {one.choices}")
    if one.pattern is not None and re.search(r"\(\?[<=!]", one.pattern):
        raise ValueError(f"its pattern must be without look-around, got {one.pattern!r}")
    re.compile(one.pattern or "")


def _parsed(name: str, value: object) -> Any:
    known = known_filters()
    if name not in known:
        raise QueryError(f"there is no filter {name!r}; known: {', '.join(known)}{did_you_mean(name, known)}")
    try:
        return known[name].parse(value)
    except QueryError as error:
        raise QueryError(f"{name} {error}") from error
    except (TypeError, ValueError) as error:  # a filter of another package
        raise QueryError(f"{name} cannot use {value!r}: {error}") from error
