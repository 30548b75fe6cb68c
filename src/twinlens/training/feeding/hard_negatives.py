"""Hard negatives: photos that the model confuses with each other, and batches that bring them together.

Mined with the model's own embeddings, as ANCE does for texts (Xiong et al. 2021, "Approximate Nearest
Neighbor Negative Contrastive Learning for Dense Text Retrieval").
"""

import math
from collections.abc import Iterator
from itertools import islice

import torch
from torch import Tensor

BLOCK = 1024  # rows scored at once; against 30,000 photos the scores take 120 MB


def mine(images: Tensor, texts: Tensor, k: int) -> Tensor:
    """[N, k] int64, for photo i the k other photos whose image is closest to i's text, closest first.

    Args:
        images: [N, D], unit rows.
        texts: [N, D], unit rows, one text per photo (a caption, or their mean).
        k: number of neighbours; below N.

    Raises:
        ValueError: k is not from 1 to N - 1, or the numbers of rows differ.
    """
    count = len(images)
    if len(texts) != count:
        raise ValueError(f"expected one text per photo, got {count} images and {len(texts)} texts")
    if not 1 <= k < count:
        raise ValueError(f"with {count} photos k must be from 1 to {count - 1}, got {k}")
    nearest = []
    with torch.no_grad():
        for start in range(0, count, BLOCK):
            scores = texts[start : start + BLOCK] @ images.T  # [block, N]
            scores.diagonal(offset=start).fill_(-math.inf)  # a photo is not a negative of itself
            nearest.append(scores.topk(k, dim=1).indices)
    return torch.cat(nearest)


def mixed_order(order: Tensor, neighbours: Tensor, *, batch_size: int, share: float) -> Tensor:
    """[M], a permutation of ``order`` in which batches contain photos together with their hard negatives.

    A batch takes photos in the given order, then neighbours of these that are not in a batch yet:
    the nearest of each, then the second nearest of each, until they make up ``share`` of the batch.
    If there are too few neighbours, it is filled up in order. The result is deterministic.

    Args:
        order: [M], the random order of an epoch, each photo once, values below N.
        neighbours: [N, k], from ``mine``.
        batch_size: photos per batch.
        share: share of a batch that consists of neighbours, from 0 (``order`` itself) to below 1.

    Raises:
        ValueError: an argument is invalid.
    """
    if not 0 <= share < 1:
        raise ValueError(f"the share of hard negatives must be from 0 to below 1, got {share}; 0.5 is already high")
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, got {batch_size}")
    drawn = order.tolist()
    waiting, ranked = set(drawn), neighbours.tolist()
    if len(waiting) < len(drawn):
        raise ValueError(
            f"order must contain each photo once, but {len(drawn) - len(waiting)} of {len(drawn)} are repeated"
        )
    in_order = (photo for photo in drawn if photo in waiting)  # lazy: skips photos that a batch has taken
    mixed: list[int] = []
    while waiting:
        room = min(batch_size, len(waiting))
        batch = list(islice(in_order, max(1, round((1 - share) * room))))
        waiting.difference_update(batch)
        for photo in _by_rank(batch.copy(), ranked):
            if len(batch) == room:
                break
            if photo in waiting:
                waiting.remove(photo)
                batch.append(photo)
        batch += islice(in_order, room - len(batch))
        waiting.difference_update(batch)
        mixed += batch
    return torch.tensor(mixed, dtype=order.dtype, device=order.device)


def _by_rank(photos: list[int], ranked: list[list[int]]) -> Iterator[int]:
    """Yields each photo's nearest neighbour, then each photo's second nearest, and so on."""
    for rank in range(len(ranked[0])):
        for photo in photos:
            yield ranked[photo][rank]
