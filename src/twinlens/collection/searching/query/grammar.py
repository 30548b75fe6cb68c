"""The grammar of queries: tokens → a tree of alternatives, groups, terms, conditions, and things to leave out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from twinlens.collection.searching.query.tokens import Token
from twinlens.errors import QueryError

MOST_NESTED = 20


@dataclass(frozen=True, slots=True)
class Words:
    """Words next to each other: text of a term, with its sign in a sum.

    Attributes:
        text: as it was typed.
        sign: of the operator before it.
        in_sum: whether an operator stands before it.
    """

    text: str
    sign: float = 1.0
    in_sum: bool = False


@dataclass(frozen=True, slots=True)
class Without:
    """Something to leave out."""

    part: "Node"
    is_loose: bool = False  # its minus stands between spaces: a weight makes it part of a sum


@dataclass(frozen=True, slots=True)
class Group:
    """Parts that must all hold, in order."""

    parts: tuple["Node", ...] = ()


@dataclass(frozen=True, slots=True)
class Either:
    """Parts of which one must hold."""

    parts: tuple["Node", ...]


Node: TypeAlias = Words | Token | Without | Group | Either
"""A token in a tree is a phrase or a field."""


@dataclass(slots=True)
class Reader:
    """Reads tokens from first to last.

    Args:
        text: the query.
        tokens: of it.
    """

    text: str
    tokens: Sequence[Token]
    place: int = 0
    depth: int = field(default=0)

    def tree(self) -> Node:
        """The whole query.

        Raises:
            QueryError: parentheses are nested too deeply.
        """
        return self._either()

    def _either(self) -> Node:
        groups = [self._group()]
        while self._at("or"):
            self.place += 1
            groups.append(self._group())
        return groups[0] if len(groups) == 1 else _either(groups)

    def _group(self) -> Group:
        parts: list[Node] = []
        operator: Token | None = None
        while self.place < len(self.tokens) and not self._at("or", "close"):
            token = self.tokens[self.place]
            if token.kind in ("plus", "minus"):
                operator = token
                self.place += 1
                continue
            if token.kind == "word":
                words = self._words()
                parts.append(_in_sum(words, operator))
            elif operator is not None and operator.kind == "minus":
                parts.append(Without(self._unit()))
            else:
                parts.append(self._unit())
            operator = None
        return Group(tuple(parts))

    def _unit(self) -> Node:
        token = self.tokens[self.place]
        self.place += 1
        if token.kind == "not":
            return Without(Words(self._one_word()) if self._at("word") else self._unit())
        if token.kind == "open":
            return self._parenthesis()
        return token

    def _parenthesis(self) -> Node:
        self.depth += 1
        if self.depth > MOST_NESTED:
            raise QueryError(f"the parentheses of the query are nested deeper than {MOST_NESTED}; use fewer of them")
        part = self._either()
        self.depth -= 1
        self.place += 1  # behind the closing one: each has its partner
        return part

    def _words(self) -> str:
        first = last = self.tokens[self.place]
        while self._at("word"):
            last = self.tokens[self.place]
            self.place += 1
        return self.text[first.start : last.end]

    def _one_word(self) -> str:
        self.place += 1
        return self.tokens[self.place - 1].value

    def _at(self, *kinds: str) -> bool:
        return self.place < len(self.tokens) and self.tokens[self.place].kind in kinds


def _either(groups: Sequence[Group]) -> Node:
    """Alternatives, and what stands at either end for all of them.

    "beach OR lake year:2023 -people" asks for the year, and for no people, of both, since no other alternative has a
    field or a minus of its own; "camera:canon OR camera:nikon a dog" asks for a dog of both.
    """
    first, *_, last = groups
    front = 0 if any(map(_has_own, groups[1:])) else _count(first.parts, (Token,))
    back = 0 if any(map(_has_own, groups[:-1])) else _count(last.parts[::-1], (Token, Without))
    if all(len(group.parts) == 1 and isinstance(group.parts[0], Token) for group in groups[:-1]):
        back = len(last.parts) - 1 if isinstance(last.parts[0], Token) else back
    front, back = min(front, len(first.parts) - 1), min(back, len(last.parts) - 1)
    either = Either((Group(first.parts[front:]), *groups[1:-1], Group(last.parts[: len(last.parts) - back])))
    return Group((*first.parts[:front], either, *last.parts[len(last.parts) - back :])) if front or back else either


def _has_own(group: Group) -> bool:
    """Whether an alternative has a field, a phrase or a minus beside its words."""
    return len(group.parts) > 1 and any(isinstance(part, Token | Without) for part in group.parts)


def _count(parts: Sequence[Node], kinds: tuple[type, ...]) -> int:
    """How many of the first parts are of some kinds."""
    return next((place for place, part in enumerate(parts) if not isinstance(part, kinds)), len(parts))


def _in_sum(words: str, operator: Token | None) -> Node:
    if operator is None:
        return Words(words)
    if operator.kind == "minus":
        return Without(Words(words), is_loose=True)
    return Words(words, in_sum=True)
