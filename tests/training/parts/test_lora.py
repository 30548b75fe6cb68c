"""LoRA: what it adds, where it may not, and what is left of it after merging."""

import pytest
import torch
from torch import nn

from twinlens.errors import ConfigError
from twinlens.training.parts import lora


def test_a_layer_gets_the_scaled_product_of_two_matrices() -> None:
    torch.manual_seed(0)
    layer, rows = nn.Linear(6, 4), torch.randn(3, 6)
    wrapped = lora.LoraLinear(layer, rank=2, alpha=6)
    assert torch.equal(wrapped(rows), layer(rows))
    down, up = wrapped.lora_A["default"].weight, wrapped.lora_B["default"].weight
    nn.init.normal_(up)
    expected = rows @ (layer.weight + 6 / 2 * up @ down).T + layer.bias
    torch.testing.assert_close(wrapped(rows), expected, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(wrapped.merged()(rows), expected, atol=1e-5, rtol=1e-5)


def test_torchs_own_attention_is_left_alone_since_it_never_calls_its_output_layer() -> None:
    tower = nn.ModuleDict({"attention": nn.MultiheadAttention(8, 2), "layer": nn.Linear(8, 8)})
    lora.inject(tower, [tower], rank=2, alpha=2, side="image")
    assert {name.split(".")[0] for name, _ in tower.named_parameters() if "lora_" in name} == {"layer"}


def test_merging_restores_the_names_of_the_weights_and_does_nothing_without_lora() -> None:
    tower = nn.Sequential(nn.Linear(3, 3), nn.Sequential(nn.Linear(3, 2)))
    before = {name: value.clone() for name, value in tower.state_dict().items()}
    lora.merge(tower)
    lora.inject(tower, [tower], rank=1, alpha=1, side="text")
    assert "1.0.base_layer.weight" in tower.state_dict()
    lora.merge(tower)
    assert {name: value.tolist() for name, value in tower.state_dict().items()} == {
        name: value.tolist() for name, value in before.items()
    }


def test_a_classifier_outside_of_the_blocks_is_left_alone() -> None:
    tower = nn.ModuleDict({"block": nn.Conv2d(3, 4, 1), "classifier": nn.Linear(4, 10)})
    with pytest.raises(ConfigError, match="image = 'lora' needs a tower with linear layers"):
        lora.inject(tower, [tower["block"]], rank=2, alpha=2, side="image")
    assert type(tower["classifier"]) is nn.Linear
