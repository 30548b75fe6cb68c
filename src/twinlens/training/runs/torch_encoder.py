"""A trained torch model as a ``DualEncoder``, for evaluation and search before export."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from PIL import Image

from twinlens.protocols import DualEncoder, EncodedImages
from twinlens.training.feeding.features import weights_digest
from twinlens.training.feeding.inputs import LiveTexts
from twinlens.training.parts.dual_encoder import TwoTowers
from twinlens.types import Box, Embeddings, PhotoHashes, Pixels

TEXT_BATCH = 128


class TorchDualEncoder(DualEncoder):
    """Implements ``DualEncoder`` on the two towers of a run, in eval mode.

    Args:
        model: the two towers.
        device: where they run; the processor by default.
        name: by which a collection remembers the model.
        training_photos: [N, 4], hashes of the photos that it was trained on; None if they are not known.
    """

    name = "torch run"

    def __init__(
        self,
        model: TwoTowers,
        *,
        device: torch.device | None = None,
        name: str = "torch run",
        training_photos: PhotoHashes | None = None,
    ) -> None:
        self.name = name
        self._training_photos = training_photos
        self.device = device or torch.device("cpu")
        self.model = model.eval().to(self.device)
        self.preprocessing = model.image.preprocessing

    @property
    def fingerprint(self) -> str:
        """Hash of the weights; differs from that of the exported bundle."""
        return f"torch-{weights_digest(self.model)}"

    @property
    def computed_on(self) -> str:
        """The device, as torch calls it."""
        return str(self.device).upper()

    @property
    def dim(self) -> int:
        """D."""
        return int(self.encode_text(["a"]).shape[1])

    @property
    def features_dim(self) -> int:
        """F."""
        return self.model.image.tower.features_dim

    @property
    def input_side(self) -> int:
        """Pixels a decoded photo's shorter side should at least have."""
        return self.preprocessing.resized_side

    def prepare(self, image: Image.Image) -> Pixels:
        """[H, W, 3] uint8."""
        return self.preprocessing.pixels(image)

    @property
    def preparation(self) -> Callable[[Image.Image], Pixels]:
        """``prepare`` as a function that can be pickled."""
        return self.preprocessing.pixels

    @torch.no_grad()
    def encode_pixels(self, pixels: Pixels) -> EncodedImages:
        """Embeddings [B, D] and features [B, F] of prepared photos [B, H, W, 3]."""
        normalized = torch.from_numpy(self.preprocessing.normalize(pixels)).to(self.device)
        features = self.model.image.tower(normalized)
        return EncodedImages(self.model.image.head(features).cpu().numpy(), features.cpu().numpy())

    def encode_image(self, images: Sequence[Image.Image]) -> Embeddings:
        """[B, D]."""
        return self.encode_pixels(np.stack([self.prepare(image) for image in images])).embeddings

    def seen_part(self, text: str) -> str:
        """The start of a text that the model reads."""
        tokenizer = LiveTexts([text], self.model.text.tower.tokenizer, max_tokens=self.model.text.max_tokens).tokenizer
        encoding = tokenizer.encode(text)
        return text[: max(end for _, end in encoding.offsets)] if encoding.overflowing else text

    def seen_box(self, image: Image.Image) -> Box:
        """What the model sees of a photo, in the photo's pixels."""
        return self.preprocessing.seen_box(image)

    def training_photos(self) -> PhotoHashes | None:
        """[N, 4], hashes of the photos that the model was trained on; None if they are not known."""
        return self._training_photos

    @torch.no_grad()
    def encode_text(self, texts: Sequence[str]) -> Embeddings:
        """[B, D]."""
        tower = self.model.text.tower
        inputs = LiveTexts(texts, tower.tokenizer, max_tokens=self.model.text.max_tokens)
        rows = []
        for start in range(0, len(texts), TEXT_BATCH):
            taken = inputs.take(torch.arange(start, min(start + TEXT_BATCH, len(texts))), epoch=None)
            rows.append(self.model.text(*(part.to(self.device) for part in taken)).cpu())
        return np.asarray(torch.cat(rows).numpy(), dtype=np.float32)
