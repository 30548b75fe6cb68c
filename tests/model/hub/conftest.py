"""A hub on the loopback interface, and a tiny model as it is published there."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from model.hub.loopback_hub import Hub, start_hub

NAME = "owner/tiny-clip"
PHOTOS = {
    "do_resize": True,
    "size": 16,
    "do_center_crop": False,
    "resample": 2,
    "do_normalize": True,
    "image_mean": [0.5, 0.4, 0.3],
    "image_std": [0.2, 0.25, 0.3],
    "rescale_factor": 0.00392156862745098,
}


@pytest.fixture
def repository(tmp_path: Path, model_files: dict[str, Path]) -> Path:
    """The tiny model of ``tests/model`` in transformers.js's layout."""
    folder = tmp_path / "repository"
    (folder / "onnx").mkdir(parents=True)
    shutil.copyfile(model_files["image.onnx"], folder / "onnx/vision_model.onnx")
    shutil.copyfile(model_files["text.onnx"], folder / "onnx/text_model.onnx")
    shutil.copyfile(model_files["tokenizer.json"], folder / "tokenizer.json")
    settings: dict[str, Any] = {
        "config.json": {"model_type": "clip", "text_config": {"max_position_embeddings": 8}},
        "preprocessor_config.json": PHOTOS,
        "tokenizer_config.json": {"pad_token": "[PAD]", "model_max_length": 8},
    }
    for name, fields in settings.items():
        (folder / name).write_text(json.dumps(fields))
    (folder / "README.md").write_text("---\nlicense: mit\ntags: [vision]\n---\n# Tiny\n")
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x04 a pickle, never fetched")
    return folder


@pytest.fixture
def hub(repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    """A hub that has the tiny model as ``NAME``."""
    from huggingface_hub import constants

    hub, server = start_hub()
    hub.repositories[NAME] = repository
    monkeypatch.setattr(constants, "ENDPOINT", hub.url)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", hub.url + "/{repo_id}/resolve/{revision}/{filename}")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("HF_TOKEN", raising=False)
    yield hub
    hub.closed.set()
    server.shutdown()
    server.server_close()
