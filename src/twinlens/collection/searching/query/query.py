"""A parsed query: terms to search by, what photos must satisfy, what is left out, and alternatives."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self, TypeAlias

from PIL import Image

from twinlens.collection.searching.query.term import Term
from twinlens.collection.searching.query.vector import QueryVector, summed
from twinlens.collection.searching.query.where import EVERYWHERE, Where, demands
from twinlens.types import QueryKind

ANYTHING = "any photo"


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query.

    A photo matches if it satisfies ``where``, matches no query in ``without``, and fits the
    terms; with alternatives, if it matches one of them.

    Attributes:
        terms: the weighted terms; empty if only fields, phrases or things to leave out are given.
        text: name of the query in answers.
        vector: its embedding, if already computed; with vectors of another model, the terms are embedded again.
        embedding_s: time to embed it, in seconds, including waiting.
        where: what photos must satisfy besides.
        without: photos that match one of these are left out.
        either: alternatives, each a query by itself; then all of the above but the text are empty.
        notes: what should be told about how it was read, a sentence each.
    """

    terms: tuple[Term, ...]
    text: str = ""
    vector: QueryVector | None = field(default=None, compare=False, repr=False)
    embedding_s: float = field(default=0.0, compare=False, repr=False)
    where: Where = EVERYWHERE
    without: tuple["Query", ...] = ()
    either: tuple["Query", ...] = ()
    notes: tuple[str, ...] = ()

    def alternatives(self) -> tuple["Query", ...]:
        """The alternatives; the query itself if there are none."""
        return self.either or (self,)

    def all_terms(self) -> Iterator[Term]:
        """Its terms, and those of its alternatives, without what is left out."""
        for alternative in self.alternatives():
            yield from alternative.terms

    def everything(self) -> Iterator["Query"]:
        """All queries in it that have terms of their own, with what is left out, in a fixed order."""
        for alternative in self.alternatives():
            yield alternative
            for left_out in alternative.without:
                yield from left_out.everything()

    def every_term(self) -> list[Term]:
        """All terms in it, those of what is left out, too."""
        return [term for part in self.everything() for term in part.terms]

    def texts(self) -> list[str]:
        """All texts that a text tower has to read."""
        return [term.asked for term in self.every_term() if term.kind == "words"]

    def with_vectors(self, vectors: Mapping[str, QueryVector]) -> Self:
        """The query with the embeddings of its texts.

        Args:
            vectors: of all ``texts``.

        Raises:
            QueryError: terms cancel each other out.
        """
        own = None
        if self.terms and all(term.kind == "words" for term in self.terms):
            own = summed([(term.weight, vectors[term.asked]) for term in self.terms])
        return replace(
            self,
            vector=own,
            without=tuple(one.with_vectors(vectors) for one in self.without),
            either=tuple(one.with_vectors(vectors) for one in self.either),
        )

    def photos(self) -> list[Path]:
        """The photo files that the query names."""
        return [term.path for term in self.all_terms() if term.kind == "photo" and term.picture is None]

    def kind(self) -> QueryKind | None:
        """Kind of its terms; None for a sum of text and photos, and without terms."""
        kinds = {"text" if term.kind == "words" else "photo" for term in self.all_terms()}
        return ("text" if "text" in kinds else "photo") if len(kinds) == 1 else None

    @property
    def has_logic(self) -> bool:
        """Whether it has more than terms: conditions, things to leave out, or alternatives."""
        return bool(self.either or self.without or self.where != EVERYWHERE)

    def reworded(self, words: Sequence[str]) -> str:
        """Its text with other words, one text for each of ``every_term``; those of photos are not used.

        >>> from twinlens.collection.searching.query import parse_query
        >>> parse_query("./dog.jpg + dog").reworded(["", "cat"])
        './dog.jpg + cat'
        """
        text, place = self.text, 0
        for term, new in zip(self.every_term(), words, strict=True):
            if (found := text.find(term.value, place)) < 0 and (found := text.find(term.value)) < 0:
                continue  # its words do not stand together
            if term.kind == "words":
                text = text[:found] + new + text[found + len(term.value) :]
                place = found + len(new)
            else:
                place = found + len(term.value)
        return text

    def understood(self) -> str:
        """The query as it was understood, as text.

        >>> from twinlens.collection.searching.query import parse_query
        >>> parse_query("dog + 0.5 ./beach.jpg - 0.3 night").understood()
        '“dog” + 0.5 × beach.jpg − 0.3 × “night”'
        >>> parse_query("dog -cat OR bird").understood()
        '“dog”, without “cat”; or “bird”'
        >>> parse_query("year:2023 -people").understood()
        'any photo, taken 2023, without “people”'
        """
        if self.either:
            said = [one.understood() for one in self.either]
            return ("; or " if any(", " in one for one in said) else " or ").join(said)
        parts = [self._terms_understood() if self.terms else ANYTHING]
        parts += [self.where.phrase()] if self.where != EVERYWHERE else []
        parts += [f"without {one.left_out()}" for one in self.without]
        return ", ".join(parts)

    def left_out(self) -> str:
        """What a query leaves out that has this one in ``without``: by name, if it stands for many."""
        return self.text if self.either else self.understood()

    def to_json(self) -> list[dict[str, Any]]:
        """Its parts for other programs: kind, what it says, its weight in a sum, and the number of its alternative."""
        parts: list[dict[str, Any]] = []
        for number, one in enumerate(self.alternatives()):
            said: list[tuple[str, str, float | None]] = [
                ("words" if term.kind == "words" else "photo", term.understood().strip("“”"), term.weight)
                for term in one.terms
            ]
            said += [("condition", demand.phrase(), None) for demand in demands(one.where)]
            said += [("without", left_out.left_out(), None) for left_out in one.without]
            parts += [
                {"kind": kind, "text": text, "weight": weight, "alternative": number if self.either else None}
                for kind, text, weight in said
            ]
        return parts

    def _terms_understood(self) -> str:
        parts: list[str] = []
        for term in self.terms:
            sign = "− " if term.weight < 0 else "+ " if parts else ""
            weight = "" if abs(term.weight) == 1 else f"{abs(term.weight):g} × "
            parts.append(f"{sign}{weight}{term.understood()}")
        return " ".join(parts)


QueryLike: TypeAlias = str | Path | Image.Image | Query
"""Text as in the search box, a photo's path, a picture, or a parsed query."""
