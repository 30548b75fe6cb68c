"""Which hits of an answer match: what the model says of them, or the probability that was asked for."""

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
"""Scores [K] → which hits match; with a score all better ones do."""


def judge(
    query: Query, vector: Embeddings, encoder: DualEncoder | None, *, best: float, num_candidates: int
) -> Judgement | None:
    """What the model says of an answer; None where it cannot tell.

    Args:
        query: of words alone or of photos alone. A sum of both has scores between those of the
            two, and the maps of neither fit.
        vector: [D], its embedding.
        encoder: the very model that made the collection's vectors; None where that is gone.
        best: score of the best hit.
        num_candidates: photos that were ranked.
    """
    kind = query.kind()
    relevance = None if encoder is None or kind is None else encoder.relevance()
    if relevance is None or kind is None:
        return None
    return relevance.judge(vector, kind, best=best, num_candidates=num_candidates)


def match_test(search: Search, judgement: Judgement | None) -> Matches | None:
    """Which hits match; None where nobody can tell.

    Raises:
        NoProbabilitiesError: a probability was asked for, and there are none.
    """
    least = search.min_probability
    if least is None:
        return None if judgement is None else judgement.relevant
    if judgement is None:
        raise NoProbabilitiesError("there are no probabilities for such a query; leave out min_probability")
    return lambda scores: judgement.probability(scores) >= least
