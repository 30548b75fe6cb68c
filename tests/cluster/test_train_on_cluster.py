"""Workers of a cluster that share every batch take the steps of one process."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from twinlens.api import lab, lab_on_cluster
from twinlens.cluster.connection import Cluster
from twinlens.cluster.ranks import run_ranks
from twinlens.errors import TrainingError

# no attention and no dropout in towers: what differs is rounding
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


class LostOnce:
    """The second process dies the first time, in the second epoch: there is a checkpoint then."""

    def __init__(self, mark: Path, run: Path) -> None:
        self.mark, self.run = mark, run

    def __call__(self, tell: Any, **asked: Any) -> Any:
        from twinlens.training.loop.processes import Processes

        average = Processes.average_gradients

        def die(processes: Processes, *parameters: Any) -> None:
            if (self.run / "last.safetensors").exists():
                self.mark.touch()
                os.kill(os.getpid(), signal.SIGKILL)
            average(processes, *parameters)

        if os.environ["RANK"] == "1" and not self.mark.exists():
            Processes.average_gradients = die  # type: ignore[method-assign]
        return TRAIN_RANK(tell, **asked)


@pytest.mark.thorough
def test_two_workers_equal_one_process_though_one_is_lost(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    from training.tiny_world import draw_world, save_image_tower
    from twinlens.training.loop.checkpoints import read_checkpoint

    world, recipe = draw_world(tmp_path / "shapes"), tmp_path / "shapes.toml"
    torch.manual_seed(3)
    recipe.write_text(RECIPE.format(image=save_image_tower(tmp_path / "image")), encoding="utf-8")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    lab.train(recipe, world, tmp_path / "alone")
    torch.set_num_threads(threads)
    monkeypatch.setattr(lab_on_cluster, "train_rank", LostOnce(tmp_path / "lost", tmp_path / "shared"))
    epochs: list[int] = []
    notes: list[str] = []
    heard = lab.run_listener()
    heard.on_epoch, heard.on_note = lambda line: epochs.append(line.epoch), notes.append
    finished = lab_on_cluster.train_on(cluster, recipe, world, tmp_path / "shared", listener=heard)
    assert (tmp_path / "lost").exists()
    assert any("a worker was lost" in note for note in notes)
    assert epochs == [1, 2]
    assert json.loads((tmp_path / "shared" / "environment.json").read_text())["processes"] == 2
    assert finished.validation["n_images"] == 36
    one, other = (read_checkpoint(tmp_path / name / "last.safetensors").tensors for name in ("alone", "shared"))
    assert one.keys() == other.keys()
    for name in (name for name in one if name.startswith(("model.", "loss."))):
        assert torch.allclose(one[name], other[name], atol=1e-5, rtol=1e-5), name


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
