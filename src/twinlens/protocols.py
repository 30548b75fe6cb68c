"""The seams: what a data set, a dual encoder, a loss and a vector store must offer."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from twinlens.types import CaptionedImage, Embeddings, Features, Ids, Pixels

TensorT = TypeVar("TensorT")  # torch's tensor, which this floor may not import


class Dataset(Protocol):
    """Captioned photos, split by photo."""

    @property
    def name(self) -> str:
        """What reports call this data set."""

    def splits(self) -> tuple[str, ...]:
        """Names of the splits besides ``all``, in file order."""

    def split(self, name: str) -> Sequence[CaptionedImage]:
        """The photos of one split, or of ``all``.

        Raises:
            DataError: there is no such split.
        """


class EncodedImages(NamedTuple):
    """What an image tower gives for a batch of B photos."""

    embeddings: Embeddings  # [B, D], unit rows
    features: Features | None  # [B, F], pooled backbone features, where the model gives them


class DualEncoder(Protocol):
    """Two towers, one space: photos and texts become comparable unit vectors."""

    @property
    def fingerprint(self) -> str:
        """Hash of everything that decides an embedding: weights, tokenizer, preprocessing."""

    @property
    def dim(self) -> int:
        """D, the length of an embedding."""

    @property
    def features_dim(self) -> int:
        """F, the length of the pooled features; 0 when the model gives none."""

    @property
    def input_side(self) -> int:
        """Pixels a decoded photo's shorter side should at least have before ``prepare``."""

    def prepare(self, image: Image.Image) -> Pixels:
        """[H, W, 3] uint8, one RGB photo resized and cropped as the model expects."""

    def encode_pixels(self, pixels: Pixels) -> EncodedImages:
        """Embeds B prepared photos, [B, H, W, 3] uint8."""

    def encode_image(self, images: Sequence[Image.Image]) -> Embeddings:
        """[B, D], one unit row a photo."""

    def encode_text(self, texts: Sequence[str]) -> Embeddings:
        """[B, D], one unit row a text."""


class Loss(Protocol[TensorT]):
    """Pulls matching pairs of an image and a text together, and others apart."""

    @property
    def logit_scale(self) -> float:
        """1 / temperature, as it is now."""

    def __call__(self, images: TensorT, texts: TensorT, photo_ids: TensorT) -> TensorT:
        """Scalar loss of B pairs, a mean over them.

        Args:
            images: [B, D], unit rows.
            texts: [B, D], unit rows; row i belongs to row i of images.
            photo_ids: [B], integers; pairs that share a photo are never negatives of each other.
        """


class Neighbours(NamedTuple):
    """The K best rows for each of Q queries, best first; K shrinks when fewer rows qualify."""

    ids: Ids  # [Q, K]
    scores: NDArray[np.float32]  # [Q, K], cosine, higher is better


class VectorStore(Protocol):
    """id → unit vector, and the k nearest under a filter.

    A store mirrors a catalog: ``generation`` says which state of it.
    """

    @property
    def generation(self) -> int:
        """The catalog generation that this store mirrors; 0 for an empty store."""

    def __len__(self) -> int:
        """Number of vectors."""

    def ids(self) -> Ids:
        """[N], the ids in the store, ascending."""

    def refresh(self) -> None:
        """Takes over what another process may have written since."""

    def clear(self) -> None:
        """Forgets everything."""

    def update(self, added: Iterator[tuple[Ids, Embeddings]], removed: Ids, *, generation: int) -> None:
        """Brings the store to ``generation``: drops ``removed``, then adds or replaces ``added``, block by block."""

    def differs(self, ids: Ids, vectors: Embeddings) -> bool:
        """True when what is stored for ``ids`` (ascending, all present) is not ``vectors`` [N, D]."""

    def search(self, queries: Embeddings, k: int, *, among: Ids | None = None) -> Neighbours:
        """The k rows with the highest cosine to each of queries [Q, D].

        Equal scores are ordered by id. ``among`` is applied before the top k, so
        a filter never loses results.
        """
