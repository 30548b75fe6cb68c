"""Ranks and the metrics computed from them: R@K, P@K, coverage@K, MRR, MedR, MeanR, mAP, R-Precision, mAP@R, nDCG."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from twinlens.types import Embeddings

Ranks: TypeAlias = NDArray[np.int64]
"""[Q], 1 = best."""

ROUNDING = 1e-6  # scores of equal vectors differ by up to this: float32 sums depend on a row's position in its matrix
BLOCK_ROWS = 512  # queries scored at once; more are not faster
BLOCK_SCORES = 8_000_000  # 32 MB of scores; with a larger gallery fewer queries are scored at once
SORTED_FROM = 32  # with fewer right answers per query, counting for each is faster than sorting the gallery


def relevant_ranks(
    queries: Embeddings,
    candidates: Embeddings,
    relevant: Sequence[NDArray[np.int64]],
    *,
    on_progress: Callable[[int], None] | None = None,
) -> list[Ranks]:
    """For each query, the ranks of all its right answers in the whole gallery, ascending.

    Ties count against the model: a wrong candidate with the same score ranks before the right
    answer, so that a model that scores everything alike does not look good. NaN scores count
    as the best for wrong candidates, and as the worst for right ones.

    Args:
        queries: [Q, D], unit rows.
        candidates: [N, D], unit rows.
        relevant: for each query, the rows of its right answers, at least one.
        on_progress: called after each block with the number of queries done.

    Raises:
        ValueError: a query has no right answer, or the number of queries differs.
    """
    if len(queries) != len(relevant):
        raise ValueError(f"{len(queries)} queries but {len(relevant)} lists of right answers")
    if any(len(answers) == 0 for answers in relevant):
        raise ValueError("every query needs at least one right answer")
    rows = max(1, min(BLOCK_ROWS, BLOCK_SCORES // max(1, len(candidates))))
    ranks: list[Ranks] = []
    for start in range(0, len(queries), rows):
        scores = queries[start : start + rows] @ candidates.T  # [B, N]
        ranks += [_ranks_in(row, answers) for row, answers in zip(scores, relevant[start : start + rows], strict=True)]
        if on_progress:
            on_progress(len(ranks))
    return ranks


def _ranks_in(scores: NDArray[np.float32], answers: NDArray[np.int64]) -> Ranks:
    right = scores[answers]
    thresholds = np.sort(np.where(np.isnan(right), -np.inf, right))[::-1] - np.float32(ROUNDING)  # [M]
    # counts only candidates that are strictly worse: ties and NaN must not look good
    below = _count_below(scores, thresholds) - _count_below(right, thresholds)
    before = len(scores) - len(right) - below
    return before + np.arange(1, len(right) + 1)


def _count_below(scores: NDArray[np.float32], thresholds: NDArray[np.float32]) -> NDArray[np.int64]:
    if len(thresholds) < SORTED_FROM:
        return np.array([np.count_nonzero(scores < threshold) for threshold in thresholds], dtype=np.int64)
    return np.searchsorted(np.sort(scores), thresholds)  # NaN sorts last, as if it were the best


def first_ranks(ranks_of_relevant: Sequence[Ranks]) -> Ranks:
    """[Q], rank of each query's first right answer."""
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
        ranks_of_relevant: for each query, the ranks of all its right answers.
        k: at least 1.

    >>> precision_at_k([np.array([1, 2]), np.array([7])], k=2)
    0.5
    """
    return float(np.mean(found_at_k(ranks_of_relevant, k) / k))


def coverage_at_k(ranks_of_relevant: Sequence[Ranks], k: int) -> float:
    """Mean share of a query's right answers that are among the first k.

    This is recall in textbooks; with one right answer per query it equals R@K.

    >>> coverage_at_k([np.array([1, 9]), np.array([2, 3])], k=5)
    0.75
    """
    found = found_at_k(ranks_of_relevant, k)
    return float(np.mean(found / [len(ranks) for ranks in ranks_of_relevant]))


def found_at_k(ranks_of_relevant: Sequence[Ranks], k: int) -> NDArray[np.int64]:
    """[Q], how many of each query's right answers are among the first k."""
    if k < 1 or not len(ranks_of_relevant):
        raise ValueError(f"k must be at least 1 and there must be queries, got k={k}")
    flat, starts = _flat(ranks_of_relevant)
    return np.add.reduceat((flat <= k).astype(np.int64), starts)


def average_precisions(ranks_of_relevant: Sequence[Ranks]) -> NDArray[np.float64]:
    """[Q], mean over a query's right answers of the precision at each one's rank; their mean is mAP.

    >>> average_precisions([np.array([1, 4]), np.array([2])])
    array([0.75, 0.5 ])
    """
    flat, starts = _flat(ranks_of_relevant)
    counts = np.diff(starts, append=len(flat))
    position = np.arange(1, len(flat) + 1) - np.repeat(starts, counts)  # 1, 2, … within each query
    precisions: NDArray[np.float64] = np.add.reduceat(position / flat, starts) / counts
    return precisions


def r_precisions(ranks_of_relevant: Sequence[Ranks]) -> NDArray[np.float64]:
    """[Q], share of right answers among the first R, where R is how many right answers the query has.

    R-Precision of Manning, Raghavan and Schütze 2008, section 8.4, as Chun et al. 2022
    ("ECCV Caption") report it; with one right answer per query its mean equals R@1.

    >>> r_precisions([np.array([1, 3]), np.array([2])])
    array([0.5, 0. ])
    """
    flat, starts = _flat(ranks_of_relevant)
    counts = np.diff(starts, append=len(flat))
    shares: NDArray[np.float64] = np.add.reduceat(flat <= np.repeat(counts, counts), starts, dtype=np.int64) / counts
    return shares


def average_precisions_at_r(ranks_of_relevant: Sequence[Ranks]) -> NDArray[np.float64]:
    """[Q], precision at the rank of each right answer among the first R, summed and divided by R; their mean is mAP@R.

    R is how many right answers the query has. Musgrave, Belongie and Lim 2020, "A Metric
    Learning Reality Check", as Chun et al. 2022 report it; unlike mAP, right answers
    behind the first R count nothing.

    >>> average_precisions_at_r([np.array([1, 3]), np.array([1, 2])])
    array([0.5, 1. ])
    """
    flat, starts = _flat(ranks_of_relevant)
    counts = np.diff(starts, append=len(flat))
    position = np.arange(1, len(flat) + 1) - np.repeat(starts, counts)  # 1, 2, … within each query
    counted = np.where(flat <= np.repeat(counts, counts), position / flat, 0.0)
    precisions: NDArray[np.float64] = np.add.reduceat(counted, starts) / counts
    return precisions


def ndcgs_at_k(ranks_of_relevant: Sequence[Ranks], k: int) -> NDArray[np.float64]:
    """[Q], nDCG of each query: the gain of the first k answers divided by the best possible; their mean is nDCG@K.

    A right answer gains 1 / log2(rank + 1), a wrong one nothing (Järvelin and Kekäläinen 2002,
    with the discount common in web search evaluation).

    >>> ndcgs_at_k([np.array([1, 3])], k=10)
    array([0.91972079])
    """
    flat, starts = _flat(ranks_of_relevant)
    counts = np.diff(starts, append=len(flat))
    ideal = np.cumsum(1 / np.log2(np.arange(2, k + 2)))
    gained = np.add.reduceat(np.where(flat <= k, 1 / np.log2(flat + 1), 0.0), starts)
    shares: NDArray[np.float64] = gained / ideal[np.minimum(counts, k) - 1]
    return shares


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


def _flat(ranks_of_relevant: Sequence[Ranks]) -> tuple[Ranks, NDArray[np.int64]]:
    """All ranks concatenated, and the position where each query's ranks begin."""
    lengths = [len(ranks) for ranks in ranks_of_relevant]
    return np.concatenate(ranks_of_relevant), np.cumsum([0, *lengths[:-1]])


def _check(ranks: Ranks, k: int = 1) -> None:
    if k < 1:
        raise ValueError(f"k must be at least 1, got {k}")
    if not len(ranks):
        raise ValueError("ranks is empty")
