"""Bootstrap over photos: confidence intervals of retrieval metrics."""

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from twinlens.evaluation.metrics import Ranks, first_ranks
from twinlens.evaluation.query_values import query_values

RESAMPLES = 1000  # the ends of a 95 % interval then vary with the seed by about a twentieth of its width
BLOCK_WEIGHTS = 4_000_000  # 32 MB of weights at a time, whatever the number of photos

Interval: TypeAlias = tuple[float, float]


def resampled_means(
    values: NDArray[np.float64], photo_of_query: NDArray[np.int64], *, resamples: int = RESAMPLES, seed: int = 0
) -> NDArray[np.float64]:
    """[R, V], the mean of each column over R resamples of the photos, with replacement.

    A photo is drawn with all its queries, since captions of one photo are not independent.
    Only queries are resampled: their ranks remain those in the whole gallery.

    Args:
        values: [Q, V].
        photo_of_query: [Q], from 0, every photo at least once.
        resamples: R.
        seed: the same seed draws the same photos, so that two models can be compared resample by resample.
    """
    n_photos = int(photo_of_query.max()) + 1
    columns = np.column_stack([values, np.ones(len(values))])  # the last one counts queries
    sums = np.column_stack([np.bincount(photo_of_query, column, n_photos) for column in columns.T])  # [N, V + 1]
    drawn = np.concatenate([weights @ sums for weights in _weights(n_photos, resamples, seed)])
    means: NDArray[np.float64] = drawn[:, :-1] / drawn[:, -1:]
    return means


def resampled_medians(
    ranks: Ranks, photo_of_query: NDArray[np.int64], *, resamples: int = RESAMPLES, seed: int = 0
) -> NDArray[np.float64]:
    """[R], the median rank over the same resamples as ``resampled_means``."""
    order = np.argsort(ranks)
    sorted_ranks, photos = ranks[order], photo_of_query[order]
    medians = []
    for weights in _weights(int(photo_of_query.max()) + 1, resamples, seed):
        for row in weights:
            upto = np.cumsum(row[photos])
            total = int(upto[-1])
            middle = np.searchsorted(upto, [(total - 1) // 2, total // 2], side="right")
            medians.append(sorted_ranks[middle].mean())
    return np.array(medians)


def intervals(
    ranks_of_relevant: Sequence[Ranks],
    photo_of_query: NDArray[np.int64],
    ks: Sequence[int],
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> dict[str, Interval]:
    """Metric → 95 % confidence interval (percentile bootstrap over photos)."""
    values = query_values(ranks_of_relevant, ks)
    stacked = np.column_stack(list(values.values()))
    means = resampled_means(stacked, photo_of_query, resamples=resamples, seed=seed)
    medians = resampled_medians(first_ranks(ranks_of_relevant), photo_of_query, resamples=resamples, seed=seed)
    drawn = {**dict(zip(values, means.T, strict=True)), "MedR": medians}
    return {name: middle_95(column) for name, column in drawn.items()}


def middle_95(drawn: NDArray[np.float64]) -> Interval:
    """The 2.5th and the 97.5th percentile, rounded to four places."""
    low, high = np.percentile(drawn, (2.5, 97.5))
    return round(float(low), 4), round(float(high), 4)


def _weights(n_photos: int, resamples: int, seed: int) -> Iterator[NDArray[np.float64]]:
    """Yields blocks [B, N]: how often each resample contains each photo."""
    random = np.random.default_rng(seed)
    rows = max(1, BLOCK_WEIGHTS // n_photos)
    for start in range(0, resamples, rows):
        count = min(rows, resamples - start)
        # photo p of resample b is number b * N + p, so that a single bincount covers the block
        drawn = random.integers(n_photos, size=(count, n_photos)) + n_photos * np.arange(count)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=count * n_photos)
        yield counts.reshape(count, n_photos).astype(np.float64)
