"""Exponential moving average of the trained weights, often better than the weights after the last step.

Statistics of batch norms are averaged too: those of the last step belong to other weights.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor


class MovingAverage:
    """average ← decay · average + (1 − decay) · weight after each step.

    In the first steps the decay is smaller, (1 + step) / (10 + step), so that the initial
    weights lose their influence quickly (as in TensorFlow's ExponentialMovingAverage).

    Args:
        weights: name → trained tensor, or statistics of a batch norm; a reference is kept, not a copy.
        decay: in (0, 1).
    """

    def __init__(self, weights: Mapping[str, Tensor], *, decay: float) -> None:
        self.weights = dict(weights)
        self.decay = decay
        self.average = {name: weight.detach().clone() for name, weight in weights.items()}

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Updates the average after a step; ``step`` counts from 0."""
        decay = min(self.decay, (1 + step) / (10 + step))
        for name, weight in self.weights.items():
            self.average[name].lerp_(weight, 1 - decay)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Inside the context the weights are the averages; afterwards the original weights are restored."""
        kept = {name: weight.detach().clone() for name, weight in self.weights.items()}
        try:
            self._set(self.average)
            yield
        finally:
            self._set(kept)

    def keep(self) -> None:
        """The weights become the averages, for good."""
        self._set(self.average)

    @torch.no_grad()
    def _set(self, values: Mapping[str, Tensor]) -> None:
        for name, weight in self.weights.items():
            weight.copy_(values[name])
