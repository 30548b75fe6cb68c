"""Metrics per query; their mean over queries is the metric of the split."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from twinlens.evaluation.metrics import (
    Ranks,
    average_precisions,
    average_precisions_at_r,
    first_ranks,
    found_at_k,
    ndcgs_at_k,
    r_precisions,
)

NDCG_K = 10


def query_values(ranks_of_relevant: Sequence[Ranks], ks: Sequence[int]) -> dict[str, NDArray[np.float64]]:
    """Metric → [Q]; all in per cent but MRR and MeanR.

    The median rank is missing, since it is not a mean over queries.

    Args:
        ranks_of_relevant: for each query, the ranks of all its right answers, ascending.
        ks: cut-offs of R@K, P@K and coverage@K.
    """
    first = first_ranks(ranks_of_relevant)
    counts = np.array([len(ranks) for ranks in ranks_of_relevant])
    found = {k: found_at_k(ranks_of_relevant, k) for k in ks}
    return {
        **{f"R@{k}": 100.0 * (first <= k) for k in ks},
        **{f"P@{k}": 100.0 * found[k] / k for k in ks},
        **{f"coverage@{k}": 100.0 * found[k] / counts for k in ks},
        "MRR": 1.0 / first,
        "MeanR": first.astype(np.float64),
        "mAP": 100.0 * average_precisions(ranks_of_relevant),
        "R-Precision": 100.0 * r_precisions(ranks_of_relevant),
        "mAP@R": 100.0 * average_precisions_at_r(ranks_of_relevant),
        f"nDCG@{NDCG_K}": 100.0 * ndcgs_at_k(ranks_of_relevant, NDCG_K),
    }
