"""Workers of a cluster that share every batch take the steps of one process."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
import torch

from training.tiny_world import draw_world, save_image_tower
from twinlens.api import lab, lab_on_cluster
from twinlens.cluster.connection import Cluster
from twinlens.cluster.ranks import run_ranks
from twinlens.errors import TrainingError
from twinlens.training.loop.checkpoints import read_checkpoint

# no attention and no norm of a batch: what differs is rounding
RECIPE = """
name = "shapes"
embedding_dim = 16
image = {{ tower = '{image}' }}
text = {{ tower = "lstm", max_tokens = 12, options = {{ hidden = 24, word_dim = 16, layers = 1, dropout = 0.0 }} }}
optimizer = {{ batch_size = 48 }}
trainer = {{ device = "cpu" }}
stages = [{{ epochs = 2, learning_rate = 1e-3, text = "all" }}]
"""


TRAIN_RANK = lab_on_cluster.train_rank


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_world(tmp_path_factory.mktemp("world") / "shapes")


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recipe")
    torch.manual_seed(3)
    path = folder / "shapes.toml"
    path.write_text(RECIPE.format(image=save_image_tower(folder / "image")), encoding="utf-8")
    return path


class LostOnce:
    """The second process dies the first time."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __call__(self, tell: Any, **asked: Any) -> Any:
        if os.environ["RANK"] == "1" and not self.mark.exists():
            self.mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return TRAIN_RANK(tell, **asked)


@pytest.mark.thorough
def test_two_workers_equal_one_process_though_one_is_lost(
    recipe: Path, world: Path, cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    lab.train(recipe, world, tmp_path / "alone")
    torch.set_num_threads(threads)
    monkeypatch.setattr(lab_on_cluster, "train_rank", LostOnce(tmp_path / "lost"))
    epochs: list[int] = []
    notes: list[str] = []
    heard = lab.run_listener()
    heard.on_epoch, heard.on_note = lambda line: epochs.append(line.epoch), notes.append
    finished = lab_on_cluster.train_on(cluster, recipe, world, tmp_path / "shared", listener=heard)
    assert any("a worker was lost" in note for note in notes)
    assert epochs == [1, 2]
    assert json.loads((tmp_path / "shared" / "environment.json").read_text())["processes"] == 2
    assert finished.validation["n_images"] == 36
    one, other = (read_checkpoint(tmp_path / name / "last.safetensors").tensors for name in ("alone", "shared"))
    assert one.keys() == other.keys()
    for name in (name for name in one if name.startswith(("model.", "loss."))):
        assert torch.allclose(one[name], other[name], atol=1e-4, rtol=1e-4), name


def test_what_a_process_raises_ends_all_and_is_told(cluster: Cluster) -> None:
    with pytest.raises(TrainingError, match="process 1 of 2 fails"):
        run_ranks(cluster, _fails, {"which": "1"})
    told: list[Any] = []
    assert run_ranks(cluster, _tells, {}, on_event=lambda *event: told.append(event)) == "0 of 2"
    assert told == [("on_note", ("hello from 0",))]


def _fails(tell: Any, *, which: str) -> None:
    if os.environ["RANK"] == which:
        raise TrainingError(f"process {which} of {os.environ['WORLD_SIZE']} fails")
    raise RuntimeError("connection closed by peer")


def _tells(tell: Any) -> str:
    tell("on_note", (f"hello from {os.environ['RANK']}",))
    return f"{os.environ['RANK']} of {os.environ['WORLD_SIZE']}"
