"""Stages: what they open, at which rates, in which modes."""

from itertools import pairwise
from pathlib import Path

import pytest
import torch
from torch import nn

from training.tiny_world import recipe, stage
from twinlens.errors import ConfigError
from twinlens.training.loop.stage_run import parameter_groups
from twinlens.training.loop.stages import close_stage, learning_rate_factor, open_stage, set_modes, split_by_decay
from twinlens.training.parts.dual_encoder import TwoTowers
from twinlens.training.parts.losses.infonce import InfoNCE
from twinlens.training.recipe import Stage
from twinlens.training.runs.build import build_model

Towers = dict[str, Path]


@pytest.fixture
def model(towers: Towers) -> TwoTowers:
    return build_model(recipe(towers))


def open_(model: TwoTowers, **parts: object) -> dict[str, tuple[float, set[str]]]:
    groups = open_stage(model, InfoNCE(), Stage.model_validate(stage(**parts)), number=0)
    return {group.name: (group.learning_rate, set(group.parameters)) for group in groups}


def test_heads_and_the_scale_are_always_trained_and_frozen_towers_are_not(model: TwoTowers) -> None:
    names = {"model.image.head.projection.weight", "model.text.head.projection.weight", "loss.scale.log_scale"}
    assert open_(model) == {"heads": (5e-3, names)}


def test_a_towers_rate_is_its_own_or_the_heads(model: TwoTowers) -> None:
    groups = open_(model, image="last-1", text="all", text_learning_rate=1e-4)
    assert {name: rate for name, (rate, _) in groups.items()} == {"heads": 5e-3, "image": 5e-3, "text": 1e-4}


@pytest.mark.parametrize("side", ["image", "text"])
def test_all_opens_every_parameter_and_last_n_those_of_the_last_blocks(side: str, model: TwoTowers) -> None:
    tower = getattr(model, side).tower
    _, names = open_(model, **{side: "all"})[side]
    assert names == {f"model.{side}.tower.{name}" for name, _ in tower.named_parameters()}
    _, last = open_(model, **{side: "last-2"})[side]  # after "all": the others are closed again
    expected = {id(value) for block in tower.blocks()[-2:] for value in block.parameters()}
    assert {id(value) for value in tower.parameters() if value.requires_grad} == expected
    assert len(last) == len(expected) < len(names)


def test_either_head_may_stay_as_it_is(model: TwoTowers) -> None:
    heads = {side: f"model.{side}.head.projection.weight" for side in ("image", "text")}
    for chosen in ("image", "text"):
        _, names = open_(model, heads=chosen)["heads"]
        assert names == {heads[chosen], "loss.scale.log_scale"}
        set_modes(model, Stage.model_validate(stage(heads=chosen)))
        assert {side for side in heads if getattr(model, side).head.training} == {chosen}
    assert open_(model, heads="none", text="all")["heads"][1] == {"loss.scale.log_scale"}


@pytest.mark.parametrize("side", ["image", "text"])
def test_each_block_has_a_part_of_the_next_ones_rate_in_the_optimizer(side: str, model: TwoTowers) -> None:
    parts = {side: "all", f"{side}_learning_rate": 1e-3, "layer_decay": 0.5}
    groups = open_stage(model, InfoNCE(), Stage.model_validate(stage(**parts)), number=0)
    optimizer = torch.optim.AdamW(parameter_groups(groups, 0.1))
    rates = {id(value): group["lr"] for group in optimizer.param_groups for value in group["params"]}
    blocks = getattr(model, side).tower.blocks()
    for place, block in enumerate(reversed(blocks)):
        assert {rates[id(value)] for value in block.parameters()} == {1e-3 * 0.5**place}
    assert rates[id(model.image.head.projection.weight)] == 5e-3
    named = [group["lr"] for group in optimizer.param_groups if group["name"] == side]
    assert named[-1] == max(named)  # the log shows that of the last group


def test_lora_on_a_tower_without_linear_layers_is_told_with_its_stage(model: TwoTowers) -> None:
    with pytest.raises(ConfigError, match=r"stages.0.image = 'lora' needs a tower with linear layers; use 'all'"):
        open_(model, image="lora")


def test_lora_opens_its_matrices_alone_and_is_folded_in(model: TwoTowers) -> None:
    ids, mask = torch.tensor([[1, 5, 6, 7]]), torch.ones(1, 4, dtype=torch.int64)
    before, keys = model.text.tower.eval()(ids, mask), set(model.state_dict())
    _, names = open_(model, text="lora", lora_rank=2)["text"]
    assert all(".lora_A." in name or ".lora_B." in name for name in names)
    assert torch.allclose(model.text.tower(ids, mask), before)  # it begins as nothing
    with torch.no_grad():
        for parameter in model.text.tower.parameters():
            if parameter.requires_grad:
                parameter.add_(0.1)
    changed = model.text.tower.eval()(ids, mask)
    close_stage(model)
    assert set(model.state_dict()) == keys
    assert torch.allclose(model.text.tower(ids, mask), changed, atol=1e-5)
    assert not torch.allclose(changed, before, atol=1e-3)


def test_modes_are_of_what_is_trained_and_norms_of_towers_stay(model: TwoTowers) -> None:
    set_modes(model, Stage.model_validate(stage(image="all")))
    norms = [module for module in model.image.tower.modules() if isinstance(module, nn.BatchNorm2d)]
    assert norms
    assert not any(norm.training for norm in norms)
    assert model.image.tower.training
    assert model.image.head.training
    assert not any(module.training for module in model.text.tower.modules())


def test_the_rate_rises_evenly_then_falls_along_half_a_cosine() -> None:
    cosine = [learning_rate_factor(step, schedule="cosine", warmup=4, total=12) for step in range(12)]
    assert cosine[:4] == [0.25, 0.5, 0.75, 1.0]
    assert cosine[4] == 1.0
    assert cosine[8] == pytest.approx(0.5)
    assert all(earlier > later > 0 for earlier, later in pairwise(cosine[4:]))
    assert [learning_rate_factor(step, schedule="constant", warmup=2, total=9) for step in (0, 1, 2, 8)] == [
        0.5,
        1,
        1,
        1,
    ]
    assert learning_rate_factor(3, schedule="cosine", warmup=4, total=4) == 1.0


def test_decay_is_of_matrices_not_of_biases_norms_and_scales() -> None:
    layer, norm = nn.Linear(2, 3), nn.LayerNorm(3)
    parameters = {"w": layer.weight, "b": layer.bias, "n": norm.weight, "s": nn.Parameter(torch.tensor(1.0))}
    shrunk, left = split_by_decay(parameters)
    assert [id(value) for value in shrunk] == [id(layer.weight)]
    assert len(left) == 3
