"""Gradient cache: trains with batches larger than memory in chunks, with the gradients of the whole batch.

Gao et al. 2021, "Scaling Deep Contrastive Learning Batch Size under Memory Limited Setup" (GradCache).
Towers need most of the memory and process rows independently; heads and loss are small and need the whole batch.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Part:
    """The part of a batch that goes through one tower.

    Attributes:
        forward: slice of rows → features [chunk, F]; deterministic for a given random state.
            It runs twice per step, so layers that update statistics (BatchNorm in
            training mode) must be in the head, or frozen.
        size: number of rows; parts may differ.
        chunk: rows that go through the tower at once; the last chunk may be smaller.
    """

    forward: Callable[[slice], Tensor]
    size: int
    chunk: int

    def __post_init__(self) -> None:
        if self.size < 1 or self.chunk < 1:
            raise ValueError(f"size and chunk of a part must be at least 1, got size {self.size}, chunk {self.chunk}")

    def slices(self) -> Iterator[slice]:
        """The chunks, in order."""
        for start in range(0, self.size, self.chunk):
            yield slice(start, min(start + self.chunk, self.size))


def backward_in_chunks(parts: Sequence[Part], head: Callable[[list[Tensor]], Tensor], *, seed: int) -> Tensor:
    """Backpropagates ``head(features of all parts)`` with the graph of only one chunk in memory at a time.

    The features of all chunks are computed without a graph, and the head runs once on all of them; then
    each chunk is computed again and backpropagates its part of the gradient. Parts whose features
    need no gradient (a frozen tower) are computed only once.

    Args:
        parts: the parts, in the order in which the head takes their features.
        head: features, [size, F] for each part → scalar loss. If it scales the loss, all
            gradients are scaled.
        seed: sets torch's random state before each chunk, so that dropout is the same both times;
            should differ between steps. Afterwards the random state depends only on the seed.

    Returns:
        The loss, a detached scalar.
    """
    chunks = [(side, rows) for side, part in enumerate(parts) for rows in part.slices()]
    features = _features(parts, chunks, seed)
    torch.manual_seed(seed + len(chunks))
    loss = head(features)
    loss.backward()  # type: ignore[no-untyped-call]
    frozen = set()
    for number, (side, rows) in enumerate(chunks):
        gradient = features[side].grad
        if gradient is None or side in frozen:
            continue
        torch.manual_seed(seed + number)
        again = parts[side].forward(rows)
        if again.requires_grad:
            torch.autograd.backward(again, gradient[rows])
        else:
            frozen.add(side)
    return loss.detach()


def _features(parts: Sequence[Part], chunks: Sequence[tuple[int, slice]], seed: int) -> list[Tensor]:
    computed: list[list[Tensor]] = [[] for _ in parts]
    with torch.no_grad():
        for number, (side, rows) in enumerate(chunks):
            torch.manual_seed(seed + number)
            computed[side].append(parts[side].forward(rows))
    return [torch.cat(side).requires_grad_() for side in computed]
