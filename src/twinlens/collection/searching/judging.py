"""Decide which hits match: by the model's calibration, or by a requested minimum probability."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from twinlens.collection.searching.query import Query
from twinlens.collection.searching.search import Search
from twinlens.errors import NoProbabilitiesError
from twinlens.protocols import DualEncoder, Judgement
from twinlens.types import Embeddings

Matches: TypeAlias = Callable[[Sequence[float]], NDArray[np.bool_]]
"""Scores [K] → which hits match; monotonic in the score."""


def judge(
    query: Query, vector: Embeddings, encoder: DualEncoder | None, *, best: float, num_candidates: int
) -> Judgement | None:
    """The model's judgement of an answer; None if it is not calibrated for the query.

    Args:
        query: text only or photos only. The scores of a sum of both are between those of the
            two, so neither calibration applies.
        vector: [D], embedding of the query.
        encoder: the model of the collection's vectors; None if it is not available.
        best: score of the best hit.
        num_candidates: number of photos ranked.
    """
    kind = query.kind()
    relevance = None if encoder is None or kind is None else encoder.relevance()
    if relevance is None or kind is None:
        return None
    return relevance.judge(vector, kind, best=best, num_candidates=num_candidates)


def match_test(search: Search, judgement: Judgement | None) -> Matches | None:
    """A test for matches; None if there is no calibration.

    Raises:
        NoProbabilitiesError: a minimum probability was requested, but there are no probabilities.
    """
    least = search.min_probability
    if least is None:
        return None if judgement is None else judgement.relevant
    if judgement is None:
        raise NoProbabilitiesError("this query has no probabilities; leave out min_probability")
    return lambda scores: judgement.probability(scores) >= least
