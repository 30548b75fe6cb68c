"""Decide which hits match: those with a grade, or with the grade or the probability that was asked for."""

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from twinlens.collection.searching.ranking.ranked import Matches, Ranked
from twinlens.collection.searching.search import Search
from twinlens.errors import NoProbabilitiesError
from twinlens.protocols import Judgement
from twinlens.types import GRADES, Grade, QueryKind

# Share of the least probability with a grade from which on a photo is left out. On 1,000 photos of Flickr8k's val it
# leaves out 83 % of those with people and 4 % of the others; with 1 it would be 57 %.
LEFT_OUT = 0.3


class NothingKnown:
    """Judges the hits of a query of which no word is known: whatever their scores, they have no grade."""

    def probability(self, scores: Sequence[float]) -> NDArray[np.float64]:
        """[K], that each hit is right: 0."""
        return np.zeros(len(scores))

    def grades(self, scores: Sequence[float]) -> list[Grade | None]:
        """The grade of each of K hits: None."""
        return [None] * len(scores)

    def grades_of(self, probabilities: Sequence[float]) -> list[Grade | None]:
        """The same."""
        return [None] * len(probabilities)


def match_test(search: Search, judgement: Judgement | None) -> Matches | None:
    """A test for matches; None if hits have no grades.

    Raises:
        NoProbabilitiesError: a grade or a probability was asked for, but hits have none.
    """
    if judgement is None:
        for name in ("min_grade", "min_probability"):
            if getattr(search, name) is not None:
                raise NoProbabilitiesError(f"hits of this query have no grades and no probabilities; leave out {name}")
        return None

    def matches(scores: Sequence[float]) -> NDArray[np.bool_]:
        pairs = zip(judgement.grades(scores), judgement.probability(scores).tolist(), strict=True)
        return np.array([search.accepts(grade, probability) for grade, probability in pairs], dtype=bool)

    return matches


def left_out_test(judgement: Judgement, kind: QueryKind | None) -> Matches:
    """A test for what a query leaves out: of words more than what has a grade, since one too many is soon seen."""
    share = LEFT_OUT if kind == "text" else 1.0

    def matches(scores: Sequence[float]) -> NDArray[np.bool_]:
        raised = np.minimum(judgement.probability(scores) / share, 1.0)
        return np.array([grade is not None for grade in judgement.grades_of(raised.tolist())], dtype=bool)

    return matches


def count_grades(candidates: Ranked, judgement: Judgement) -> dict[Grade, int]:
    """How many of all candidates have each grade."""
    counts: dict[Grade, int] = {}
    for number, grade in enumerate(GRADES):
        reached = len(candidates.matching_ids(partial(_have, judgement, GRADES[: number + 1])))
        counts[grade] = reached - sum(counts.values())
    return counts


def _have(judgement: Judgement, grades: Sequence[Grade], scores: Sequence[float]) -> NDArray[np.bool_]:
    return np.array([grade in grades for grade in judgement.grades(scores)], dtype=bool)
