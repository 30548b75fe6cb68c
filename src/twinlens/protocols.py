"""The interfaces between packages: data set, dual encoder, loss, vector store."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from twinlens.errors import BundleError
from twinlens.types import (
    Box,
    CaptionedImage,
    Embeddings,
    Features,
    Grade,
    Grids,
    Ids,
    ModelDescription,
    PhotoHashes,
    Pixels,
    QueryKind,
    TextPiece,
    TowerDescription,
    WordCheck,
)

DEFAULT_INPUT_SIDE = 224  # pixels, of most published towers
TensorT = TypeVar("TensorT")  # torch's tensor; this module must not import torch


class Dataset(Protocol):
    """Captioned photos, split by photo."""

    @property
    def name(self) -> str:
        """The data set's name in reports."""

    def splits(self) -> tuple[str, ...]:
        """Names of the splits besides ``all``, in file order."""

    def split(self, name: str) -> Sequence[CaptionedImage]:
        """The photos of one split, or of ``all``.

        Raises:
            DataError: there is no such split.
        """


class EncodedImages(NamedTuple):
    """Output of an image tower for a batch of B photos."""

    embeddings: Embeddings  # [B, D], unit rows
    features: Features | None  # [B, F], pooled backbone features, if the model has them


class Judgement(Protocol):
    """What the scores of one query mean."""

    def probability(self, scores: Sequence[float]) -> NDArray[np.float64]:
        """[K], probability that each hit is right; monotonic in the score."""

    def grades(self, scores: Sequence[float]) -> Sequence[Grade | None]:
        """The grade of each of K hits; a better score has never a lower one."""

    def grades_of(self, probabilities: Sequence[float]) -> Sequence[Grade | None]:
        """The grade of each of K probabilities."""


class Judge(Protocol):
    """Judges hits from their scores, each by itself."""

    def judge(self, query: Embeddings, kind: QueryKind) -> Judgement | None:
        """What scores of a query mean; None for a kind of query that is not calibrated.

        Args:
            query: [D], unit length.
            kind: what the query is made of.
        """


class DualEncoder(Protocol):
    """Two towers that map photos and texts to unit vectors in one space.

    A class that inherits from this protocol must implement the first five members; the others
    have defaults that are sufficient for indexing and searching.
    """

    @property
    def name(self) -> str:
        """The model's name, which a collection records."""

    @property
    def fingerprint(self) -> str:
        """Hash of everything that affects an embedding: weights, tokenizer, preprocessing."""

    @property
    def dim(self) -> int:
        """D, the embedding dimension."""

    def encode_image(self, images: Sequence[Image.Image]) -> Embeddings:
        """[B, D], one unit row for each photo (RGB, upright)."""

    def encode_text(self, texts: Sequence[str]) -> Embeddings:
        """[B, D], one unit row for each text."""

    # --- indexing -----------------------------------------------------------------------------

    @property
    def features_dim(self) -> int:
        """F, the dimension of the pooled features; 0 if the model has none."""
        return 0

    @property
    def input_side(self) -> int:
        """Minimum length of a decoded photo's shorter side before ``prepare``, in pixels."""
        return DEFAULT_INPUT_SIDE

    @property
    def same_features(self) -> tuple[str, ...]:
        """Fingerprints of older models whose pooled features are this one's, so that ``embed_features`` applies."""
        return ()

    def embed_features(self, features: Features) -> Embeddings:
        """[B, D], unit rows of pooled features [B, F]: photos in this model's space, without reading them again.

        Raises:
            BundleError: the model cannot.
        """
        raise BundleError(f"model {self.name!r} does not embed features {list(features.shape)}; index the photos again")

    @property
    def queries_only(self) -> bool:
        """True for a bridged stand-in of a collection's model, which may embed queries but not index photos."""
        return False

    def prepare(self, image: Image.Image) -> Pixels:
        """[H, W, 3] uint8, one RGB photo resized and cropped as the model expects; the same size for all photos."""
        return np.asarray(image.resize((self.input_side, self.input_side), Image.Resampling.BICUBIC))

    @property
    def preparation(self) -> Callable[[Image.Image], Pixels] | None:
        """The same as ``prepare``, as a function that can be pickled for a decoder process; None if there is none."""
        return None

    def encode_pixels(self, pixels: Pixels) -> EncodedImages:
        """Embeds B prepared photos, [B, H, W, 3] uint8."""
        return EncodedImages(self.encode_image([Image.fromarray(one) for one in pixels]), None)

    def opener(self, *, threads: int | None = 1) -> Callable[[], "DualEncoder"]:  # noqa: ARG002
        """Opens this model in another process; can be pickled and sent to another machine.

        Args:
            threads: that share a batch there, as far as the model can say; None = one for each core.
        """
        return partial(_itself, self)

    # --- searching and judging ------------------------------------------------------------------

    def seen_part(self, text: str) -> str:
        """The beginning of a text, as far as the model reads it; all of a short text."""
        return text

    def check_words(
        self,
        text: str,  # noqa: ARG002 - a default that knows no words
        *,
        is_known_here: Callable[[str], bool],  # noqa: ARG002
    ) -> WordCheck | None:
        """Looks for words that the model does not know; None if it cannot tell.

        Args:
            text: words of a query.
            is_known_here: whether the library knows a word.
        """
        return None

    def relevance(self) -> Judge | None:
        """The model's calibration; None if it has none, so that hits are judged by ``relevance.background``."""
        return None

    def training_photos(self) -> PhotoHashes | None:
        """[N, 4] hashes of the photos that the model was trained on; None if they are not known."""
        return None

    def warm_up(self, *, image: bool = False) -> None:  # noqa: ARG002 - a default that has nothing to load
        """Loads everything that the first query (and the first photo) needs."""
        return

    @property
    def computed_on(self) -> str:
        """What computes its towers, for people, such as "CPU" or "CUDA"."""
        return "CPU"

    def verify(self) -> None:
        """Checks that the model's files are undamaged.

        Raises:
            BundleError: one is damaged or missing.
        """
        return

    # --- explaining ---------------------------------------------------------------------------

    @property
    def has_grid(self) -> bool:
        """True if ``encode_grid`` works; otherwise photos are explained by occlusion."""
        return type(self).encode_grid is not DualEncoder.encode_grid

    def encode_grid(self, images: Sequence[Image.Image]) -> Grids:
        """[B, rows, columns, D], each cell of a photo in the embedding space, before normalization.

        Raises:
            BundleError: the model has no grid output.
        """
        raise BundleError(
            f"model {self.name!r} has no grid output ({len(images)} photos); explain covers parts instead"
        )

    def seen_box(self, image: Image.Image) -> Box:
        """The part of a photo that the model sees: left, top, right and bottom, in the photo's pixels."""
        return (0.0, 0.0, float(image.width), float(image.height))

    def describe(self) -> ModelDescription:
        """A description of the model for users."""
        tower = TowerDescription(type(self).__name__, self.features_dim or self.dim)
        is_calibrated = self.relevance() is not None
        return ModelDescription(
            self.name, self.fingerprint, self.dim, image=tower, text=tower, is_calibrated=is_calibrated
        )


class TextRecognizer(Protocol):
    """Reads the text in pictures."""

    def read(self, image: Image.Image) -> list[TextPiece]:
        """The pieces of text in a picture, RGB and upright, in reading order.

        Raises:
            TextRecognizerError: it failed on this picture; others may be read.
        """


class Loss(Protocol[TensorT]):
    """A contrastive loss: pulls matching image-text pairs together and pushes others apart.

    A ``torch.nn.Module`` with ``logit_scale`` and a ``forward`` with these arguments implements all of
    it. A recipe's ``loss.options`` are the keyword arguments of the constructor, which have defaults
    and raise ValueError if a value is invalid.
    """

    @property
    def logit_scale(self) -> float:
        """The current 1 / temperature; 1 for a loss on plain cosines."""

    def __call__(self, images: TensorT, texts: TensorT, photo_ids: TensorT) -> TensorT:
        """Scalar loss, the mean over B pairs.

        Args:
            images: [B, D], unit rows.
            texts: [B, D], unit rows; row i belongs to row i of images.
            photo_ids: [B], integers; pairs that share a photo are never negatives of each other.
        """

    def named_parameters(self) -> Iterator[tuple[str, TensorT]]:
        """Its parameters by name; those that require gradients are trained at the heads' learning rate."""

    def modules(self) -> Iterator[object]:
        """Its modules. A trained scale is a ``LogitScale`` among them, which the trainer keeps below its maximum."""

    def to(self, device: Any, /) -> object:
        """Moves its parameters and buffers to a device, in place."""

    def state_dict(self) -> Mapping[str, TensorT]:
        """Its parameters and buffers by name, for a checkpoint."""

    def load_state_dict(self, state: Mapping[str, TensorT], /) -> object:
        """Restores a ``state_dict``."""


class Neighbours(NamedTuple):
    """The K best rows for each of Q queries, best first; K is smaller if fewer rows qualify."""

    ids: Ids  # [Q, K]
    scores: NDArray[np.float32]  # [Q, K], cosine, higher is better


class VectorStore(Protocol):
    """Maps ids to unit vectors, and finds the k nearest among allowed ids.

    A store mirrors a catalog at a certain ``generation``. It is opened as
    ``Store(folder, dim=D, owner=…)``, where ``folder`` is its own folder, created at the first update,
    and ``owner`` identifies the catalog and model of the vectors. If the folder has vectors of another
    owner or another dimension, the store ignores them and is empty. One process at a time may update
    it while others search.
    """

    @property
    def generation(self) -> int:
        """The catalog generation that this store mirrors; 0 for an empty store."""

    def __len__(self) -> int:
        """Number of vectors."""

    def ids(self) -> Ids:
        """[N], the ids in the store, ascending."""

    def refresh(self) -> None:
        """Loads what another process has written since."""

    def clear(self) -> None:
        """Removes all vectors."""

    def update(self, added: Iterator[tuple[Ids, Embeddings]], removed: Ids, *, generation: int) -> None:
        """Updates the store to ``generation``: drops ``removed``, then adds or replaces ``added``, block by block."""

    def differs(self, ids: Ids, vectors: Embeddings) -> bool:
        """Whether the stored vectors of ``ids`` (ascending, all present) differ from ``vectors`` [N, D]."""

    def search(self, queries: Embeddings, k: int, *, among: Ids | None = None) -> Neighbours:
        """The k rows with the highest cosine for each query [Q, D].

        Equal scores are ordered by id. ``among`` is applied before the top k, so
        filtering never loses results.
        """


@runtime_checkable
class ThresholdStore(Protocol):
    """A vector store that also finds all above a score, without ranking them; others are asked for more and more."""

    def at_least(self, query: Embeddings, least: float, *, among: Ids | None = None) -> Ids | None:
        """All ids whose cosine with a query [D] is at least ``least``, ascending; None if it cannot tell."""


def _itself(encoder: DualEncoder) -> DualEncoder:
    return encoder
