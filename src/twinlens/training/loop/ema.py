"""Exponential moving average of what is trained, often better than the last step's weights."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor


class MovingAverage:
    """average ← decay · average + (1 − decay) · weight after each step.

    In the first steps the decay is smaller, (1 + step) / (10 + step), so that the random
    start is soon forgotten (as in TensorFlow's ExponentialMovingAverage).

    Args:
        weights: name → tensor that is trained; the tensors are kept, not copied.
        decay: in (0, 1).
    """

    def __init__(self, weights: Mapping[str, Tensor], *, decay: float) -> None:
        self.weights = dict(weights)
        self.decay = decay
        self.average = {name: weight.detach().clone() for name, weight in weights.items()}

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Takes over the weights after a step; ``step`` counts from 0."""
        decay = min(self.decay, (1 + step) / (10 + step))
        for name, weight in self.weights.items():
            self.average[name].lerp_(weight, 1 - decay)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Inside, the weights are the averages; afterwards they are what they were."""
        kept = {name: weight.detach().clone() for name, weight in self.weights.items()}
        try:
            self._set(self.average)
            yield
        finally:
            self._set(kept)

    @torch.no_grad()
    def _set(self, values: Mapping[str, Tensor]) -> None:
        for name, weight in self.weights.items():
            weight.copy_(values[name])
