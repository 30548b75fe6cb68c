"""Ranks and what is counted from them: R@K, P@K, MRR, median and mean rank."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from twinlens.types import Embeddings

Ranks: TypeAlias = NDArray[np.int64]
"""[Q], 1 = best."""

ROUNDING = 1e-6  # equal vectors get scores up to this far apart: float32 sums depend on a row's place in its matrix
BLOCK_ROWS = 512  # queries scored at once; 512 × 40,000 candidates are 82 MB of scores


def relevant_ranks(queries: Embeddings, candidates: Embeddings, relevant: Sequence[NDArray[np.int64]]) -> list[Ranks]:
    """For each query the ranks of all its right answers in the whole gallery, ascending.

    A wrong candidate that ties with a right answer stands before it: a model that
    gives everything the same score must not look good.

    Args:
        queries: [Q, D], unit rows.
        candidates: [N, D], unit rows.
        relevant: for each query the rows of its right answers, at least one.

    Raises:
        ValueError: a query has no right answer, or the counts differ.
    """
    if len(queries) != len(relevant):
        raise ValueError(f"{len(queries)} queries but {len(relevant)} lists of right answers")
    if any(len(answers) == 0 for answers in relevant):
        raise ValueError("every query needs at least one right answer")
    ranks: list[Ranks] = []
    for start in range(0, len(queries), BLOCK_ROWS):
        scores = queries[start : start + BLOCK_ROWS] @ candidates.T  # [B, N]
        for row, answers in zip(scores, relevant[start : start + BLOCK_ROWS], strict=True):
            right = np.sort(row[answers])[::-1]  # [M]
            wrong = np.delete(row, answers)
            # not ">=": a score that is no number must not look good either
            before = np.count_nonzero(~(wrong[:, None] < right - ROUNDING), axis=0)
            ranks.append(before + np.arange(1, len(right) + 1))
    return ranks


def first_ranks(ranks_of_relevant: Sequence[Ranks]) -> Ranks:
    """[Q], rank of each query's best right answer."""
    return np.array([ranks[0] for ranks in ranks_of_relevant], dtype=np.int64)


def recall_at_k(ranks: Ranks, k: int) -> float:
    """Share of queries whose first right answer is among the first k.

    R@K as retrieval papers report it (a hit rate): a photo with five captions
    counts once, however many of them are found.

    Args:
        ranks: [Q], rank of each query's first right answer, 1 = best.
        k: at least 1; more than the number of candidates gives 1.0.

    Raises:
        ValueError: k is below 1, or ranks is empty.

    >>> recall_at_k(np.array([1, 3, 12]), k=5)
    0.6666666666666666
    """
    _check(ranks, k)
    return float(np.mean(ranks <= k))


def precision_at_k(ranks_of_relevant: Sequence[Ranks], k: int) -> float:
    """Mean share of right answers among the first k.

    A query with one right answer can reach at most 1 / k.

    Args:
        ranks_of_relevant: for each query the ranks of all its right answers.
        k: at least 1.

    >>> precision_at_k([np.array([1, 2]), np.array([7])], k=2)
    0.5
    """
    if k < 1 or not len(ranks_of_relevant):
        raise ValueError(f"k must be at least 1 and there must be queries, got k={k}")
    return float(np.mean([np.count_nonzero(ranks <= k) / k for ranks in ranks_of_relevant]))


def mean_reciprocal_rank(ranks: Ranks) -> float:
    """Mean of 1 / rank of the first right answer, in (0, 1].

    >>> mean_reciprocal_rank(np.array([1, 2, 4]))
    0.5833333333333334
    """
    _check(ranks)
    return float(np.mean(1.0 / ranks))


def median_rank(ranks: Ranks) -> float:
    """Median rank of the first right answer.

    >>> median_rank(np.array([1, 2, 10, 40]))
    6.0
    """
    _check(ranks)
    return float(np.median(ranks))


def mean_rank(ranks: Ranks) -> float:
    """Mean rank of the first right answer.

    >>> mean_rank(np.array([1, 2, 9]))
    4.0
    """
    _check(ranks)
    return float(np.mean(ranks))


def _check(ranks: Ranks, k: int = 1) -> None:
    if k < 1:
        raise ValueError(f"k must be at least 1, got {k}")
    if not len(ranks):
        raise ValueError("ranks is empty")
