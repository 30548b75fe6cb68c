"""``twinlens models import OWNER/NAME``: a checkpoint comes from the hub, is converted, and the download is deleted."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from model.hub.loopback_hub import COMMIT, Hub
from training.importing.published import save_clip, save_sentence_transformers
from twinlens.cli.main import app
from twinlens.model.hub.folder import Folder
from twinlens.model.load import known_bundles, models_folder
from twinlens.training.importing.fetch import checkpoint_files

NAME = "owner/tiny"


@pytest.fixture
def checkpoint(hub: Hub, tmp_path: Path) -> Path:
    """A repository with a checkpoint of CLIP, a pickle of it, and weights of another program."""
    torch.manual_seed(3)
    folder = save_clip(tmp_path / "checkpoint")
    (folder / "README.md").write_text("---\nlicense: mit\nlanguage: en\n---\n# Tiny\n")
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x04 a pickle, never fetched")
    shutil.copyfile(folder / "model.safetensors", folder / "model.fp16.safetensors")
    hub.repositories[NAME] = folder
    return folder


def run(*arguments: str):
    return CliRunner().invoke(app, ["models", "import", *arguments])


@pytest.mark.slow
@pytest.mark.families  # torch writes two graphs
def test_a_repository_is_imported_with_its_licence_and_commit(hub: Hub, checkpoint: Path) -> None:
    made = run(NAME, "--json")
    assert made.exit_code == 0, made.output
    assert f"{NAME} at {COMMIT[:12]}, licence: apache-2.0" in made.stderr
    manifest = json.loads((known_bundles()["tiny"] / "model.json").read_text())
    assert (manifest["license"], manifest["text"]["languages"]) == ("mit", ["en"])
    assert (manifest["source"]["repository"], manifest["source"]["revision"]) == (NAME, COMMIT)
    assert not [place for place in (models_folder() / ".downloads").iterdir() if place.is_dir()]
    fetched = {call.rpartition("/")[2] for call in hub.calls if "/resolve/" in call}
    assert "model.safetensors" in fetched
    assert fetched.isdisjoint({"pytorch_model.bin", "model.fp16.safetensors"})


def test_what_was_downloaded_stays_if_it_cannot_be_converted(hub: Hub, checkpoint: Path) -> None:
    (checkpoint / "config.json").write_text(json.dumps({"model_type": "bert"}))
    refused = run(NAME)
    assert (refused.exit_code, refused.stderr.count("error: ")) == (1, 1)
    assert "is a bert model, which cannot be imported" in refused.stderr
    assert (models_folder() / ".downloads" / "tiny" / COMMIT / "model.safetensors").is_file()
    assert "tiny" not in known_bundles()


def test_a_repository_without_safetensors_and_one_that_is_not_there_are_one_line(hub: Hub, checkpoint: Path) -> None:
    assert "has no model repository owner/none" in run("owner/none").stderr
    for file in checkpoint.glob("*.safetensors"):
        file.unlink()
    refused = run(NAME)
    assert "owner/tiny has no safetensors, and weights in other formats can run code" in refused.stderr
    assert not [call for call in hub.calls if "/resolve/" in call]


def test_the_folder_of_sentence_transformers_is_found(tmp_path: Path) -> None:
    folder = save_sentence_transformers(tmp_path / "model")
    wanted = checkpoint_files(Folder(folder))
    assert {file.partition("/")[0] for file in wanted} == {"0_CLIPModel"}
    assert "0_CLIPModel/model.safetensors" in wanted
