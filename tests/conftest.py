"""Fixtures that all tests share: a small real encoder and folders of photos drawn in code."""

import filecmp
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from PIL import Image

from colour_encoder import COLOURS, ColourEncoder
from twinlens.model import graph, text_encoder
from twinlens.model.bundle import TOKENIZER, WEIGHTS, Bundle, TextTower
from twinlens.model.load import DEFAULT_BUNDLE
from twinlens.model.tokenizer import TextTokenizer

settings.register_profile(  # a busy machine keeps no time
    "twinlens", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("twinlens")
os.environ.setdefault("TWINLENS_WATCH", "0")  # tests change the libraries of servers, and say when to index


@pytest.fixture
def encoder() -> ColourEncoder:
    return ColourEncoder()


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Collections and models that cannot lie beside photos go to a folder of the test."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("TWINLENS_HOME", str(home))
    return home


def is_embedded(file: Path) -> bool:
    """Whether a file of a bundle is one of the embedded model, or a copy, and so are the weights of a graph."""
    names = [name for name in (file.name, WEIGHTS.get(file.name)) if name and (DEFAULT_BUNDLE / name).exists()]
    ours = [(file.with_name(name), DEFAULT_BUNDLE / name) for name in names]
    return bool(ours) and all(mine.exists() and filecmp.cmp(mine, its) for mine, its in ours)


@pytest.fixture(scope="session", autouse=True)
def open_embedded_model_once() -> Iterator[None]:
    """Graphs and tokenizers of the embedded model, half a second's work, are shared by all tests of a worker.

    They keep no state. Hashes are checked as always, and what differs from the embedded model is opened anew.
    """
    open_session, open_tokenizer = graph.open_session, text_encoder.open_tokenizer
    sessions: dict[str, Any] = {}
    tokenizers: dict[str, TextTokenizer] = {}

    def session_once(path: Path, *, quantization: str = "float32") -> Any:
        if not is_embedded(path) or os.environ.get("TWINLENS_DEVICE"):
            return open_session(path, quantization=quantization)
        if path.name not in sessions:
            sessions[path.name] = open_session(path, quantization=quantization)
        return sessions[path.name]

    def tokenizer_once(bundle: Bundle, tower: TextTower, name: str = TOKENIZER) -> TextTokenizer:
        if not is_embedded(bundle.directory / name):
            return open_tokenizer(bundle, tower, name)
        key = f"{name} {tower}"
        if key not in tokenizers:
            tokenizers[key] = open_tokenizer(bundle, tower, name)
        return tokenizers[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(graph, "open_session", session_once)
        patch.setattr(text_encoder, "open_tokenizer", tokenizer_once)
        yield


def draw_photo(path: Path, colour: str = "red", *, seed: int = 0, size: tuple[int, int] = (48, 36)) -> Path:
    """A photo of one colour with a little noise; the seed changes its bytes, not its colour."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).integers(-6, 7, size=(size[1], size[0], 3))
    pixels = (np.array(COLOURS[colour]) + noise).clip(0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def without_date(path: Path) -> Path:
    """The same file, with a file date that is none."""
    os.utime(path, (0, 0))
    return path


PhotoMaker = Callable[..., Path]


@pytest.fixture
def make_photo(tmp_path: Path) -> PhotoMaker:
    """Draws a photo below ``tmp_path / "photos"``, as ``draw_photo`` does."""

    def make(name: str, *colour: str, **options: Any) -> Path:
        return draw_photo(tmp_path / "photos" / name, *colour, **options)

    return make
