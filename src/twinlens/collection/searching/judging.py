"""Decide which hits match: those with a grade, or with the grade or the probability that was asked for."""

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from twinlens.collection.searching.ranking import Candidates, Matches
from twinlens.collection.searching.search import Search
from twinlens.errors import NoProbabilitiesError
from twinlens.protocols import Judgement
from twinlens.types import GRADES, Grade


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


def count_grades(candidates: Candidates, judgement: Judgement) -> dict[Grade, int]:
    """How many of all candidates have each grade."""
    counts: dict[Grade, int] = {}
    for number, grade in enumerate(GRADES):
        reached = len(candidates.matching(partial(_have, judgement, GRADES[: number + 1])))
        counts[grade] = reached - sum(counts.values())
    return counts


def _have(judgement: Judgement, grades: Sequence[Grade], scores: Sequence[float]) -> NDArray[np.bool_]:
    return np.array([grade in grades for grade in judgement.grades(scores)], dtype=bool)
