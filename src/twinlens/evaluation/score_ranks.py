"""Ranks counted in scores that are no dot products, or under a lenient rule for ties."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from twinlens.evaluation.metrics import ROUNDING, Ranks
from twinlens.types import Embeddings

Ties = Literal["against", "for"]
BLOCK_ROWS = 512  # queries scored at once; 512 × 40,000 candidates are 82 MB of scores


def ranks_in_scores(
    scores: NDArray[np.float32], relevant: Sequence[NDArray[np.int64]], *, ties: Ties = "against"
) -> list[Ranks]:
    """For each query the ranks of all its right answers, ascending.

    Args:
        scores: [Q, N], higher is better.
        relevant: for each query the columns of its right answers, at least one.
        ties: "against" puts a wrong candidate with the same score before the right one, as
            ``relevant_ranks`` does; "for" puts it behind, as counting what is strictly better does.

    >>> row = np.array([[0.5, 0.9, 0.5]], dtype=np.float32)
    >>> [ranks_in_scores(row, [np.array([0])], ties=rule)[0].tolist() for rule in ("against", "for")]
    [[3], [2]]
    """
    ranks: list[Ranks] = []
    for row, answers in zip(scores, relevant, strict=True):
        right = np.sort(row[answers])[::-1]  # [M]
        wrong = np.delete(row, answers)[:, None]  # [N - M, 1]
        # "against" is not ">=": a score that is no number must not look good either
        before = ~(wrong < right - ROUNDING) if ties == "against" else wrong > right + ROUNDING
        ranks.append(np.count_nonzero(before, axis=0) + np.arange(1, len(right) + 1))
    return ranks


def lenient_ranks(queries: Embeddings, candidates: Embeddings, relevant: Sequence[NDArray[np.int64]]) -> list[Ranks]:
    """As ``relevant_ranks``, but every tie counts for the right answer.

    Args:
        queries: [Q, D], unit rows.
        candidates: [N, D], unit rows.
        relevant: for each query the rows of its right answers, at least one.
    """
    ranks: list[Ranks] = []
    for start in range(0, len(queries), BLOCK_ROWS):
        end = start + BLOCK_ROWS
        ranks += ranks_in_scores(queries[start:end] @ candidates.T, relevant[start:end], ties="for")
    return ranks


def diagonal_ranks(queries: Embeddings, candidates: Embeddings) -> Ranks:
    """[B], ranks where only row i is right for query i, and every tie counts for it.

    Args:
        queries: [B, D], unit rows.
        candidates: [B, D], unit rows.
    """
    scores = queries @ candidates.T  # [B, B]
    better = scores > (np.diagonal(scores) + ROUNDING)[:, None]
    ranks: Ranks = np.count_nonzero(better, axis=1) + 1
    return ranks
