"""Gradient checkpointing: the same gradients, from activations that are computed again."""

import copy
from pathlib import Path

import pytest
import torch

from training.tiny_world import recipe
from twinlens.training.parts.dual_encoder import TwoTowers
from twinlens.training.parts.gradient_checkpointing import checkpoint_blocks
from twinlens.training.recipe import Recipe
from twinlens.training.runs.build import build_model


def gradients(model: TwoTowers) -> dict[str, torch.Tensor]:
    torch.manual_seed(1)  # of pixels, and of the dropout in a BERT
    model.zero_grad()
    model.train().requires_grad_(True)
    pixels, ids = torch.randn(3, 3, 32, 32), torch.randint(5, 15, (3, 6))
    (model.image(pixels) * model.text(ids, torch.ones_like(ids))).sum().backward()
    return {name: value.grad.clone() for name, value in model.named_parameters() if value.grad is not None}


@pytest.mark.parametrize("kind", ["towers", "clip", "siglip"])
def test_gradients_are_equal_bit_for_bit(kind: str, towers: dict[str, Path], published: dict[str, Path]) -> None:
    fields = {"name": "a", "model": str(published.get(kind)), "stages": [{"epochs": 1, "learning_rate": 1.0}]}
    model = build_model(recipe(towers) if kind == "towers" else Recipe.model_validate(fields))
    for norm in (module for module in model.modules() if isinstance(module, torch.nn.BatchNorm2d)):
        norm.momentum = 0.0
    checkpointed = copy.deepcopy(model)
    checkpoint_blocks(checkpointed.image.tower)
    checkpoint_blocks(checkpointed.text.tower)
    expected, found = gradients(model), gradients(checkpointed)
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], expected[name]) for name in expected)


def test_blocks_run_once_more_in_the_backward_pass_alone(published: dict[str, Path]) -> None:
    fields = {"name": "a", "model": str(published["clip"]), "stages": [{"epochs": 1, "learning_rate": 1.0}]}
    tower = build_model(Recipe.model_validate(fields)).text.tower.requires_grad_(True)
    runs = []
    tower.encoder.encoder.layers[1].mlp.register_forward_pre_hook(lambda *_: runs.append(torch.is_grad_enabled()))
    checkpoint_blocks(tower)
    ids = torch.randint(5, 15, (2, 6))
    with torch.no_grad():
        tower(ids, torch.ones_like(ids))
    assert runs == [False]
    tower(ids, torch.ones_like(ids)).sum().backward()
    assert len(runs) == 3
