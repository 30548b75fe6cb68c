"""Explain an answer: counts what conditions let through, and takes scores apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.condition import ANY, Condition, all_of, one_of
from twinlens.collection.catalog.reading import count_photos
from twinlens.collection.searching.answer import why_ungraded
from twinlens.collection.searching.explanation import Contribution, Effect, Explanation, HitReasons, grade_reason
from twinlens.collection.searching.fields import Field
from twinlens.collection.searching.query import Query
from twinlens.collection.searching.query.where import EVERYWHERE, demands
from twinlens.collection.searching.ranking.alternatives import Part
from twinlens.collection.searching.ranking.fusion import WINDOW, Written
from twinlens.collection.searching.ranking.leaving_out import AWAY, all_left_out
from twinlens.collection.searching.ranking.ranked import Candidates, Ranked
from twinlens.collection.searching.ranking.spaces import SearchSpace, Spaces
from twinlens.collection.searching.scope import Scope
from twinlens.collection.searching.search import Search
from twinlens.types import Embeddings, Hit, Ids

Cosines = Mapping[int, float]


@dataclass(frozen=True)
class Explainer:
    """Explains the answer to a search.

    Args:
        catalog: of the library.
        spaces: of the library.
        scope: the library as filters see it.
        search: that was answered.
        parts: its alternatives, ranked and judged.
        left_out: for each alternative the photos that each thing leaves out.
    """

    catalog: Catalog
    spaces: Spaces
    scope: Scope
    search: Search
    parts: Sequence[Part]
    left_out: Sequence[Sequence[Ids]]

    def explanation(
        self, candidates: Ranked, items: Sequence[int], hits: Sequence[Hit], written: Written
    ) -> Explanation:
        """Why these hits.

        Args:
            candidates: all of them.
            items: ids of the hits among the candidates.
            hits: of the answer.
            written: what was found by what is written.
        """
        ranks = {item: rank for rank, item in enumerate(candidates.best(WINDOW).ids.tolist(), start=1)}
        of_parts = [_Scores.of(self, part, items) for part in self.parts]
        reasons = []
        for item, hit in zip(items, hits, strict=True):
            place = max(range(len(self.parts)), key=lambda number: of_parts[number].evidence(item))
            scores = of_parts[place]
            reasons.append(
                HitReasons(
                    hit.id,
                    scores.total.get(item),
                    scores.contributions(item),
                    place if len(self.parts) > 1 else None,
                    None if candidates.all_match else ranks.get(item),
                    written.rank_of(item),
                    grade_reason(
                        hit.grade,
                        hit.probability,
                        ungraded=why_ungraded(self.search),
                        is_written=any(by != "meaning" for by in hit.found_by),
                    ),
                )
            )
        return Explanation(tuple(self._conditions()), tuple(self._without()), tuple(reasons))

    def _conditions(self) -> list[Effect]:
        filters = self.search.filters
        effects = [
            Effect(phrase, count_photos(self.catalog, Field(name, value).condition(self.scope)))
            for (name, value), phrase in zip(filters.items(), filters.phrases(), strict=True)
        ]
        return effects + [
            Effect(one.phrase(), count_photos(self.catalog, one.condition(self.scope)), self._number(place))
            for place, part in enumerate(self.parts)
            for one in demands(part.query.where)
        ]

    def _without(self) -> list[Effect]:
        effects = []
        for place, (part, found) in enumerate(zip(self.parts, self.left_out, strict=True)):
            rest = self._rest(part.query)
            effects += [
                Effect(one.left_out(), count_photos(self.catalog, all_of([rest, one_of(ids)])), self._number(place))
                for one, ids in zip(part.query.without, found, strict=True)
            ]
        return effects

    def _rest(self, query: Query) -> Condition:
        """All conditions of an alternative but what it leaves out."""
        parts = [] if self.search.filters.is_empty() else [self.search.filters.condition(self.scope)]
        parts += [] if query.where == EVERYWHERE else [query.where.condition(self.scope)]
        return all_of(parts) if parts else ANY

    def _number(self, place: int) -> int | None:
        return place if len(self.parts) > 1 else None


@dataclass(frozen=True)
class _Scores:
    """The scores of hits in one alternative, and what they are made of."""

    part: Part
    total: Cosines
    shares: Sequence[tuple[str, float, Cosines]]
    length: float  # of the sum, before it is normalized

    @classmethod
    def of(cls, explainer: Explainer, part: Part, items: Sequence[int]) -> "_Scores":
        space, ids = part.space, np.intersect1d(np.array(items, dtype=np.int64), part.candidates.ids())
        if space is None or not part.query.terms:
            return cls(part, {}, (), 1.0)
        weights, vectors = _terms(explainer, part.query, space)
        names = [one.understood() for one in part.query.terms]
        if part.query.without:
            opposite = explainer.spaces.of(replace(explainer.search, query=all_left_out(part.query)))
            if opposite.name == space.name or space.name == "shared":
                sum_length = float(
                    np.linalg.norm(np.sum([w * v for w, v in zip(weights, vectors, strict=True)], axis=0))
                )
                weights = [weight / sum_length for weight in weights] + [-AWAY]
                vectors = [*vectors, _vector(opposite, space)]
                names.append(f"without {', '.join(one.left_out() for one in part.query.without)}")
        cosines = [Candidates(one, space.store, among=ids, without=()).scores(ids.tolist()) for one in vectors]
        length = float(np.linalg.norm(np.sum([w * v for w, v in zip(weights, vectors, strict=True)], axis=0)))
        return cls(part, part.candidates.scores(ids.tolist()), list(zip(names, weights, cosines, strict=True)), length)

    def evidence(self, item: int) -> float:
        """How well a hit fits this alternative, compared with others."""
        if self.part.candidates.all_match:
            return 1.0 if item in self.part.candidates.ids() else -np.inf
        score = self.total.get(item)
        if score is None:
            return -np.inf
        if self.part.judgement is None:
            return score
        (probability,) = self.part.judgement.probability(self.part.evidence.scores_of([item]))
        return float(probability)

    def contributions(self, item: int) -> tuple[Contribution, ...]:
        """What the score of a hit is made of."""
        if item not in self.total:
            return ()
        return tuple(
            Contribution(text, weight, cosines[item], weight * cosines[item] / self.length)
            for text, weight, cosines in self.shares
        )


def _terms(explainer: Explainer, query: Query, space: SearchSpace) -> tuple[list[float], list[Embeddings]]:
    """The weights of a query's terms, and their vectors in the space that ranks."""
    alone = [Query((replace(term, weight=1.0),), term.value) for term in query.terms]
    if len(alone) == 1:
        alone = [replace(alone[0], vector=query.vector)]
    spaces = [explainer.spaces.of(replace(explainer.search, query=one)) for one in alone]
    return [term.weight for term in query.terms], [_vector(one, space) for one in spaces]


def _vector(one: SearchSpace, space: SearchSpace) -> Embeddings:
    return one.vector if space.name == "likeness" else one.shared_vector
