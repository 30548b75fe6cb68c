"""The moving average against a plain loop, and that weights come back."""

import pytest
import torch

from twinlens.training.loop.ema import MovingAverage


def test_equals_a_plain_loop_with_a_small_decay_at_first() -> None:
    weight = torch.nn.Parameter(torch.tensor([1.0, -2.0]))
    average = MovingAverage({"w": weight}, decay=0.4)
    expected = [1.0, -2.0]
    for step in range(12):
        with torch.no_grad():
            weight.add_(torch.tensor([0.5, 0.25 * step]))
        average.update(step)
        decay = min(0.4, (1 + step) / (10 + step))
        expected = [decay * old + (1 - decay) * new for old, new in zip(expected, weight.tolist(), strict=True)]
    assert average.average["w"].tolist() == pytest.approx(expected, rel=1e-5)


def test_applied_shows_the_average_and_gives_the_weights_back_also_after_an_error() -> None:
    weight = torch.nn.Parameter(torch.tensor([1.0]))
    average = MovingAverage({"w": weight}, decay=0.5)
    with torch.no_grad():
        weight.fill_(3.0)
    with average.applied():
        assert weight.item() == 1.0
    assert weight.item() == 3.0
    with pytest.raises(KeyError), average.applied():
        raise KeyError
    assert weight.item() == 3.0
    assert average.average["w"].item() == 1.0
