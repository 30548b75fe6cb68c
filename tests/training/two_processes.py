"""What each process of ``torchrun`` runs: recipes on the tiny world; exits at once, since gloo may abort at exit."""

import json
import os
import sys
from pathlib import Path

import torch
from accelerate import PartialState

from twinlens.data.find import open_dataset
from twinlens.training.recipe import Recipe
from twinlens.training.runs.run import run_recipe


def main(runs: str, world: str, cache: str) -> None:
    """Runs one recipe after another, which spares them the start of a process.

    Args:
        runs: a JSON file, a list of runs, each a recipe, the folder it writes and whether it is resumed.
        world: the folder of the data.
        cache: the folder of cached features.
    """
    torch.set_num_threads(1)
    assert os.environ["WORLD_SIZE"] == "2"
    listed = json.loads(Path(runs).read_text(encoding="utf-8"))
    destroy = PartialState.destroy_process_group
    PartialState.destroy_process_group = lambda *_: None  # the next run goes on with the group
    for number, (recipe, out, resume) in enumerate(listed, start=1):
        if number == len(listed):
            PartialState.destroy_process_group = destroy
        settings = Recipe.model_validate(recipe)
        run_recipe(settings, open_dataset(Path(world)), Path(out), cache=Path(cache), resume=resume)


if __name__ == "__main__":
    main(*sys.argv[1:])
    sys.stdout.flush()
    os._exit(0)
