"""The moving average against a plain loop, and that weights come back."""

import pytest
import torch
from torch import nn

from twinlens.training.loop.ema import MovingAverage
from twinlens.training.loop.stages import batch_statistics
from twinlens.training.parts.heads import LinearHead, MlpHead


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


def test_statistics_of_batch_norms_in_heads_are_averaged_with_the_weights() -> None:
    """The mean and variance of a norm belong to the weights before it."""
    model = nn.ModuleDict(
        {
            "image": nn.ModuleDict({"tower": MlpHead(4, 4), "head": MlpHead(4, 2, hidden=(3,))}),
            "text": nn.ModuleDict({"tower": MlpHead(4, 4), "head": LinearHead(4, 2)}),
        }
    )
    statistics = batch_statistics(model)
    names = {f"model.image.head.layers.1.running_{name}" for name in ("mean", "var")}
    assert statistics.keys() == names
    average = MovingAverage(statistics, decay=0.4)
    expected = {name: value.clone() for name, value in statistics.items()}
    for step in range(5):
        model["image"]["head"](torch.randn(8, 4, generator=torch.Generator().manual_seed(step)))
        average.update(step)
        decay = min(0.4, (1 + step) / (10 + step))
        for name, value in statistics.items():
            expected[name] = decay * expected[name] + (1 - decay) * value
    norm = model["image"]["head"].layers[1]
    with average.applied():
        torch.testing.assert_close(norm.running_mean, expected["model.image.head.layers.1.running_mean"])
        torch.testing.assert_close(norm.running_var, expected["model.image.head.layers.1.running_var"])
    assert not torch.allclose(norm.running_var, expected["model.image.head.layers.1.running_var"])


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
