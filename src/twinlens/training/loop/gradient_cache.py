"""Gradient cache: a contrastive batch larger than memory, a chunk at a time, with the gradients of the whole.

Gao et al. 2021, "Scaling Deep Contrastive Learning Batch Size under Memory Limited Setup" (GradCache).
Towers take the memory and see rows one by one; heads and the loss are small and must see the whole batch.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Part:
    """One side of a batch: the tower of images or of texts.

    Attributes:
        forward: features [chunk, F] of a slice of the side's rows, the same whenever it is called
            with the same random state. It runs twice a step, so layers that keep count
            of what they saw (BatchNorm in training) belong into the head, or frozen.
        size: rows of this side; the sides may differ.
        chunk: rows that go through the tower at once; the last chunk may have fewer.
    """

    forward: Callable[[slice], Tensor]
    size: int
    chunk: int

    def __post_init__(self) -> None:
        if self.size < 1 or self.chunk < 1:
            raise ValueError(
                f"a part has one row or more, in chunks of one or more, but size {self.size}, chunk {self.chunk} came"
            )

    def slices(self) -> Iterator[slice]:
        """The chunks, in order."""
        for start in range(0, self.size, self.chunk):
            yield slice(start, min(start + self.chunk, self.size))


def backward_in_chunks(parts: Sequence[Part], head: Callable[[list[Tensor]], Tensor], *, seed: int) -> Tensor:
    """Adds the gradients of ``head(features of all parts)`` to all that took part, holding one chunk's graph at a time.

    The features of all chunks are computed without graph; the head runs once on them; then each
    chunk is computed again and takes its share of the gradient further down. A part whose
    features need no gradient (a frozen tower, given features) is not computed twice.

    Args:
        parts: the sides, in the order in which the head gets their features.
        head: from the features, one [size, F] a part, to the scalar loss. What it does to the loss
            (a gradient scaler, say) holds for all gradients.
        seed: sets torch's random state before each chunk, so that dropout drops the same both times;
            another for each step. Afterwards the random state depends on the seed alone.

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
