"""Towers from a hub: what is kept, and what is said when the hub does not answer."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from huggingface_hub import constants

from training.importing.plain_open_clip import PlainOpenClip
from training.parts.towers.checks import pixels
from training.parts.towers.hub import Hub, running_hub
from training.parts.towers.tiny import SIDE
from twinlens.errors import TrainingError
from twinlens.training.parts.image_towers.load import load_image_tower
from twinlens.training.parts.pretrained import open_repository
from twinlens.training.parts.text_towers.load import load_text_tower
from twinlens.training.recipe import Recipe
from twinlens.training.runs.build import build_model


def test_a_tower_that_was_fetched_once_needs_no_hub_again(hub: Hub) -> None:
    first = load_image_tower("tiny/resnet")
    hub.shutdown()
    hub.server_close()
    second = load_image_tower("tiny/resnet")
    assert torch.equal(first(pixels(1, SIDE)), second(pixels(1, SIDE)))


def test_an_unknown_repository_is_one_line_that_says_what_to_do(hub: Hub) -> None:
    with pytest.raises(TrainingError) as caught:
        load_text_tower("tiny/oracle")
    message = str(caught.value)
    assert "\n" not in message
    assert "cannot load 'tiny/oracle' (RepositoryNotFoundError" in message
    assert "give a local directory" in message
    assert "HF_HOME" in message


def test_a_hub_that_cannot_be_reached_is_one_line_too(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(TrainingError, match=r"cannot load 'tiny/vit' .* check the name and the network"):
        load_image_tower("tiny/vit")


def test_offline_nobody_is_asked(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(TrainingError, match="cannot load 'tiny/vit'"):
        load_image_tower("tiny/vit")
    assert hub.requests == []


def test_weights_of_the_old_format_are_fetched_where_there_are_no_others(
    hub: Hub, tiny_models: dict[str, Path], tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(tiny_models["resnet"], tmp_path / "old"))
    expected = load_image_tower(str(folder))
    torch.save({f"resnet.{k}": v for k, v in expected.backbone.state_dict().items()}, folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    hub.repositories["tiny/old"] = folder
    assert torch.equal(load_image_tower("tiny/old")(pixels(1, SIDE)), expected(pixels(1, SIDE)))


def test_what_a_tower_does_not_need_is_not_fetched(hub: Hub, tiny_models: dict[str, Path], tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_models["bert"], tmp_path / "full"))
    for name in (
        "pytorch_model.bin",
        "tf_model.h5",
        "flax_model.msgpack",
        "onnx/model.onnx",
        "2_Dense/model.safetensors",
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"large")
    hub.repositories["tiny/full"] = folder
    load_text_tower("tiny/full")
    fetched = {request.rpartition("/")[2] for request in hub.requests if "/resolve/" in request}
    assert fetched == {"config.json", "model.safetensors", "tokenizer.json"}


def test_a_hub_name_may_end_in_a_revision(hub: Hub) -> None:
    found = open_repository("tiny/clip@refs/pr/15")
    assert found.file("model.safetensors")
    assert any("refs/pr/15" in request or "refs%2Fpr%2F15" in request for request in hub.requests)


def test_a_whole_model_comes_from_the_hub_once_with_its_licence(
    hub: Hub, published: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(shutil.copytree(published["clip"], tmp_path / "clip"))
    (folder / "README.md").write_text("---\nlicense: mit\nlanguage: en\n---\n", encoding="utf-8")
    hub.repositories["tiny/whole"] = folder
    stages = [{"epochs": 1, "learning_rate": 1.0}]
    recipe = Recipe.model_validate({"name": "a", "model": "tiny/whole@refs/pr/15", "stages": stages})
    first = build_model(recipe)
    assert first.origin is not None
    assert (first.origin.license, first.origin.languages) == ("mit", ("en",))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    hub.requests.clear()
    again = build_model(recipe)
    assert hub.requests == []
    assert again.origin == first.origin


def test_a_whole_model_of_open_clip_comes_from_the_hub(hub: Hub, tmp_path: Path) -> None:
    hub.repositories["tiny/open-clip"] = PlainOpenClip().save(tmp_path / "open-clip")
    stages = [{"epochs": 1, "learning_rate": 1.0}]
    assert build_model(Recipe.model_validate({"name": "a", "model": "tiny/open-clip", "stages": stages})).origin


@pytest.mark.slow
def test_a_new_process_uses_the_hub_and_the_cache_of_its_environment(
    tiny_models: dict[str, Path], tmp_path: Path
) -> None:
    script = (
        "from twinlens.training.parts.image_towers.load import load_image_tower as load; "
        "print(load('tiny/vit').features_dim)"
    )
    environment = {**os.environ, "HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "0", "NO_PROXY": "127.0.0.1"}

    def run() -> tuple[int, str, str]:
        done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True)
        return done.returncode, done.stdout, done.stderr

    with running_hub({"tiny/vit": tiny_models["vit"]}) as hub:
        environment["HF_ENDPOINT"] = hub.url
        assert run() == (0, "16\n", "")
        assert hub.requests
    environment["HF_HUB_OFFLINE"] = "1"
    assert run() == (0, "16\n", "")
