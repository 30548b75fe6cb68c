"""A published model is trained further: what each way of it moves, and what stays bit for bit."""

from pathlib import Path
from typing import Any

import pytest
import torch

from training.tiny_world import stage, train
from twinlens.training.loop.checkpoints import read_checkpoint
from twinlens.training.loop.stage_run import parameter_groups
from twinlens.training.loop.stages import close_stage, open_stage, set_modes
from twinlens.training.recipe import Recipe
from twinlens.training.runs.build import build_model
from twinlens.training.runs.build_loss import build_loss
from twinlens.training.runs.run import RunListener

HEADS = ("image.head", "text.head")
WAYS: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "full": ({"image": "all", "text": "all"}, ("image.tower", "text.tower", *HEADS)),
    "LiT": ({"text": "all", "heads": "text"}, ("text.tower", "text.head")),
    "last blocks": ({"image": "last-1", "text": "last-1"}, ("image.tower", "text.tower", *HEADS)),
    "LoRA on photos": ({"image": "lora", "heads": "none"}, ("image.tower",)),
    "LoRA on texts": ({"text": "lora", "heads": "none"}, ("text.tower",)),
    "LoRA on both": ({"image": "lora", "text": "lora"}, ("image.tower", "text.tower", *HEADS)),
    "heads only": ({}, HEADS),
}
NOT_LAST = ("embeddings", "layers.0.", "pre_layrnorm")


def changed_by_a_step(folder: Path, parts: dict[str, Any], loss: str) -> tuple[set[str], set[str]]:
    """Names of the weights that a step changes, and of those it leaves bit for bit."""
    given = stage(**parts, learning_rate=1e-2, lora_rank=2)
    recipe = Recipe.model_validate({"name": "a", "model": str(folder), "loss": {"name": loss}, "stages": [given]})
    model = build_model(recipe)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    scores = build_loss(recipe, model.origin)
    torch.manual_seed(0)
    groups = open_stage(model, scores, recipe.stages[0], number=0)
    set_modes(model, recipe.stages[0])
    optimizer = torch.optim.AdamW(parameter_groups(groups, 0.0))
    pixels, ids = torch.randn(6, 3, 32, 32), torch.randint(5, 30, (6, 8))
    for _ in range(2):  # LoRA's second matrix is 0 at first, so the first one is trained from the second step on
        optimizer.zero_grad()
        scores(model.image(pixels), model.text(ids, torch.ones_like(ids)), torch.arange(6)).backward()
        optimizer.step()
    close_stage(model)
    after = model.state_dict()
    assert after.keys() == before.keys()
    changed = {name for name, value in after.items() if not torch.equal(value, before[name])}
    return changed, set(after) - changed


@pytest.mark.parametrize(("family", "loss"), [("clip", "infonce"), ("siglip", "sigmoid")])
@pytest.mark.parametrize("way", WAYS)
def test_each_way_moves_its_parts_and_leaves_the_others_bit_for_bit(
    way: str, family: str, loss: str, published: dict[str, Path]
) -> None:
    parts, moved = WAYS[way]
    changed, kept = changed_by_a_step(published[family], parts, loss)
    assert {".".join(name.split(".")[:2]) for name in changed} == set(moved)
    assert not [name for name in kept if name.startswith(tuple(part for part in moved if part in HEADS))]
    if way == "last blocks":
        assert not [name for name in changed if any(part in name for part in NOT_LAST)]
        assert [name for name in changed if "layers.1." in name]
    if way.startswith("LoRA"):
        towers = [name for name in changed if ".tower." in name]
        assert all(name.endswith(".weight") for name in towers)
        assert not [name for name in towers if "norm" in name or "embed" in name]


def test_an_interrupted_run_of_lora_goes_on_bit_for_bit(
    published: dict[str, Path], few_photos: Path, tmp_path: Path
) -> None:
    class Interrupted(KeyboardInterrupt):
        pass

    def stop(epoch: int, done: int, _steps: int) -> None:
        if (epoch, done) == (2, 1):
            raise Interrupted

    tuned = stage(image="lora", text="lora", heads="none", layer_decay=0.5)
    settings = {
        "name": "tuned",
        "model": str(published["siglip"]),
        "loss": {"name": "sigmoid"},
        "optimizer": {"batch_size": 6, "gradient_checkpointing": True},
        "trainer": {"device": "cpu", "checkpoint_every_steps": 1},
        "stages": [tuned],
    }
    train(Recipe.model_validate(settings), few_photos, tmp_path / "whole")
    with pytest.raises(Interrupted):
        train(Recipe.model_validate(settings), few_photos, tmp_path / "run", listener=RunListener(on_step=stop))
    train(Recipe.model_validate(settings), few_photos, tmp_path / "run", resume=True)
    found, expected = (read_checkpoint(tmp_path / name / "last.safetensors").tensors for name in ("run", "whole"))
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], expected[name]) for name in expected)
