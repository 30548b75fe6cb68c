"""What each process of ``torchrun`` runs: a recipe on the tiny world; exits at once, since gloo may abort at exit."""

import os
import sys
from pathlib import Path

import torch

from twinlens.data.find import open_dataset
from twinlens.training.recipe import Recipe
from twinlens.training.runs.run import run_recipe


def main(recipe: str, world: str, out: str, cache: str, *flags: str) -> None:
    torch.set_num_threads(1)
    settings = Recipe.model_validate_json(Path(recipe).read_text(encoding="utf-8"))
    assert os.environ["WORLD_SIZE"] == "2"
    run_recipe(settings, open_dataset(Path(world)), Path(out), cache=Path(cache), resume="--resume" in flags)


if __name__ == "__main__":
    main(*sys.argv[1:])
    sys.stdout.flush()
    os._exit(0)
