"""Whether a bundle gives the embeddings of the checkpoint that it was made of."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from twinlens.data.images import open_photo
from twinlens.model.onnx_encoder import OnnxDualEncoder
from twinlens.relevance.background import everyday_texts
from twinlens.training.importing.checkpoint import Checkpoint
from twinlens.types import Embeddings

LEAST = 0.9999  # cosine of a photo's or a text's two embeddings
PHOTOS = Path(__file__).with_name("photos")
EVERY = 5  # of the everyday texts, to save time
BATCH = 8


@dataclass(frozen=True)
class Probes:
    """What two models are compared on."""

    images: Sequence[Image.Image]
    texts: Sequence[str]


@dataclass(frozen=True)
class Agreement:
    """Cosines of the embeddings of two models: the mean and the lowest, of photos and of texts."""

    photos: int
    texts: int
    image_mean: float
    image_lowest: float
    text_mean: float
    text_lowest: float

    @property
    def lowest(self) -> float:
        """The lowest cosine of all; NaN if there is one."""
        return float(np.min([self.image_lowest, self.text_lowest]))

    def __str__(self) -> str:
        return (
            f"cosine of {self.photos} photos {self.image_mean:.5f} (lowest {self.image_lowest:.5f}), "
            f"of {self.texts} texts {self.text_mean:.5f} (lowest {self.text_lowest:.5f})"
        )


def probes() -> Probes:
    """The photos that come with twinlens, what they show, and texts of everyday searches."""
    photos = tomllib.loads((PHOTOS / "photos.toml").read_text(encoding="utf-8"))["photo"]
    shown = [photo["shows"] for photo in photos]
    long = " ".join(everyday_texts())  # longer than any model reads
    texts = (*shown, *everyday_texts()[::EVERY], "A Red DOG, on the beach!", "été à Zürich", "一只红色的狗", long)
    return Probes([open_photo(PHOTOS / photo["file"]).image for photo in photos], texts)


def compare_with_checkpoint(checkpoint: Checkpoint, encoder: OnnxDualEncoder, given: Probes) -> Agreement:
    """A bundle against transformers: photos through its image processor, texts through its tokenizer."""
    images = [checkpoint.embed_images(given.images[at : at + BATCH]) for at in range(0, len(given.images), BATCH)]
    texts = [checkpoint.embed_texts(given.texts[at : at + BATCH]) for at in range(0, len(given.texts), BATCH)]
    wanted = (np.concatenate([rows.numpy() for rows in images]), np.concatenate([rows.numpy() for rows in texts]))
    return _agreement(wanted, _embedded(encoder, given))


def compare_bundles(full: OnnxDualEncoder, small: OnnxDualEncoder, given: Probes) -> Agreement:
    """Two bundles of the same model, such as one with smaller weights."""
    return _agreement(_embedded(full, given), _embedded(small, given))


def _embedded(encoder: OnnxDualEncoder, given: Probes) -> tuple[Embeddings, Embeddings]:
    alone = encoder.encode_text(given.texts[:1])  # a query comes alone, without the padding of its neighbours
    texts = np.concatenate([alone, encoder.encode_text(given.texts[1:])])
    return encoder.encode_image(given.images), texts


def _agreement(wanted: tuple[Embeddings, Embeddings], found: tuple[Embeddings, Embeddings]) -> Agreement:
    images, texts = ((first * second).sum(axis=1) for first, second in zip(wanted, found, strict=True))
    return Agreement(
        photos=len(images),
        texts=len(texts),
        image_mean=float(images.mean()),
        image_lowest=float(images.min()),
        text_mean=float(texts.mean()),
        text_lowest=float(texts.min()),
    )
