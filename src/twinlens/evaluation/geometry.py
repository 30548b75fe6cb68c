"""Geometry of embeddings: alignment, uniformity, cosines of matched and unmatched pairs."""

import numpy as np
from numpy.typing import NDArray

from twinlens.types import Embeddings

ALL_PAIRS_UP_TO = 8192  # rows: 34 million pairs take about a second; above that, rows are sampled
BLOCK_ROWS = 512


def alignment(images: Embeddings, texts: Embeddings, text_image_index: NDArray[np.int64]) -> float:
    """Mean squared distance between a caption and its photo, from 0 (best) to 4.

    Wang and Isola 2020, "Understanding Contrastive Representation Learning through
    Alignment and Uniformity on the Hypersphere", α = 2.

    Args:
        images: [N, D], unit rows.
        texts: [M, D], unit rows.
        text_image_index: [M].
    """
    total = 0.0
    for start in range(0, len(texts), BLOCK_ROWS):
        rows = slice(start, start + BLOCK_ROWS)
        total += float(np.square(texts[rows].astype(np.float64) - images[text_image_index[rows]]).sum())
    return total / len(texts)


def uniformity(rows: Embeddings, *, limit: int = ALL_PAIRS_UP_TO, seed: int = 0) -> float | None:
    """Log of the mean of exp(−2 · squared distance) over pairs of different rows; lower = more spread out.

    Wang and Isola 2020, t = 2: 0 if all rows are equal, about −4 if they cover a
    high-dimensional sphere evenly.

    Args:
        rows: [N, D], unit rows.
        limit: if there are more rows, this many are sampled.
        seed: of the sample.

    Returns:
        None if there are fewer than two rows.
    """
    if len(rows) < 2:
        return None
    if len(rows) > limit:
        rows = rows[np.sort(np.random.default_rng(seed).choice(len(rows), size=limit, replace=False))]
    total = 0.0
    for start in range(0, len(rows), BLOCK_ROWS):
        block = rows[start : start + BLOCK_ROWS]
        cosines = np.minimum(block @ rows[start:].T, 1.0)  # [B, N − start]
        pairs = np.triu(np.exp(4.0 * cosines - 4.0), k=1)  # squared distance = 2 − 2 · cosine
        total += float(pairs.sum(dtype=np.float64))
    return float(np.log(total / (len(rows) * (len(rows) - 1) / 2)))


def mean_cosines(
    images: Embeddings, texts: Embeddings, text_image_index: NDArray[np.int64]
) -> tuple[float, float | None]:
    """Mean cosine of matched pairs, and of all other pairs; None if there are no others.

    The latter is computed from sums of rows, without a score matrix: Σ x·y = (Σ x)·(Σ y).
    """
    matched = 0.0
    for start in range(0, len(texts), BLOCK_ROWS):
        rows = slice(start, start + BLOCK_ROWS)
        matched += float((texts[rows].astype(np.float64) * images[text_image_index[rows]]).sum())
    every = images.sum(axis=0, dtype=np.float64) @ texts.sum(axis=0, dtype=np.float64)
    others = len(images) * len(texts) - len(texts)
    return matched / len(texts), float((every - matched) / others) if others else None
