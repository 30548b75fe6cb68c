"""Candidates of a query with alternatives: each counts by the alternative that it fits best."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twinlens.collection.catalog.rows import union
from twinlens.collection.likeness.near_copies import NO_GROUPS, NO_IDS, Groups
from twinlens.collection.searching.query import Query
from twinlens.collection.searching.ranking.ranked import Best, Matches, Ranked
from twinlens.collection.searching.ranking.spaces import SearchSpace
from twinlens.collection.searching.wording import Wording
from twinlens.protocols import Judgement
from twinlens.types import Grade, Ids

CERTAIN = 1.0
"""The evidence of photos that satisfy an alternative without words."""


class Part(NamedTuple):
    """One alternative of a query.

    Attributes:
        query: the alternative.
        candidates: photos that its conditions let through, ranked.
        judged: the same, ranked by what decides which ones match, where that is something else.
        judgement: what those scores mean; None if they have no grades.
        space: where it looks; None where nothing is compared.
        wording: how the words of the whole query were read, if that is known already.
        num_left_out: photos that satisfy its conditions, and match what it leaves out.
    """

    query: Query
    candidates: Ranked
    judged: Ranked | None = None
    judgement: Judgement | None = None
    space: SearchSpace | None = None
    wording: Wording | None = None
    num_left_out: int = 0

    @property
    def evidence(self) -> Ranked:
        """What decides which ones match."""
        return self.judged or self.candidates


class Alternatives(Ranked):
    """The candidates of several alternatives.

    The score of a photo is its best probability; its best cosine where one of the alternatives has no
    probabilities. An alternative without words is certain.

    Args:
        parts: the alternatives.
        groups: see ``Ranked``.
    """

    def __init__(self, parts: Sequence[Part], groups: Groups = NO_GROUPS) -> None:
        self._parts = parts
        self.is_judged = all(part.judgement is not None for part in parts if not part.candidates.all_match)
        self.all_match = all(part.candidates.all_match for part in parts)
        self._everything = union([part.candidates.ids() for part in parts])
        super().__init__(self.ids, len(self._everything), groups)

    def ids(self) -> Ids:
        """[N], all of them, ascending."""
        return self._everything

    def scores(self, items: Iterable[int]) -> dict[int, float]:
        """The score of each of these candidates, wherever it ranks."""
        wanted = np.array(sorted(items), dtype=np.int64)
        found = self.best_of(wanted, len(wanted))
        return dict(zip(found.ids.tolist(), found.scores.tolist(), strict=True))

    def best_of(self, items: Ids, count: int) -> Best:
        """By evidence; of equal ones those with the better score in an alternative.

        The best of all alternatives are among the best of each.
        """
        found = [
            part.evidence.best_of(items[np.isin(items, part.candidates.ids(), assume_unique=True)], count)
            for part in self._parts
        ]
        values = [self._evidence(part, one.scores) for part, one in zip(self._parts, found, strict=True)]
        return _merged([one.ids for one in found], values, [one.scores for one in found], count)

    def matching_ids(self, matches: Matches) -> Ids:
        """All that match in any of the alternatives, ascending: a photo counts by its best one."""
        if not self.is_judged:
            return super().matching_ids(matches)
        return union([self._matching_in(part, matches) for part in self._parts])

    def _matching_in(self, part: Part, matches: Matches) -> Ids:
        if part.candidates.all_match:
            return part.candidates.ids() if matches([CERTAIN])[0] else NO_IDS

        def has_evidence(scores: Sequence[float]) -> NDArray[np.bool_]:
            evidence = self._evidence(part, np.array(scores, dtype=np.float32))
            return matches(evidence.astype(np.float32).tolist())

        return part.evidence.matching_ids(has_evidence)

    def _rank(self, count: int) -> Best:
        """The best of each alternative, by evidence; of equal ones those with the better rank in an alternative.

        Many have the same evidence. Ordered by anything but their ranks, others would come first when more are
        fetched, and a photo could be on two pages, or on none.
        """
        found = [part.evidence.best(count) for part in self._parts]
        values = [self._evidence(part, one.scores) for part, one in zip(self._parts, found, strict=True)]
        return _merged([one.ids for one in found], values, [-np.arange(len(one.ids)) for one in found], count)

    def _evidence(self, part: Part, scores: NDArray[np.float32]) -> NDArray[np.float64]:
        if part.candidates.all_match:
            return np.full(len(scores), CERTAIN)
        if not self.is_judged or part.judgement is None:
            return scores.astype(np.float64)
        return part.judgement.probability(scores.tolist())


def meant(parts: Sequence[Part], items: Sequence[int]) -> set[int]:
    """Those of some candidates that have a grade for the words or pictures of an alternative.

    With alternatives that have neither all photos that satisfy these are certain, whatever they show.
    """
    found: set[int] = set()
    for part in parts:
        if part.judgement is None:
            continue
        here = part.candidates.among(np.array(items, dtype=np.int64)).tolist()
        grades = part.judgement.grades(part.evidence.scores_of(here))
        found.update(item for item, grade in zip(here, grades, strict=True) if grade is not None)
    return found


def _merged(
    ids: Sequence[Ids], values: Sequence[NDArray[np.float64]], ties: Sequence[NDArray[Any]], count: int
) -> Best:
    """The ``count`` best of several lists, each by its best value; of equal ones the one that wins the tie."""
    all_ids, all_values = np.concatenate(ids), np.concatenate(values)
    order = np.lexsort((all_ids, -np.concatenate(ties), -all_values))
    _, places = np.unique(all_ids[order], return_index=True)
    order = order[np.sort(places)[:count]]
    return Best(all_ids[order], all_values[order].astype(np.float32))


class OwnProbability:
    """Judges scores that are probabilities already.

    Args:
        judgement: of one of the alternatives, whose grades apply to all.
    """

    def __init__(self, judgement: Judgement) -> None:
        self._judgement = judgement

    def probability(self, scores: Sequence[float]) -> NDArray[np.float64]:
        """[K], the scores."""
        return np.asarray(scores, dtype=np.float64)

    def grades(self, scores: Sequence[float]) -> Sequence[Grade | None]:
        """Their grades."""
        return self._judgement.grades_of(scores)

    def grades_of(self, probabilities: Sequence[float]) -> Sequence[Grade | None]:
        """The same."""
        return self._judgement.grades_of(probabilities)
