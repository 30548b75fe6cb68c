"""``docs/extend/loss.md``: the loss passes its contract, is found by a recipe, and learns the tiny world."""

from pathlib import Path

import pytest
import torch
from pydantic import ValidationError

from extend.conftest import Install, Run
from training.tiny_world import CHANCE, draw_world, recalls, recipe, save_image_tower, save_text_tower, stage, train


@pytest.fixture
def towers(tmp_path: Path) -> dict[str, Path]:
    with torch.random.fork_rng():
        torch.manual_seed(3)
        return {"image": save_image_tower(tmp_path / "image"), "text": save_text_tower(tmp_path / "text")}


@pytest.mark.slow
def test_the_page_s_contract_test_passes(install: Install, site: Path, tmp_path: Path) -> None:
    assert "passed" in install("loss.md").run_its_test(site, tmp_path)


@pytest.mark.slow
def test_a_recipe_finds_the_loss_and_the_tiny_world_is_learnt(
    install: Install, towers: dict[str, Path], tmp_path: Path
) -> None:
    install("loss.md")
    loss = {"name": "cosine-embedding", "options": {"margin": 0.1}}
    rarely = {"validate_every": 100, "checkpoint_every": 100}
    settings = recipe(towers, loss=loss, stages=[stage(epochs=60, learning_rate=6e-3)], trainer=rarely)
    _, lines = train(settings, draw_world(tmp_path / "world"), tmp_path / "run")
    assert min(recalls(lines[-1])) > 8 * CHANCE


def test_an_option_that_makes_no_sense_is_a_fault_of_the_recipe(install: Install, towers: dict[str, Path]) -> None:
    install("loss.md")
    with pytest.raises(ValidationError, match="a margin is a cosine from -1 to below 1, but 2"):
        recipe(towers, loss={"name": "cosine-embedding", "options": {"margin": 2.0}})


def test_a_misspelt_name_offers_the_installed_one(install: Install, run: Run, tmp_path: Path) -> None:
    page = install("loss.md")
    folder = Path(__file__).parents[2] / "recipes"
    data = draw_world(tmp_path / "world")
    done = run("train", folder / "heads.toml", "--data", data, "--set", 'loss.name="cosine-embeding"')
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    for text in (done.stderr, page.text):
        assert (
            "heads.toml has 1 fault: loss.name: no loss is called 'cosine-embeding'; known: cosine-embedding, infonce, "
            in text
        )
        assert "did you mean 'cosine-embedding'?" in text
