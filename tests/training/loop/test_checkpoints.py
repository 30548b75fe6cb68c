"""Checkpoints: read as written, whole or not at all, also on a full disk."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from twinlens.errors import TrainingError
from twinlens.training.loop.checkpoints import (
    Progress,
    optimizer_tensors,
    read_checkpoint,
    restore_optimizer,
    write_checkpoint,
)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    progress = Progress(1, 7, 2, 3, {"loss": 0.1 + 0.2}, 31.5, 6, 1, left_out=["ä.jpg"])
    tensors = {
        "model.a": torch.randn(3, 2).T,
        "loss.scale": torch.tensor(2.5),
        "order": torch.tensor([2, 0, 1]),
        "optimizer.model.a.step": torch.tensor(4.0),
    }
    write_checkpoint(tmp_path / "run" / "last.safetensors", progress, tensors, towers={"text": "abc"})
    found = read_checkpoint(tmp_path / "run" / "last.safetensors")
    assert (found.progress, found.towers) == (progress, {"text": "abc"})
    assert found.tensors.keys() == tensors.keys()
    assert all(torch.equal(found.tensors[name], value) for name, value in tensors.items())
    assert found.part("model").keys() == {"a"}
    assert [file.name for file in (tmp_path / "run").iterdir()] == ["last.safetensors"]


def test_an_optimizer_goes_on_as_if_it_had_never_stopped() -> None:
    torch.manual_seed(0)
    weights = [nn.Parameter(torch.randn(3, 2)), nn.Parameter(torch.randn(2))]
    copies = [nn.Parameter(weight.detach().clone()) for weight in weights]
    first = torch.optim.AdamW(weights, lr=0.1)

    def step(optimizer: torch.optim.Optimizer, parameters: list[nn.Parameter], scale: float) -> None:
        for number, parameter in enumerate(parameters):
            parameter.grad = torch.full_like(parameter, scale + number)
        optimizer.step()

    step(first, weights, 1.0)
    kept = optimizer_tensors(first, {id(weight): f"w{number}" for number, weight in enumerate(weights)})
    for copy, weight in zip(copies, weights, strict=True):
        copy.data.copy_(weight)
    second = torch.optim.AdamW(copies, lr=0.1)
    names = {id(weight): f"w{number}" for number, weight in enumerate(copies)}
    restore_optimizer(second, names, {name.removeprefix("optimizer."): value.clone() for name, value in kept.items()})
    step(first, weights, -2.0)
    step(second, copies, -2.0)
    assert all(torch.equal(weight, copy) for weight, copy in zip(weights, copies, strict=True))


@pytest.mark.parametrize("damage", [b"", b"no tensors at all", None])
def test_a_damaged_checkpoint_is_named(damage: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "last.safetensors"
    write_checkpoint(path, Progress(), {"model.a": torch.ones(1000)})
    path.write_bytes(path.read_bytes()[:-100] if damage is None else damage)
    with pytest.raises(TrainingError, match=r"last\.safetensors is damaged .* use the run's other checkpoint"):
        read_checkpoint(path)


def test_a_checkpoint_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="there is no checkpoint at"):
        read_checkpoint(tmp_path / "last.safetensors")


WRITES_TOO_MUCH = """
import resource, sys
from pathlib import Path
import torch
from twinlens.errors import TrainingError
from twinlens.training.loop.checkpoints import Progress, write_checkpoint

resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    write_checkpoint(Path(sys.argv[1]), Progress(epoch=2), {"model.a": torch.zeros(100_000)})
except TrainingError as error:
    print(error)
"""


@pytest.mark.skipif(os.name == "nt", reason="there are no limits of a file's size here")
def test_a_full_disk_keeps_the_checkpoint_before(tmp_path: Path) -> None:
    """The system refuses to let a file grow, as it does on a full disk."""
    path = tmp_path / "last.safetensors"
    write_checkpoint(path, Progress(epoch=1), {"model.a": torch.ones(5)})
    command = [sys.executable, "-c", WRITES_TOO_MUCH, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=True)
    assert f"the checkpoint {path} cannot be written" in done.stdout
    assert f"the previous one is intact in {path}; free disk space and continue with --resume" in done.stdout
    assert read_checkpoint(path).progress.epoch == 1
    assert [file.name for file in tmp_path.iterdir()] == ["last.safetensors"]
