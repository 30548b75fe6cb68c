"""Random ranking: its expected metrics in closed form, and a random sample of it."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from twinlens.errors import DataError
from twinlens.evaluation.baselines.row import Baseline
from twinlens.evaluation.retrieval import KS, rank_both_ways

DRAWN_DIM = 64  # of random embeddings; with any D, every order of the gallery is equally likely


def random_baseline(captions: Sequence[Sequence[str]]) -> Baseline:
    """Expected metrics of a random order of the gallery.

    Args:
        captions: of each photo, at least one.
    """
    counts = [len(own) for own in captions]
    return Baseline(
        name="random",
        uses="nothing; the expected values",
        text_to_image=expected_figures(len(counts), [1]),
        image_to_text=expected_figures(sum(counts), counts),
    )


def expected_figures(n_candidates: int, right_counts: Sequence[int], *, ks: Sequence[int] = KS) -> dict[str, float]:
    """Expected metrics if candidates are ranked at random.

    The first of r right answers among N ranks after k with probability
    C(N - r, k) / C(N, k); R@K, MRR, MedR and MeanR follow from it, and P@K is r / N.

    Args:
        n_candidates: N.
        right_counts: r of each query, 1 to N.
        ks: cut-offs.

    Returns:
        R@K and P@K in per cent, MRR, MedR (the median of the distribution) and MeanR.

    Raises:
        DataError: a query has no right answers, or more than there are candidates.

    >>> expected_figures(32, [1])["R@1"], expected_figures(32, [1])["MeanR"]
    (3.125, 16.5)
    """
    if not right_counts or min(right_counts) < 1 or max(right_counts) > n_candidates:
        raise DataError(
            f"chance needs queries with 1 to {n_candidates} right answers among {n_candidates}, "
            f"got {sorted(set(right_counts))[:3]}"
        )
    behind = _behind(n_candidates, right_counts)  # [N + 1]
    share = sum(right_counts) / len(right_counts) / n_candidates
    at = [min(k, n_candidates) for k in ks]
    at_rank = behind[:-1] - behind[1:]  # [N], probability of each rank
    return {
        **{f"R@{k}": round(100 * float(1 - behind[cut]), 4) for k, cut in zip(ks, at, strict=True)},
        **{f"P@{k}": round(100 * share * cut / k, 4) for k, cut in zip(ks, at, strict=True)},
        "MRR": round(float(np.sum(at_rank / np.arange(1, n_candidates + 1))), 6),
        "MedR": _median(behind),
        "MeanR": round(float(np.sum(behind)), 4),
    }


def drawn_figures(
    n_images: int, text_image_index: NDArray[np.int64], *, seed: int = 0
) -> tuple[dict[str, float], dict[str, float]]:
    """Metrics of random embeddings, text → image and image → text.

    Args:
        n_images: N.
        text_image_index: [M], the photo of each text.
        seed: of the random embeddings.
    """
    random = np.random.default_rng(seed)
    rows = random.normal(size=(n_images + len(text_image_index), DRAWN_DIM))
    unit = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return rank_both_ways(unit[:n_images], unit[n_images:], text_image_index)


def _behind(n_candidates: int, right_counts: Sequence[int]) -> NDArray[np.float64]:
    """[N + 1], share of queries whose first right answer ranks after k = 0 … N."""
    taken = np.arange(n_candidates)
    total = np.zeros(n_candidates + 1)
    for right, queries in Counter(right_counts).items():
        still_wrong = np.maximum(n_candidates - right - taken, 0) / (n_candidates - taken)
        total += queries * np.concatenate([[1.0], np.cumprod(still_wrong)])
    return total / len(right_counts)


def _median(behind: NDArray[np.float64]) -> float:
    """Midpoint of the first rank that half of the queries reach, and the first that more than half reach."""
    reached = 1 - behind
    at_least = int(np.argmax(reached >= 0.5 - 1e-12))
    more = int(np.argmax(reached > 0.5 + 1e-12))
    return (at_least + more) / 2
