"""A small, true dual encoder, in a module of its own: a program on another machine of a cluster can be sent it."""

from collections.abc import Sequence

import numpy as np
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
