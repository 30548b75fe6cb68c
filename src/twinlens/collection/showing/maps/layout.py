"""Photos in the plane so that neighbours stay neighbours: UMAP's graph and forces (McInnes, Healy, Melville, 2018)."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

NEIGHBOURS = 15
EPOCHS = 200
PUSH = np.float32(0.4)  # against the pull
OTHERS = 5  # random photos that each one is pushed away from, in an epoch
A, B = 1.577, 0.895  # of the curve of forces: points may come as close as 0.1
MOST_STEP = 4.0
ROWS_AT_ONCE = 1024
HALVINGS = 32

Plane = NDArray[np.float32]
"""[N, 2], x and y."""


def neighbour_layout(
    vectors: NDArray[np.float16] | NDArray[np.float32],
    start: Plane,
    *,
    is_wanted: Callable[[], bool] = lambda: True,
    epochs: int = EPOCHS,
    seed: int = 0,
) -> Plane | None:
    """Moves points until those of similar vectors are close; None if it is no longer wanted.

    Args:
        vectors: [N, D]; similar ones have a large cosine.
        start: where the points are at first, each axis in [0, 1].
        is_wanted: asked between steps.
        epochs: number of steps.
        seed: of the random choices.

    Returns:
        Each axis in [0, 1].
    """
    count = len(vectors)
    if count <= NEIGHBOURS:
        return start
    found = _neighbours(vectors, is_wanted)
    if found is None:
        return None
    heads, tails, weights = _graph(*found)
    random = np.random.default_rng(seed)
    places = (20 * (start - 0.5) + random.normal(0, 1e-3, start.shape)).astype(np.float32)
    for epoch in range(epochs):
        if not is_wanted():
            return None
        drawn = random.random(len(weights), dtype=np.float32) < weights  # as often as it weighs
        rate = np.float32(1 - epoch / epochs)
        places += rate * _moves(places, heads[drawn], tails[drawn], random)
    return filling(places)


def filling(places: Plane) -> Plane:
    """Each axis in [0, 1], half as it is and half by rank, so that kinds far from all others leave no empty space."""
    low, high = places.min(axis=0), places.max(axis=0)
    plain = (places - low) / np.where(high > low, high - low, 1)
    ranks = places.argsort(axis=0, kind="stable").argsort(axis=0, kind="stable") / max(1, len(places) - 1)
    flat: Plane = ((plain + ranks) / 2).astype(np.float32)
    return flat


def _neighbours(
    vectors: NDArray[np.float16] | NDArray[np.float32], is_wanted: Callable[[], bool]
) -> tuple[NDArray[np.intp], NDArray[np.float32]] | None:
    """[N, K], the nearest others of each and their distances; None if it is no longer wanted."""
    rows = vectors.astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True).clip(min=1e-6)
    nearest = np.empty((len(rows), NEIGHBOURS), dtype=np.intp)
    distances = np.empty((len(rows), NEIGHBOURS), dtype=np.float32)
    for first in range(0, len(rows), ROWS_AT_ONCE):
        if not is_wanted():
            return None
        block = rows[first : first + ROWS_AT_ONCE] @ rows.T
        inner = np.arange(len(block))
        block[inner, first + inner] = -2  # itself
        best = np.argpartition(-block, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]
        nearest[first : first + len(block)] = best
        distances[first : first + len(block)] = 1 - np.take_along_axis(block, best, axis=1)
    return nearest, distances.clip(min=0)


def _graph(
    nearest: NDArray[np.intp], distances: NDArray[np.float32]
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]:
    """Edges in both directions, and how sure each is: certain to the nearest, together log2 K for each point."""
    beyond = distances - distances.min(axis=1, keepdims=True)
    low, high = np.zeros((len(beyond), 1)), np.full((len(beyond), 1), 2.0)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        is_wide = np.exp(-beyond / middle.clip(min=1e-9)).sum(axis=1, keepdims=True) > np.log2(NEIGHBOURS)
        low, high = np.where(is_wide, low, middle), np.where(is_wide, middle, high)
    sure = np.exp(-beyond / high.clip(min=1e-9)).astype(np.float32).ravel()
    count, one, other = len(nearest), np.repeat(np.arange(len(nearest)), NEIGHBOURS), nearest.ravel()
    pairs, inverse = np.unique(np.minimum(one, other) * count + np.maximum(one, other), return_inverse=True)
    # either direction is sure, or the other: 1 - (1 - p)(1 - q)
    doubt = np.exp(np.bincount(inverse, weights=np.log1p(-sure.clip(max=1 - 1e-6))))
    weights = (1 - doubt).astype(np.float32)
    low_end, high_end = pairs // count, pairs % count
    return np.concatenate([low_end, high_end]), np.concatenate([high_end, low_end]), np.concatenate([weights, weights])


def _moves(
    places: Plane, heads: NDArray[np.intp], tails: NDArray[np.intp], random: np.random.Generator
) -> NDArray[np.float32]:
    """[N, 2], the step of each point: towards its neighbours, and away from some others."""
    apart = places[heads] - places[tails]
    squared = np.einsum("ij,ij->i", apart, apart).clip(min=1e-8)
    pull = (-2 * A * B * squared ** (B - 1) / (1 + A * squared**B))[:, None] * apart
    moves = _summed(heads, pull.clip(-MOST_STEP, MOST_STEP), len(places))
    degrees = np.bincount(heads, minlength=len(places)).astype(np.float32)
    for _ in range(OTHERS):
        others = random.integers(len(places), size=len(places))
        apart = places - places[others]
        squared = np.einsum("ij,ij->i", apart, apart)
        push = (2 * B / ((0.001 + squared) * (1 + A * squared**B)))[:, None] * apart
        moves += PUSH * degrees[:, None] * push.clip(-MOST_STEP, MOST_STEP)
    steps: NDArray[np.float32] = (moves / (1 + degrees[:, None])).astype(np.float32)
    return steps


def _summed(rows: NDArray[np.intp], moves: NDArray[np.float32], count: int) -> NDArray[np.float64]:
    return np.stack([np.bincount(rows, weights=axis, minlength=count) for axis in moves.T], axis=1)
