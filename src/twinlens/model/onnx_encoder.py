"""A dual encoder that runs a bundle's two towers in ONNX Runtime."""

import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from twinlens.errors import BundleError
from twinlens.model.bundle import IMAGE_MODEL, TEXT_MODEL, TOKENIZER, Bundle
from twinlens.model.tokenizer import TextTokenizer
from twinlens.protocols import EncodedImages
from twinlens.types import Embeddings, Pixels

IMAGE_BATCH = 16  # above this the activations leave the cache and the towers run no faster
TEXT_BATCH = 64


class OnnxDualEncoder:
    """Implements ``DualEncoder`` on a model bundle.

    Each tower is opened, and its file's hash checked, on its first use, so that a
    search by words never loads the image tower. One encoder may be shared between
    threads; processes should each open their own.

    Args:
        bundle: an opened bundle.
        threads: processor threads of each tower; None = half of the cores for images, all for texts.
    """

    def __init__(self, bundle: Bundle, *, threads: int | None = None) -> None:
        self.bundle = bundle
        self.manifest = bundle.manifest
        self._threads = threads

    @property
    def name(self) -> str:
        """The model's name, from its manifest."""
        return self.manifest.name

    @property
    def fingerprint(self) -> str:
        """Hash of weights, tokenizer and preprocessing."""
        return self.bundle.fingerprint

    @property
    def dim(self) -> int:
        """D, the length of an embedding."""
        return self.manifest.embedding_dim

    @property
    def features_dim(self) -> int:
        """F, the length of the pooled features."""
        return self.manifest.image.features_dim

    @property
    def input_side(self) -> int:
        """Pixels that the shorter side of a decoded photo should at least have."""
        return self.manifest.image.preprocessing.resized_side

    def prepare(self, image: Image.Image) -> Pixels:
        """[H, W, 3] uint8: one RGB photo, resized and cropped as the manifest says."""
        return self.manifest.image.preprocessing.pixels(image)

    def encode_pixels(self, pixels: Pixels) -> EncodedImages:
        """Embeds B prepared photos, [B, H, W, 3] uint8, in batches the processor likes."""
        embeddings = np.empty((len(pixels), self.dim), dtype=np.float32)
        features = np.empty((len(pixels), self.manifest.image.features_dim), dtype=np.float32)
        for start in range(0, len(pixels), IMAGE_BATCH):
            rows = slice(start, start + IMAGE_BATCH)
            inputs = {"pixels": self.manifest.image.preprocessing.normalize(pixels[rows])}
            embeddings[rows], features[rows] = self._image_session.run(["embedding", "features"], inputs)
        return EncodedImages(embeddings, features)

    def encode_image(self, images: Sequence[Image.Image]) -> Embeddings:
        """[B, D], one unit row for each photo (RGB, upright; see ``data.images.open_photo``)."""
        if not images:
            return np.empty((0, self.dim), dtype=np.float32)
        return self.encode_pixels(np.stack([self.prepare(image) for image in images])).embeddings

    def encode_text(self, texts: Sequence[str]) -> Embeddings:
        """[B, D], one unit row for each text.

        Text past the manifest's ``max_tokens`` is not seen; ``seen_part`` tells what is read.
        """
        embeddings = np.empty((len(texts), self.dim), dtype=np.float32)
        # Texts of like length share a batch: padding costs as much as words do.
        order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
        for start in range(0, len(order), TEXT_BATCH):
            rows = order[start : start + TEXT_BATCH]
            tokens = self._tokenizer([texts[row] for row in rows])
            inputs = {"input_ids": tokens.ids, "attention_mask": tokens.mask}
            (embeddings[rows],) = self._text_session.run(["embedding"], inputs)
        return embeddings

    def seen_part(self, text: str) -> str:
        """The start of a text that the model reads; all of it when it is short enough."""
        return self._tokenizer.seen_part(text)

    def warm_up(self, *, image: bool = False) -> None:
        """Loads the text tower (and the image tower) now rather than at the first query."""
        self.encode_text(["warm-up"])
        if image:
            side = self.manifest.image.preprocessing.image_size
            self.encode_pixels(np.zeros((1, side, side, 3), dtype=np.uint8))

    @cached_property
    def _tokenizer(self) -> TextTokenizer:
        return TextTokenizer(self.bundle.verified(TOKENIZER), max_tokens=self.manifest.text.max_tokens)

    @cached_property
    def _image_session(self) -> Any:
        outputs = {"embedding": self.dim, "features": self.features_dim}
        # half of the cores: the others decode the next photos, and fewer threads waste less on waiting for each other
        threads = self._threads or max(1, (os.cpu_count() or 1) // 2)
        return self._open(self.bundle.verified(IMAGE_MODEL), outputs, threads)

    @cached_property
    def _text_session(self) -> Any:
        return self._open(self.bundle.verified(TEXT_MODEL), {"embedding": self.dim}, self._threads)

    def _open(self, path: Path, outputs: dict[str, int], threads: int | None) -> Any:
        import onnxruntime  # 0.1 s: not before a tower is needed

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        # idle threads that spin take a core from the decoders and from the vector scan
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        if threads is not None:
            options.intra_op_num_threads = threads
        try:
            session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise BundleError(f"{path} cannot be opened by ONNX Runtime {onnxruntime.__version__}: {error}") from error
        found = {output.name: output.shape[-1] for output in session.get_outputs()}
        for name, wanted in outputs.items():
            length = found.get(name)
            if name not in found or (isinstance(length, int) and length != wanted):  # a name is a free dimension
                raise BundleError(
                    f"{path} does not fit its manifest: output {name!r} of length {wanted} was expected, got {found}; "
                    "export the model again"
                )
        return session
