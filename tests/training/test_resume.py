"""A run that is interrupted anywhere and goes on takes the steps of one that never was."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from training.tiny_world import losses, recipe, stage, train
from twinlens.data.find import open_dataset
from twinlens.errors import TrainingError
from twinlens.training.loop import trainer
from twinlens.training.loop.checkpoints import read_checkpoint
from twinlens.training.loop.run_log import EpochLog
from twinlens.training.recipe import Recipe
from twinlens.training.runs.run import RunListener, load_run, run_recipe
from twinlens.training.runs.run_folder import RunFolder

Towers = dict[str, Path]


def everything(towers: Towers, **trainer: Any) -> Recipe:
    """Three stages, and all that could be drawn otherwise the second time."""
    head = {"kind": "mlp", "hidden": [24], "dropout": 0.2}
    augmentation = {"random_resized_crop": [0.6, 1.0], "flip": 0.5, "colour_jitter": 0.2, "views": 1}
    return recipe(
        towers,
        image={"head": head, "augmentation": augmentation},
        text={"head": head},
        optimizer={"ema_decay": 0.9, "weight_decay": 0.01, "max_grad_norm": 1.0},
        hard_negatives={"share": 0.5, "neighbours": 4},
        trainer={"checkpoint_every_steps": 1, **trainer},
        stages=[
            stage(warmup_epochs=1.0),
            stage(image="last-1", text="lora", text_learning_rate=1e-3, schedule="constant"),
            stage(image="all", text="all", image_learning_rate=1e-4),
        ],
    )


class Interrupted(KeyboardInterrupt):
    pass


def stop_at(epoch: int, step: int, lines: list[EpochLog]) -> RunListener:
    def on_step(now: int, done: int, _steps: int) -> None:
        if (now, done) == (epoch, step):
            raise Interrupted

    return RunListener(on_step=on_step, on_epoch=lines.append)


@pytest.fixture(scope="module")
def uninterrupted(
    world: Path, towers: Towers, cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[EpochLog]]:
    run, lines = train(everything(towers), world, tmp_path_factory.mktemp("whole") / "run", cache=cache)
    return run.folder, lines


def check_same(folder: Path, expected: Path) -> None:
    for name in ("last.safetensors", "best.safetensors"):
        found, wanted = read_checkpoint(folder / name), read_checkpoint(expected / name)
        assert found.progress == wanted.progress
        assert found.tensors.keys() == wanted.tensors.keys()
        assert all(torch.equal(found.tensors[key], wanted.tensors[key]) for key in wanted.tensors)
    found, wanted = ((each / "metrics.jsonl").read_text().splitlines() for each in (folder, expected))
    for line, other in zip(map(json.loads, found), map(json.loads, wanted), strict=True):
        assert {**line, "seconds": 0, "photos_per_s": 0} == {**other, "seconds": 0, "photos_per_s": 0}


# within the first epoch; the first step of an epoch, when "last" is of the epoch before; in an epoch whose order is
# mined; at each stage's first step, when "last" is of the boundary; in the middle of each stage; at the very end
PLACES = [(1, 2), (3, 1)]  # and three more of these kinds in the test of many interruptions
MORE_PLACES = [
    pytest.param(*place, marks=pytest.mark.slow) for place in ((2, 1), (2, 3), (3, 2), (4, 3), (5, 1), (5, 2), (6, 3))
]


@pytest.mark.parametrize(("epoch", "step"), [*PLACES, *MORE_PLACES])
def test_interrupted_run_goes_on_bit_for_bit(
    epoch: int, step: int, uninterrupted: Any, world: Path, towers: Towers, cache: Path, tmp_path: Path
) -> None:
    expected, whole = uninterrupted
    lines: list[EpochLog] = []
    with pytest.raises(Interrupted):
        train(everything(towers), world, tmp_path / "run", cache=cache, listener=stop_at(epoch, step, lines))
    _, rest = train(everything(towers), world, tmp_path / "run", cache=cache, resume=True)
    assert losses(lines + rest) == losses(whole)
    check_same(tmp_path / "run", expected)


def test_run_that_is_interrupted_again_and_again_is_the_same(
    uninterrupted: Any, world: Path, towers: Towers, cache: Path, tmp_path: Path
) -> None:
    lines: list[EpochLog] = []
    for number, (epoch, step) in enumerate([(2, 3), (3, 3), (6, 2)]):
        listener = stop_at(epoch, step, lines)
        with pytest.raises(Interrupted):
            train(everything(towers), world, tmp_path / "run", cache=cache, resume=number > 0, listener=listener)
    _, rest = train(everything(towers), world, tmp_path / "run", cache=cache, resume=True)
    assert losses(lines + rest) == losses(uninterrupted[1])
    check_same(tmp_path / "run", uninterrupted[0])
    resumed = RunFolder(tmp_path / "run").read_json("environment.json")["resumed"]
    assert [(one["after_epoch"], one["step"]) for one in resumed] == [(1, 2), (2, 2), (5, 1)]


@pytest.mark.parametrize("step", [1, 2], ids=["at an epoch's beginning", "within an epoch"])
def test_run_that_is_interrupted_between_minings_keeps_the_neighbours(
    step: int, world: Path, towers: Towers, cache: Path, tmp_path: Path
) -> None:
    negatives = {"neighbours": 4, "after_epochs": 0, "every": 4}
    changes: dict[str, Any] = {"hard_negatives": negatives, "trainer": {"checkpoint_every_steps": 1}}
    settings = recipe(towers, stages=[stage(epochs=3)], **changes)
    train(settings, world, tmp_path / "whole", cache=cache)
    with pytest.raises(Interrupted):
        train(settings, world, tmp_path / "run", cache=cache, listener=stop_at(3, step, []))
    train(settings, world, tmp_path / "run", cache=cache, resume=True)
    check_same(tmp_path / "run", tmp_path / "whole")


def test_run_that_is_interrupted_around_an_early_stop_starts_the_next_stage_from_the_best_weights(
    world: Path, towers: Towers, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stages = [stage(text="lora"), stage(epochs=4, learning_rate=0.5, schedule="constant"), stage(text="last-1")]
    trained = {"patience": 1, "measure": "loss", "checkpoint_every_steps": 1}
    settings = recipe(towers, stages=stages, trainer=trained, optimizer={"ema_decay": 0.5})
    _, lines = train(settings, world, tmp_path / "whole", cache=cache)
    stopped = max(line.epoch for line in lines if line.stage == 2)
    assert stopped < 6

    def interrupted(*_: Any) -> None:
        raise Interrupted

    with monkeypatch.context() as patched:
        patched.setattr(trainer, "load_finished", interrupted)  # after the stage's last checkpoint
        with pytest.raises(Interrupted):
            train(settings, world, tmp_path / "run", cache=cache)
    assert read_checkpoint(tmp_path / "run" / "last.safetensors").progress.stage == 1
    for step in (1, 2):  # at the next stage's beginning, and within it
        with pytest.raises(Interrupted):
            train(settings, world, tmp_path / "run", cache=cache, resume=True, listener=stop_at(stopped + 1, step, []))
    train(settings, world, tmp_path / "run", cache=cache, resume=True)
    check_same(tmp_path / "run", tmp_path / "whole")


def test_without_checkpoints_a_run_begins_anew(
    whole_run: tuple[Path, list[EpochLog]], world: Path, towers: Towers, cache: Path, tmp_path: Path
) -> None:
    settings, (_, expected) = recipe(towers), whole_run
    with pytest.raises(Interrupted):
        train(settings, world, tmp_path / "run", cache=cache, listener=stop_at(1, 2, []))
    assert not (tmp_path / "run" / "last.safetensors").exists()
    _, lines = train(settings, world, tmp_path / "run", cache=cache, resume=True)
    assert losses(lines) == losses(expected)


def test_epochs_since_the_last_checkpoint_are_run_and_logged_again(
    world: Path, towers: Towers, cache: Path, tmp_path: Path
) -> None:
    settings = recipe(towers, trainer={"checkpoint_every": 3}, stages=[stage(epochs=5)])
    _, expected = train(settings, world, tmp_path / "whole", cache=cache)
    with pytest.raises(Interrupted):
        train(settings, world, tmp_path / "run", cache=cache, listener=stop_at(5, 2, []))
    _, lines = train(settings, world, tmp_path / "run", cache=cache, resume=True)
    assert [line.epoch for line in lines] == [4, 5]
    logged = [json.loads(line)["epoch"] for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    assert logged == [1, 2, 3, 4, 5]
    assert losses(lines) == losses(expected[3:])


def test_finished_run_has_nothing_to_go_on_with(
    whole_run: tuple[Path, list[EpochLog]], world: Path, towers: Towers, cache: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(whole_run[0], tmp_path / "run"))
    again, lines = train(recipe(towers), world, folder, cache=cache, resume=True)
    assert lines == []
    first = json.loads((whole_run[0] / "validation.json").read_text(encoding="utf-8"))
    assert again.validation == {**first, "run": str(folder)}


@pytest.mark.slow
def test_photo_that_was_left_out_stays_left_out(world: Path, towers: Towers, tmp_path: Path) -> None:
    """The second stage decodes at each use, where a photo that cannot be read would end the run."""
    copied = open_dataset(world)
    images = {photo.image_id: photo for photo in copied.split("train")}
    data = tmp_path / "world"
    (data / "images").mkdir(parents=True)
    for photo in copied.split("all"):
        (data / "images" / photo.image_id).write_bytes(photo.path.read_bytes())
    for name in ("captions.json", "splits.json"):
        (data / name).write_bytes((world / name).read_bytes())
    (data / "images" / next(iter(images))).write_bytes(b"no photo")
    settings = recipe(towers, data={"image_cache": "none"}, stages=[stage(epochs=1), stage(epochs=1, image="last-1")])
    notes: list[str] = []
    train(settings, data, tmp_path / "whole", cache=tmp_path / "cache", listener=RunListener(on_note=notes.append))
    assert notes == [f"1 photo cannot be read, e.g. {next(iter(images))}; left out"]
    with pytest.raises(Interrupted):
        train(settings, data, tmp_path / "run", cache=tmp_path / "cache", listener=stop_at(2, 1, []))
    train(settings, data, tmp_path / "run", cache=tmp_path / "cache", resume=True)
    check_same(tmp_path / "run", tmp_path / "whole")


def test_resume_refuses_another_recipe_and_names_its_keys(
    whole_run: tuple[Path, list[EpochLog]], world: Path, towers: Towers, cache: Path
) -> None:
    changed = recipe(towers, seed=5, optimizer={"weight_decay": 0.1})
    with pytest.raises(TrainingError, match=r"other values of optimizer\.weight_decay, seed"):
        train(changed, world, whole_run[0], cache=cache, resume=True)


def test_resume_takes_another_cache_of_photos_and_interval_of_checkpoints(
    world: Path, towers: Towers, cache: Path, tmp_path: Path
) -> None:
    stages = [stage(image="last-1")]
    first = recipe(towers, stages=stages, data={"image_cache": "none"}, trainer={"checkpoint_every_steps": 1})
    _, expected = train(recipe(towers, stages=stages), world, tmp_path / "whole", cache=cache)
    lines: list[EpochLog] = []
    with pytest.raises(Interrupted):
        train(first, world, tmp_path / "run", cache=cache, listener=stop_at(2, 2, lines))
    second = recipe(towers, stages=stages, data={"image_cache": "memory"}, trainer={"checkpoint_every": 2})
    _, rest = train(second, world, tmp_path / "run", cache=cache, resume=True)
    assert losses(lines + rest) == losses(expected)


def test_resume_wants_a_run_and_a_new_run_an_empty_folder(
    whole_run: tuple[Path, list[EpochLog]], world: Path, towers: Towers, cache: Path, tmp_path: Path
) -> None:
    with pytest.raises(TrainingError, match=r"no run in .* remove --resume"):
        train(recipe(towers), world, tmp_path / "run", cache=cache, resume=True)
    with pytest.raises(TrainingError, match="already contains a run; continue it with --resume"):
        train(recipe(towers), world, whole_run[0], cache=cache)


def test_resume_refuses_a_frozen_tower_with_other_weights(
    world: Path, towers: Towers, cache: Path, tmp_path: Path
) -> None:
    moved = {**towers, "text": tmp_path / "text"}
    moved["text"].mkdir()
    for file in towers["text"].iterdir():
        (moved["text"] / file.name).write_bytes(file.read_bytes())
    train(recipe(moved), world, tmp_path / "run", cache=cache)
    from safetensors.torch import load_file, save_file

    weights = load_file(moved["text"] / "model.safetensors")
    name = next(iter(sorted(weights)))
    save_file({**weights, name: weights[name] + 1}, moved["text"] / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(TrainingError, match="weights of the text tower have changed"):
        load_run(tmp_path / "run")


KILLED = """
import os, signal, sys
from pathlib import Path
import torch
from twinlens.data.find import open_dataset
from twinlens.training.recipe import Recipe
from twinlens.training.runs.run import RunListener, run_recipe

torch.set_num_threads(1)
recipe, world, out, cache = sys.argv[1:]

def on_step(epoch, done, steps):
    if (epoch, done) == (4, 2):
        os.kill(os.getpid(), signal.SIGKILL)

run_recipe(
    Recipe.model_validate_json(Path(recipe).read_text()), open_dataset(Path(world)), Path(out),
    cache=Path(cache), listener=RunListener(on_step=on_step),
)
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL here")
def test_killed_process_goes_on_bit_for_bit(
    uninterrupted: Any, world: Path, towers: Towers, cache: Path, tmp_path: Path
) -> None:
    settings = everything(towers)
    (tmp_path / "recipe.json").write_text(settings.model_dump_json(), encoding="utf-8")
    command = [sys.executable, "-c", KILLED, *map(str, (tmp_path / "recipe.json", world, tmp_path / "run", cache))]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=900, env={**os.environ, "MKL_NUM_THREADS": "1"}
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert read_checkpoint(tmp_path / "run" / "last.safetensors").progress.step == 1
    run_recipe(settings, open_dataset(world), tmp_path / "run", cache=cache, resume=True)
    check_same(tmp_path / "run", uninterrupted[0])
