"""The seams: what a data set, a dual encoder, a loss and a vector store must offer."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from twinlens.errors import BundleError
from twinlens.types import (
    Box,
    CaptionedImage,
    Embeddings,
    Features,
    Grids,
    Ids,
    ModelDescription,
    Pixels,
    QueryKind,
    TowerDescription,
)

DEFAULT_INPUT_SIDE = 224  # pixels, of most published towers
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


class Judgement(Protocol):
    """What a model says of the hits of one query."""

    def probability(self, scores: Sequence[float]) -> NDArray[np.float64]:
        """[K], that each hit is relevant; never falls with the score."""

    def relevant(self, scores: Sequence[float]) -> NDArray[np.bool_]:
        """[K], whether each hit is shown as a match; where one score is, every better one is, too."""


class Judge(Protocol):
    """Tells from the scores of a model how relevant its hits are."""

    def judge(self, query: Embeddings, kind: QueryKind, *, best: float, num_candidates: int) -> Judgement | None:
        """The judgement on one answer; None for a kind of query that it knows nothing about.

        Args:
            query: [D], unit length.
            kind: what the query is made of.
            best: score of the best hit.
            num_candidates: photos that were ranked.
        """


class DualEncoder(Protocol):
    """Two towers, one space: photos and texts become comparable unit vectors.

    A class that inherits from this protocol has to bring the first five members; the others
    have defaults, with which its photos can be indexed and searched.
    """

    @property
    def name(self) -> str:
        """By which a collection remembers the model."""

    @property
    def fingerprint(self) -> str:
        """Hash of everything that decides an embedding: weights, tokenizer, preprocessing."""

    @property
    def dim(self) -> int:
        """D, the length of an embedding."""

    def encode_image(self, images: Sequence[Image.Image]) -> Embeddings:
        """[B, D], one unit row for each photo (RGB, upright)."""

    def encode_text(self, texts: Sequence[str]) -> Embeddings:
        """[B, D], one unit row for each text."""

    # --- indexing -----------------------------------------------------------------------------

    @property
    def features_dim(self) -> int:
        """F, the length of the pooled features; 0 when the model gives none."""
        return 0

    @property
    def input_side(self) -> int:
        """Pixels a decoded photo's shorter side should at least have before ``prepare``."""
        return DEFAULT_INPUT_SIDE

    @property
    def queries_only(self) -> bool:
        """True for a stand-in of the model that made the vectors: it embeds queries, but no photos to be kept."""
        return False

    def prepare(self, image: Image.Image) -> Pixels:
        """[H, W, 3] uint8, one RGB photo resized and cropped as the model expects; all photos get one size."""
        return np.asarray(image.resize((self.input_side, self.input_side), Image.Resampling.BICUBIC))

    def encode_pixels(self, pixels: Pixels) -> EncodedImages:
        """Embeds B prepared photos, [B, H, W, 3] uint8."""
        return EncodedImages(self.encode_image([Image.fromarray(one) for one in pixels]), None)

    # --- searching and judging ------------------------------------------------------------------

    def seen_part(self, text: str) -> str:
        """The start of a text that the model reads; all of it when it is short enough."""
        return text

    def relevance(self) -> Judge | None:
        """Judges the scores of this model; None where nobody has fitted that."""
        return None

    def warm_up(self, *, image: bool = False) -> None:
        """Loads what the first query (and the first photo) would wait for."""

    def verify(self) -> None:
        """Checks that the model's files are whole.

        Raises:
            BundleError: one is damaged or missing.
        """

    # --- explaining ---------------------------------------------------------------------------

    def encode_grid(self, images: Sequence[Image.Image]) -> Grids:
        """[B, rows, columns, D], each cell of a photo in the space of the embeddings, before length 1.

        Raises:
            BundleError: the model gives no grid.
        """
        raise BundleError(f"model {self.name!r} has no map of a match: no grid for {len(images)} photos")

    def seen_box(self, image: Image.Image) -> Box:
        """What the model sees of a photo: left, top, right and bottom, in the photo's pixels."""
        return (0.0, 0.0, float(image.width), float(image.height))

    def describe(self) -> ModelDescription:
        """What people are told about the model."""
        tower = TowerDescription(type(self).__name__, self.features_dim or self.dim)
        return ModelDescription(self.name, self.fingerprint, self.dim, image=tower, text=tower)


class Loss(Protocol[TensorT]):
    """Pulls matching pairs of an image and a text together, and others apart.

    What the trainer uses: a ``torch.nn.Module`` with ``logit_scale`` and a ``forward`` of these arguments
    offers all of it. A recipe's ``loss.options`` become the keyword arguments of the constructor, which
    have defaults and raise ValueError for a value that makes no sense.
    """

    @property
    def logit_scale(self) -> float:
        """1 / temperature, as it is now; 1 for a loss that compares plain cosines."""

    def __call__(self, images: TensorT, texts: TensorT, photo_ids: TensorT) -> TensorT:
        """Scalar loss of B pairs, a mean over them.

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
        """Restores what ``state_dict`` gave."""


class Neighbours(NamedTuple):
    """The K best rows for each of Q queries, best first; K shrinks when fewer rows qualify."""

    ids: Ids  # [Q, K]
    scores: NDArray[np.float32]  # [Q, K], cosine, higher is better


class VectorStore(Protocol):
    """id → unit vector, and the k nearest under a filter.

    A store mirrors a catalog: ``generation`` says which state of it. It is opened as
    ``Store(folder, dim=D, owner=…)``, where ``folder`` is its own place on disk, made at the first update,
    and ``owner`` says whose vectors these are (a catalog's and a model's). What another owner, or vectors
    of another length, left in the folder is not used: the store is empty then. One process at a time
    updates it, while others search.
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
