"""The meaning of a query's tree: alternatives, each of terms, conditions, and things to leave out."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import product
from typing import TypeAlias

from twinlens.collection.searching.dates_as_written import find_period
from twinlens.collection.searching.fields import read_field
from twinlens.collection.searching.query.grammar import Either, Group, Node, Without, Words
from twinlens.collection.searching.query.negation import split_negation
from twinlens.collection.searching.query.query import Query
from twinlens.collection.searching.query.term import MAX_WEIGHT, Term, TermReader, is_quoted_picture
from twinlens.collection.searching.query.tokens import Token
from twinlens.collection.searching.query.where import EVERYWHERE, AnyOf, Not, Phrase, Where, all_of_these, num_parts
from twinlens.errors import QueryError
from twinlens.words.asked import is_only_photos
from twinlens.words.kinds import kinds_of

MOST_ALTERNATIVES = 16  # each is a search of its own
MOST_PARTS = 100  # fields, phrases and things to leave out of one alternative: SQLite nests 1,000 at most
_WEIGHT = re.compile(r"(\d*\.\d+)\s+(\S.*)", re.DOTALL)

FieldReader: TypeAlias = Callable[[str, str], Where]
"""Name and value of a field → a condition."""


@dataclass(frozen=True, slots=True)
class Draft:
    """One alternative, being put together."""

    terms: tuple[Term, ...] = ()
    where: Where = EVERYWHERE
    without: tuple[Query, ...] = ()

    @property
    def is_condition(self) -> bool:
        """Whether no model is needed to tell which photos match."""
        return not self.terms and not self.without

    def query(self, text: str = "") -> Query:
        """As a query."""
        made = Query(self.terms, text, where=self.where, without=self.without)
        return made if text else replace(made, text=made.understood())


@dataclass(frozen=True, slots=True)
class Meaning:
    """Finds the meaning of a tree.

    Args:
        read_terms: text → terms.
        read_field: field → condition.
    """

    read_terms: TermReader
    read_field: FieldReader

    def query(self, tree: Node, text: str) -> Query | None:
        """The query; None if the tree is empty.

        Raises:
            QueryError: a value is invalid, or there are too many alternatives or parts.
        """
        drafts = [_without_photos(draft) for draft in self._drafts(tree) if draft != Draft()]
        if not drafts:
            return None
        if (parts := max(num_parts(draft.where) + _num_left_out(draft.without) for draft in drafts)) > MOST_PARTS:
            raise QueryError(
                f"the query has {parts:,} fields, phrases and things to leave out; at most {MOST_PARTS} can be searched"
            )
        if len(drafts) == 1:
            return drafts[0].query(text)
        return Query((), text, either=tuple(draft.query() for draft in drafts))

    def _drafts(self, node: Node) -> list[Draft]:
        match node:
            case Words():
                return [self._words(node)]
            case Token():
                return [self._condition(node)]
            case Without():
                return [self._without(node)]
            case Group():
                return self._group(node)
            case Either():
                return self._either(node)

    def _group(self, group: Group) -> list[Draft]:
        is_sum = any(_is_weighted(part) or (isinstance(part, Words) and part.in_sum) for part in group.parts)
        choices: list[list[Draft]] = []
        in_sum: list[bool] = []
        for part in group.parts:
            weighted = is_sum and (isinstance(part, Words) or _is_weighted(part))
            choices.append([self._weighted(part)] if weighted else self._drafts(part))
            in_sum.append(weighted and (not isinstance(part, Words) or part.in_sum))
        if math.prod(map(len, choices)) > MOST_ALTERNATIVES:
            raise QueryError(
                f"the query has more than {MOST_ALTERNATIVES} alternatives; use fewer ORs, or search several times"
            )
        return [_all_of(drafts, in_sum) for drafts in product(*choices)]

    def _either(self, node: Either) -> list[Draft]:
        drafts = [draft for part in node.parts for draft in self._drafts(part) if draft != Draft()]
        if len(drafts) > MOST_ALTERNATIVES and not all(draft.is_condition for draft in drafts):
            raise QueryError(f"the query has {len(drafts)} alternatives; at most {MOST_ALTERNATIVES} can be searched")
        if len(drafts) > 1 and all(draft.is_condition for draft in drafts):
            return [Draft(where=AnyOf(tuple(draft.where for draft in drafts)))]
        return drafts

    def _words(self, words: Words) -> Draft:
        drafts = [self._term(term) for term in self.read_terms(words.text, 1.0)]
        return drafts[0] if len(drafts) == 1 else _all_of(drafts, [False] * len(drafts))

    def _term(self, term: Term) -> Draft:
        if term.kind != "words":
            return Draft((term,))
        kept, left_out = split_negation(term.value)
        where: Where = EVERYWHERE
        if (dated := find_period(kept, today=date.today())) is not None:
            period, kept = dated
            where = read_field("date", str(period))
        terms = (Term("words", kept),) if kept.strip(" ,") else ()
        return Draft(terms, where, without=tuple(_left_out(Draft((Term("words", one),))) for one in left_out))

    def _weighted(self, part: Node) -> Draft:
        is_minus = isinstance(part, Without)
        words = part.part if isinstance(part, Without) else part
        assert isinstance(words, Words)
        weight, text = 1.0, words.text
        if match := _WEIGHT.fullmatch(text):
            weight, text = float(match[1]), match[2]
        if weight > MAX_WEIGHT:
            raise QueryError(f"a weight in the query is {weight:g}; the maximum is {MAX_WEIGHT:g}")
        return Draft(tuple(self.read_terms(text, -weight if is_minus else weight)))

    def _without(self, node: Without) -> Draft:
        drafts = [draft for draft in self._drafts(node.part) if draft != Draft()]
        conditions = [Not(draft.where) for draft in drafts if draft.is_condition]
        queries = [_left_out(one) for draft in drafts if not draft.is_condition for one in _one_by_one(draft)]
        return Draft(where=all_of_these(conditions), without=tuple(queries))

    def _condition(self, token: Token) -> Draft:
        if token.kind == "field":
            return Draft(where=self.read_field(token.name, token.value))
        if is_quoted_picture(token.value) and (terms := self.read_terms(token.value, 1.0))[0].kind != "words":
            return Draft(tuple(terms))
        return Draft(where=Phrase(token.value))


def _all_of(drafts: Sequence[Draft], in_sum: Sequence[bool]) -> Draft:
    """All drafts as one: words next to each other are one text, unless they stand in a sum."""
    terms: list[Term] = []
    for draft, is_summand in zip(drafts, in_sum, strict=True):
        following = list(draft.terms)
        if terms and following and not is_summand and terms[-1].kind == following[0].kind == "words":
            terms[-1] = replace(terms[-1], value=f"{terms[-1].value} {following.pop(0).value}")
        terms += following
    return Draft(
        tuple(terms),
        all_of_these(draft.where for draft in drafts),
        tuple(one for draft in drafts for one in draft.without),
    )


def _without_photos(draft: Draft) -> Draft:
    """Without words such as the first of "photos without people": those of a search are photos anyway."""
    if len(draft.terms) != 1 or (draft.where == EVERYWHERE and not draft.without):
        return draft
    (term,) = draft.terms
    return replace(draft, terms=()) if term.kind == "words" and is_only_photos(term.value) else draft


def _one_by_one(draft: Draft) -> list[Draft]:
    """Pictures next to each other are left out each by itself, not what is like all of them."""
    has_picture = any(term.kind != "words" for term in draft.terms)
    return [replace(draft, terms=(term,)) for term in draft.terms] if has_picture else [draft]


def _left_out(draft: Draft) -> Query:
    """As a query for what is left out: a broad word stands for all that it means."""
    words = draft.terms[0].value if len(draft.terms) == 1 and draft.terms[0].kind == "words" else ""
    if not (kinds := kinds_of(words)) or draft.without:
        return draft.query()
    either = tuple(replace(draft, terms=(Term("words", kind),)).query() for kind in dict.fromkeys((words, *kinds)))
    return Query((), draft.query().text, either=either)


def _num_left_out(without: Sequence[Query]) -> int:
    """How many things are left out, with the fields and phrases of each."""
    parts = (part for left_out in without for part in left_out.alternatives())
    return sum(1 + num_parts(part.where) + _num_left_out(part.without) for part in parts)


def _is_weighted(part: Node) -> bool:
    """Whether it is a minus of a sum: one with a weight."""
    is_loose = isinstance(part, Without) and part.is_loose and isinstance(part.part, Words)
    return is_loose and _WEIGHT.fullmatch(part.part.text) is not None  # type: ignore[union-attr]
