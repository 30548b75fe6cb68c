"""Search among given ids: a server takes conditions of limited length, and returns a limited number of rows."""

from collections.abc import Callable
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from twinlens.types import Ids

MOST_ROWS = 16_384  # that the server returns at once
MOST_NAMED = 16_384  # ids in one condition: 150 KB
SPARE = 64  # asked for besides, so that equal scores can be ordered by id
Found: TypeAlias = tuple[Ids, NDArray[np.float32]]
"""Ids and scores, best first."""
Ask: TypeAlias = Callable[[str, int], Found]
"""A condition and a limit → the nearest that satisfy it."""


def narrowed(ask: Ask, k: int, wanted: Ids, present: Ids, *, has_strays: bool = False) -> Found:
    """At least the k nearest of ``wanted``, in no certain order.

    The shortest questions are asked that lose nothing: all, or all but a few; the nearest of all, of which the
    unwanted are left out if enough remain, where that takes fewer rows than there are ids to name; those named, or
    all but those named; and if they are too many, part after part. A graph (HNSW) also finds more of the nearest of
    all than of those named.

    Args:
        ask: the server.
        k: at most the number wanted.
        wanted: [M], ascending.
        present: [N], ascending, all that belong to the store.
        has_strays: whether the server may have others besides.
    """
    limit = min(k + SPARE, len(wanted))
    is_all = len(wanted) == len(present) and not has_strays
    if limit > MOST_ROWS:
        return _in_parts(ask, wanted, limit, is_dense=is_all)
    if is_all:
        return ask("", limit)
    likely, others = int(limit * len(present) / len(wanted) * 1.5) + SPARE, len(present) - len(wanted)
    if others <= min(MOST_NAMED, likely) and not has_strays:
        return ask(f"id not in {np.setdiff1d(present, wanted, assume_unique=True).tolist()}", limit)
    if likely <= min(MOST_ROWS, len(wanted)):
        ids, scores = ask("", likely)
        kept = np.isin(ids, wanted)
        if np.count_nonzero(kept) >= k:
            return ids[kept], scores[kept]
    if len(wanted) <= MOST_NAMED:
        return ask(f"id in {wanted.tolist()}", limit)
    if others <= MOST_NAMED and not has_strays:
        return ask(f"id not in {np.setdiff1d(present, wanted, assume_unique=True).tolist()}", limit)
    return _in_parts(ask, wanted, limit, is_dense=False)


def _in_parts(ask: Ask, wanted: Ids, limit: int, *, is_dense: bool) -> Found:
    """The nearest of each part; ``is_dense`` means that between two wanted ids there are no others."""
    bounds = [*range(0, len(wanted), MOST_NAMED), len(wanted)]
    found = []
    for start, stop in pairwise(bounds):
        part = wanted[start:stop]
        condition = f"id >= {part[0]} and id <= {part[-1]}" if is_dense else f"id in {part.tolist()}"
        found.append(ask(condition, min(limit, len(part))))
    return np.concatenate([ids for ids, _ in found]), np.concatenate([scores for _, scores in found])
