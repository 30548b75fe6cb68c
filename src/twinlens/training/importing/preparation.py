"""Whether a bundle prepares photos and texts as the checkpoint's own image processor and tokenizer do."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from twinlens.model.bundle import Bundle
from twinlens.model.preprocess import Preprocessing
from twinlens.model.text_encoder import open_tokenizer
from twinlens.training.importing.checkpoint import Checkpoint
from twinlens.training.importing.parity import Probes


@dataclass(frozen=True)
class Preparation:
    """What differs between the two.

    Attributes:
        pixels: the largest difference of a pixel, in steps of a photo's 256 values; infinite if the sizes differ.
        texts: those whose token ids are not the same.
    """

    pixels: float
    texts: tuple[str, ...]


def compare_preparation(checkpoint: Checkpoint, bundle: Bundle, given: Probes) -> Preparation:
    """A bundle's pixels and token ids against those of transformers; texts come one at a time, as queries do."""
    text = bundle.manifest.text
    tokenize, is_full = open_tokenizer(bundle, text), text.padding == "full"
    differing = [
        own
        for own in given.texts
        if tokenize([own]).ids.tolist() != checkpoint.tokenize([own], is_full=is_full)["input_ids"].tolist()
    ]
    steps = [_largest_step(checkpoint, bundle.manifest.image.preprocessing, image) for image in given.images]
    return Preparation(float(np.max(steps)), tuple(differing))


def _largest_step(checkpoint: Checkpoint, preprocessing: Preprocessing, image: Image.Image) -> float:
    ours = preprocessing.normalize(preprocessing.pixels(image)[None])[0]  # [3, H, W]
    theirs = checkpoint.prepare_images([image])[0].numpy()
    if ours.shape != theirs.shape:
        return float("inf")
    return float((np.abs(ours - theirs) * np.asarray(preprocessing.std)[:, None, None]).max() * 255)
