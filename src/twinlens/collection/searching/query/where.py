"""What a query demands of a photo besides its meaning: fields and phrases, joined by and, or, not."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from twinlens.collection.catalog.condition import ANY, NONE, Condition, all_of, any_of, not_, one_of
from twinlens.collection.searching.fields import Field
from twinlens.collection.searching.filtering import FilterScope
from twinlens.types import Ids


class QueryScope(FilterScope, Protocol):
    """What a query can look up in the library."""

    def holding(self, phrase: str) -> Ids:
        """Photos with a text that holds a phrase, by id: a name, a caption, a tag."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """Text that must stand in one of a photo's texts: a name, a caption, a tag."""

    text: str

    def condition(self, scope: QueryScope) -> Condition:
        """By the index of what is written about photos."""
        return one_of(scope.holding(self.text))

    def phrase(self) -> str:
        """As part of a sentence."""
        return f"with the text “{self.text}”"


@dataclass(frozen=True, slots=True)
class Not:
    """True where a part is not; unknown counts as not."""

    part: "Where"

    def condition(self, scope: QueryScope) -> Condition:
        """The negation."""
        return not_(self.part.condition(scope))

    def phrase(self) -> str:
        """As part of a sentence."""
        said = self.part.phrase()
        return f"not ({said})" if isinstance(self.part, All | AnyOf) else f"not {said}"


@dataclass(frozen=True, slots=True)
class All:
    """True where all parts are; without parts always."""

    parts: tuple["Where", ...] = ()

    def condition(self, scope: QueryScope) -> Condition:
        """The conjunction."""
        return all_of(part.condition(scope) for part in self.parts) if self.parts else ANY

    def phrase(self) -> str:
        """As part of a sentence."""
        return ", ".join(part.phrase() for part in self.parts)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """True where any part is."""

    parts: tuple["Where", ...]

    def condition(self, scope: QueryScope) -> Condition:
        """The disjunction."""
        return any_of(part.condition(scope) for part in self.parts) if self.parts else NONE

    def phrase(self) -> str:
        """As part of a sentence."""
        return " or ".join(f"({part.phrase()})" if isinstance(part, All) else part.phrase() for part in self.parts)


Where: TypeAlias = Field | Phrase | Not | All | AnyOf
EVERYWHERE = All()
"""True for every photo."""


def all_of_these(parts: Iterable[Where]) -> Where:
    """The conjunction of parts, without needless nesting.

    >>> all_of_these([Phrase("a"), All((Phrase("b"),))])
    All(parts=(Phrase(text='a'), Phrase(text='b')))
    """
    flat = tuple(one for part in parts for one in (part.parts if isinstance(part, All) else (part,)))
    return flat[0] if len(flat) == 1 else All(flat)


def demands(where: Where) -> tuple[Where, ...]:
    """The parts that must all be true."""
    return where.parts if isinstance(where, All) else (where,)


def num_parts(where: Where) -> int:
    """How many fields and phrases it has.

    >>> num_parts(All((Phrase("a"), Not(AnyOf((Phrase("b"), Phrase("c")))))))
    3
    """
    match where:
        case All(parts) | AnyOf(parts):
            return sum(map(num_parts, parts))
        case Not(part):
            return num_parts(part)
    return 1


def fields_of(where: Where) -> Iterator[Field]:
    """All fields in it."""
    match where:
        case Field():
            yield where
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from fields_of(part)
        case Not(part):
            yield from fields_of(part)
