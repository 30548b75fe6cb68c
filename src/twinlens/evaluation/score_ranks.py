"""Ranks from a score matrix, or with ties counted in favour of the model."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from twinlens.evaluation.metrics import ROUNDING, Ranks
from twinlens.types import Embeddings

Ties = Literal["against", "for"]
BLOCK_ROWS = 512  # queries scored at once; 512 × 40,000 candidates take 82 MB


def ranks_in_scores(
    scores: NDArray[np.float32], relevant: Sequence[NDArray[np.int64]], *, ties: Ties = "against"
) -> list[Ranks]:
    """For each query, the ranks of all its right answers, ascending.

    Args:
        scores: [Q, N], higher is better.
        relevant: for each query, the columns of its right answers, at least one.
        ties: "against" ranks a wrong candidate with the same score before the right one, like
            ``relevant_ranks``; "for" ranks it after, which is what counting only strictly better scores does.

    >>> row = np.array([[0.5, 0.9, 0.5]], dtype=np.float32)
    >>> [ranks_in_scores(row, [np.array([0])], ties=rule)[0].tolist() for rule in ("against", "for")]
    [[3], [2]]
    """
    ranks: list[Ranks] = []
    for row, answers in zip(scores, relevant, strict=True):
        right = np.sort(row[answers])[::-1]  # [M]
        wrong = np.delete(row, answers)[:, None]  # [N - M, 1]
        # "~(a < b)" rather than "a >= b": NaN must count against the model too
        before = ~(wrong < right - ROUNDING) if ties == "against" else wrong > right + ROUNDING
        ranks.append(np.count_nonzero(before, axis=0) + np.arange(1, len(right) + 1))
    return ranks


def lenient_ranks(queries: Embeddings, candidates: Embeddings, relevant: Sequence[NDArray[np.int64]]) -> list[Ranks]:
    """Like ``relevant_ranks``, but ties count in favour of the model.

    Args:
        queries: [Q, D], unit rows.
        candidates: [N, D], unit rows.
        relevant: for each query, the rows of its right answers, at least one.
    """
    ranks: list[Ranks] = []
    for start in range(0, len(queries), BLOCK_ROWS):
        end = start + BLOCK_ROWS
        ranks += ranks_in_scores(queries[start:end] @ candidates.T, relevant[start:end], ties="for")
    return ranks


def diagonal_ranks(queries: Embeddings, candidates: Embeddings) -> Ranks:
    """[B], ranks if only row i is right for query i, and ties count in favour of the model.

    Args:
        queries: [B, D], unit rows.
        candidates: [B, D], unit rows.
    """
    scores = queries @ candidates.T  # [B, B]
    better = scores > (np.diagonal(scores) + ROUNDING)[:, None]
    ranks: Ranks = np.count_nonzero(better, axis=1) + 1
    return ranks
