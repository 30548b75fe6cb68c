"""Two processes take the steps of one: the same losses in all epochs, the same weights at the end."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

from training import two_processes
from training.tiny_world import recipe, stage, train
from twinlens.training.loop.checkpoints import read_checkpoint
from twinlens.training.loop.processes import Processes
from twinlens.training.recipe import Recipe

Towers = dict[str, Path]
HANGS_S = 900  # far more than a busy machine needs
# no attention: the gradient of its keys' bias is 0 but for rounding, which Adam makes a step of full length
LSTM = {"hidden": 32, "word_dim": 32, "layers": 1, "dropout": 0.0}
LIVE = {
    "text": {"tower": "lstm", "pooling": None, "options": LSTM},
    "stages": [stage(image="last-1", text="all", image_learning_rate=1e-3)],
}
# dropout and batch norms of heads are of the whole batch; towers have neither
HEAD = {"kind": "mlp", "hidden": [24], "dropout": 0.2}
FROZEN = {"image": {"head": HEAD}, "text": {"head": HEAD}, "data": {"captions": "all"}}
TRAINED = {
    "mean captions, norms and dropout in heads": {**LIVE, "data": {"captions": "mean"}, "image": {"head": HEAD}},
    "all captions, dropped words": {
        **LIVE,
        "data": {"captions": "all"},
        "image": {"head": HEAD},
        "text": {**LIVE["text"], "drop_words": 0.2},
    },
    "chunks, hard negatives": {
        **LIVE,
        "optimizer": {"chunk_size": 10},
        "hard_negatives": {"neighbours": 4, "every": 2},
    },
}


def torchrun(runs: Sequence[tuple[Recipe, Path, bool]], world: Path, cache: Path) -> "subprocess.CompletedProcess[str]":
    """Runs recipes one after another, each with its folder and whether it is resumed."""
    file = runs[0][1].with_suffix(".json")
    listed = [(recipe.model_dump(mode="json"), str(out), resume) for recipe, out, resume in runs]
    file.write_text(json.dumps(listed), encoding="utf-8")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    command += [two_processes.__file__, str(file), str(world), str(cache)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(command, capture_output=True, text=True, timeout=HANGS_S, env=environment)


def check_equal(out: Path, expected: Path) -> None:
    assert json.loads((out / "environment.json").read_text())["processes"] == 2
    found, wanted = (
        [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()] for folder in (out, expected)
    )
    assert len(found) == len(wanted)
    for line, other in zip(found, wanted, strict=True):
        assert line["losses"] == pytest.approx(other["losses"], rel=1e-5)
        assert line["val_loss"] == pytest.approx(other["val_loss"], rel=1e-5)
    first, second = (read_checkpoint(folder / "last.safetensors").tensors for folder in (out, expected))
    assert first.keys() == second.keys()
    for name in (name for name in first if name.startswith(("model.", "loss."))):
        assert torch.allclose(first[name], second[name], atol=1e-5, rtol=1e-5), name


@pytest.fixture(scope="module")
def of_two(world: Path, towers: Towers, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run by two processes, with frozen towers, which no test changes."""
    settings, folder = recipe(towers, **FROZEN), tmp_path_factory.mktemp("of_two") / "run"
    # resumed there is nothing left to do
    done = torchrun([(settings, folder, False), (settings, folder, True)], world, cache)
    assert done.returncode == 0, done.stderr
    return folder


def test_two_processes_equal_one(of_two: Path, world: Path, towers: Towers, cache: Path, tmp_path: Path) -> None:
    train(recipe(towers, **FROZEN), world, tmp_path / "one", cache=cache)
    check_equal(of_two, tmp_path / "one")


@pytest.mark.slow
def test_two_processes_that_train_towers_equal_one(world: Path, towers: Towers, cache: Path, tmp_path: Path) -> None:
    recipes = {name: recipe(towers, **changes) for name, changes in TRAINED.items()}
    done = torchrun([(settings, tmp_path / name, False) for name, settings in recipes.items()], world, cache)
    assert done.returncode == 0, done.stderr
    for name, settings in recipes.items():
        train(settings, world, tmp_path / f"{name}, one", cache=cache)
        check_equal(tmp_path / name, tmp_path / f"{name}, one")


@pytest.mark.slow
def test_a_failing_process_ends_the_run_rather_than_leaving_the_other_to_wait(
    of_two: Path, world: Path, towers: Towers, cache: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(of_two, tmp_path / "run"))
    done = torchrun([(recipe(towers, **FROZEN), folder, False)], world, cache)
    assert done.returncode != 0
    assert "already contains a run" in done.stderr


def test_one_process_keeps_its_rows_and_gradients() -> None:
    alone = Processes(torch.device("cpu"))
    rows = torch.ones(3, 2)
    assert (alone.count, alone.rank, alone.is_main) == (1, 0, True)
    assert alone.gather(rows, [3]) is rows
    assert alone.broadcast({"a": 1}) == {"a": 1}
    weight = torch.nn.Parameter(torch.ones(2))
    weight.grad = torch.full((2,), 3.0)
    alone.average_gradients([weight])
    assert weight.grad.tolist() == [3.0, 3.0]
    alone.close(wait=True)
