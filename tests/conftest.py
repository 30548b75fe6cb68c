"""Fixtures that all tests share: a small real encoder and folders of photos drawn in code."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from twinlens.protocols import DualEncoder, EncodedImages
from twinlens.types import Embeddings, Pixels

COLOURS = {
    "red": (200, 30, 30),
    "green": (30, 180, 40),
    "blue": (30, 40, 200),
    "yellow": (220, 210, 40),
    "white": (250, 250, 250),
    "black": (8, 8, 8),
}


class ColourEncoder(DualEncoder):
    """A small, true dual encoder: a photo is its mean colour, a text the colours it names.

    Colours stand at the corners of a 3-d space around mid-grey, so that "red" is near red photos.
    """

    name, fingerprint, dim, features_dim, input_side = "colours", "", 8, 3, 16

    def __init__(self, *, fingerprint: str = "colour0000000001", dim: int = 8, name: str = "colours") -> None:
        self.fingerprint = fingerprint
        self.dim = dim
        self.name = name

    def prepare(self, image: Image.Image) -> Pixels:
        return np.asarray(image.resize((16, 16), Image.Resampling.BOX))

    def encode_pixels(self, pixels: Pixels) -> EncodedImages:
        colours = pixels.reshape(len(pixels), -1, 3).mean(axis=1).astype(np.float32)
        return EncodedImages(self._embed(colours), colours)

    def encode_image(self, images: Sequence[Image.Image]) -> Embeddings:
        return self.encode_pixels(np.stack([self.prepare(image) for image in images])).embeddings

    def encode_text(self, texts: Sequence[str]) -> Embeddings:
        named = [
            [COLOURS[word] for word in text.lower().split() if word in COLOURS] or [(128, 120, 128)] for text in texts
        ]
        return self._embed(np.array([np.mean(colours, axis=0) for colours in named], dtype=np.float32))

    def _embed(self, colours: np.ndarray) -> Embeddings:
        rows = np.zeros((len(colours), self.dim), dtype=np.float32)
        rows[:, :3] = (colours - 127.5) / 127.5
        rows[:, 3] = 0.05
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture
def encoder() -> ColourEncoder:
    return ColourEncoder()


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Collections and models that cannot lie beside photos go to a folder of the test."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("TWINLENS_HOME", str(home))
    return home


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
