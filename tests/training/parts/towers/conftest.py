"""Tiny models of each family on disk and on a hub of the tests' own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from huggingface_hub import constants

from training.parts.towers.hub import Hub, running_hub
from training.parts.towers.tiny import TEXT, VISION


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folder of each family's tiny model, which no test changes."""
    folder = tmp_path_factory.mktemp("tiny")
    state = torch.get_rng_state()
    torch.manual_seed(5)
    models = {name: save(folder / name) for name, save in {**VISION, **TEXT}.items()}
    torch.set_rng_state(state)
    return models


@pytest.fixture
def hub(tiny_models: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """Serves the tiny models as "tiny/NAME"; the cache is the test's own."""
    with running_hub({f"tiny/{name}": folder for name, folder in tiny_models.items()}) as server:
        # what HF_ENDPOINT and HF_HOME set when the library is imported
        monkeypatch.setattr(constants, "ENDPOINT", server.url)
        monkeypatch.setattr(
            constants, "HUGGINGFACE_CO_URL_TEMPLATE", server.url + "/{repo_id}/resolve/{revision}/{filename}"
        )
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield server
