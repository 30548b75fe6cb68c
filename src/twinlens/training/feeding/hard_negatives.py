"""Hard negatives: the photos a model takes for another's, and batches in which they meet.

Mined with the model's own embeddings, as ANCE does for texts (Xiong et al. 2021, "Approximate Nearest
Neighbor Negative Contrastive Learning for Dense Text Retrieval").
"""

import math
from collections.abc import Iterator
from itertools import islice

import torch
from torch import Tensor

BLOCK = 1024  # a block of scores against 30,000 photos is 120 MB


def mine(images: Tensor, texts: Tensor, k: int) -> Tensor:
    """[N, k] int64, for photo i the other photos whose image is closest to i's text, closest first.

    Args:
        images: [N, D], unit rows.
        texts: [N, D], unit rows, one text a photo (a caption, or their mean).
        k: photos wanted for each; below N.

    Raises:
        ValueError: k is not from 1 to N - 1, or the sides differ in their number of rows.
    """
    count = len(images)
    if len(texts) != count:
        raise ValueError(f"one text a photo is wanted, but {count} images and {len(texts)} texts came")
    if not 1 <= k < count:
        raise ValueError(f"of {count} photos each has 1 to {count - 1} others, but k = {k} was asked for")
    nearest = []
    with torch.no_grad():
        for start in range(0, count, BLOCK):
            scores = texts[start : start + BLOCK] @ images.T  # [block, N]
            scores.diagonal(offset=start).fill_(-math.inf)  # a photo is no negative of itself
            nearest.append(scores.topk(k, dim=1).indices)
    return torch.cat(nearest)


def mixed_order(order: Tensor, neighbours: Tensor, *, batch_size: int, share: float) -> Tensor:
    """[M], the photos of ``order``, each once, so that batches hold photos together with their hard neighbours.

    A batch takes photos in the order drawn, then the neighbours of these that no batch has had yet:
    first each one's nearest, then each one's second, until ``share`` of the batch is full.
    What neighbours cannot fill is filled in order. The same arguments give the same answer.

    Args:
        order: [M], different photos as drawn for an epoch, numbers below N.
        neighbours: [N, k], of ``mine``.
        batch_size: photos a batch.
        share: share of a batch that neighbours fill, from 0 (``order`` itself) to below 1.

    Raises:
        ValueError: an option makes no sense.
    """
    if not 0 <= share < 1:
        raise ValueError(f"a share of hard neighbours is from 0 to below 1, but {share} was given; 0.5 is much already")
    if batch_size < 1:
        raise ValueError(f"a batch has a photo at least, but batch_size = {batch_size} was given")
    drawn = order.tolist()
    waiting, ranked = set(drawn), neighbours.tolist()
    if len(waiting) < len(drawn):
        raise ValueError(
            f"an order names each photo once, but {len(drawn) - len(waiting)} of {len(drawn)} are repeated"
        )
    in_order = (photo for photo in drawn if photo in waiting)  # looks when asked: what a batch took is passed over
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
    """Each photo's nearest neighbour, then each one's second, and so on."""
    for rank in range(len(ranked[0])):
        for photo in photos:
            yield ranked[photo][rank]
