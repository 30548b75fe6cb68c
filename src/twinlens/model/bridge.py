"""Bridge: linear maps from a model's embedding space to that of an older model that is no longer available."""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from twinlens.errors import BundleError
from twinlens.model.bundle import Bundle, FileRecord, file_record, write_manifest
from twinlens.protocols import DualEncoder, EncodedImages
from twinlens.types import Box, Embeddings, ModelDescription, Pixels, WordCheck

FOLDER = "bridges"


@dataclass(frozen=True, eq=False)
class Bridge:
    """Two linear maps, because texts and photos occupy different regions of the space.

    Attributes:
        fingerprint: of the older model.
        text: [D, E], from this model's text embeddings to the older model's.
        image: [D, E], the same for photos.
    """

    fingerprint: str
    text: NDArray[np.float32]
    image: NDArray[np.float32]


class BridgedEncoder(DualEncoder):
    """A model whose embeddings are mapped into the space of an older one.

    Only for queries: a collection's photos are always embedded by their own model.

    Args:
        encoder: the available model.
        bridge: from its space to the older one.
    """

    def __init__(self, encoder: DualEncoder, bridge: Bridge) -> None:
        self.model, self._bridge = encoder, bridge

    @property
    def name(self) -> str:
        """The name of the available model."""
        return self.model.name

    @property
    def fingerprint(self) -> str:
        """The older model's fingerprint, since the embeddings are in its space."""
        return self._bridge.fingerprint

    @property
    def dim(self) -> int:
        """E, the dimension of the older model's embeddings."""
        return int(self._bridge.text.shape[1])

    @property
    def input_side(self) -> int:
        """Minimum length of a decoded photo's shorter side, in pixels."""
        return self.model.input_side

    @property
    def queries_only(self) -> bool:
        """True."""
        return True

    def prepare(self, image: Image.Image) -> Pixels:
        """[H, W, 3] uint8, as the available model expects."""
        return self.model.prepare(image)

    @property
    def preparation(self) -> Callable[[Image.Image], Pixels] | None:
        """``prepare`` as a function that can be pickled, if the available model has one."""
        return self.model.preparation

    def encode_pixels(self, pixels: Pixels) -> EncodedImages:
        """Embeds B prepared photos, [B, H, W, 3] uint8; without features, which would not be the older model's."""
        return EncodedImages(_mapped(self.model.encode_pixels(pixels).embeddings, self._bridge.image), None)

    def encode_image(self, images: Sequence[Image.Image]) -> Embeddings:
        """[B, E], one unit row per photo."""
        return _mapped(self.model.encode_image(images), self._bridge.image)

    def encode_text(self, texts: Sequence[str]) -> Embeddings:
        """[B, E], one unit row per text."""
        return _mapped(self.model.encode_text(texts), self._bridge.text)

    def seen_box(self, image: Image.Image) -> Box:
        """The part of a photo that the available model sees, in the photo's pixels."""
        return self.model.seen_box(image)

    def warm_up(self, *, image: bool = False) -> None:
        """Loads the text tower (and the image tower) now instead of at the first query."""
        self.model.warm_up(image=image)

    @property
    def computed_on(self) -> str:
        """What computes the towers of the available model."""
        return self.model.computed_on

    def verify(self) -> None:
        """Checks the files of the available model."""
        self.model.verify()

    def seen_part(self, text: str) -> str:
        """The beginning of a text, as far as the available model reads it."""
        return self.model.seen_part(text)

    def check_words(self, text: str, *, is_known_here: Callable[[str], bool]) -> WordCheck | None:
        """Looks for words that the available model does not know."""
        return self.model.check_words(text, is_known_here=is_known_here)

    def describe(self) -> ModelDescription:
        """The available model, without its calibration, which does not apply to mapped embeddings."""
        return replace(self.model.describe(), fingerprint=self.fingerprint, is_calibrated=False)

    def __repr__(self) -> str:
        return f"<BridgedEncoder from {self.model!r} to {self.fingerprint}>"


def fit_map(here: Embeddings, there: Embeddings, *, ridge: float) -> NDArray[np.float32]:
    """[D, E], the linear map that maps rows [N, D] closest to rows [N, E].

    Ridge regression without intercept: the mean of the unit rows serves as one.

    Args:
        here: unit rows of one model.
        there: unit rows of the other, for the same items.
        ridge: weight of the penalty, relative to the mean square of a column.

    >>> turn = np.array([[0.0, 1.0], [-1.0, 0.0]], dtype=np.float32)
    >>> rows = np.array([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]], dtype=np.float32)
    >>> bool(np.allclose(fit_map(rows, rows @ turn, ridge=1e-6), turn, atol=1e-4))
    True
    """
    x, y = here.astype(np.float64), there.astype(np.float64)
    square = x.T @ x
    penalty = ridge * np.trace(square) / len(square)
    solved: NDArray[np.float32] = np.linalg.solve(square + penalty * np.eye(len(square)), x.T @ y).astype(np.float32)
    return solved


def save_bridge(bundle: Bundle, bridge: Bridge) -> Path:
    """Adds or replaces a bridge in a bundle, as float16; the bundle's fingerprint stays the same."""
    path = bundle.directory / FOLDER / f"{bridge.fingerprint}.npz"
    path.parent.mkdir(exist_ok=True)
    with path.open("wb") as file:
        np.savez(file, text=bridge.text.astype(np.float16), image=bridge.image.astype(np.float16))
    records: Mapping[str, FileRecord] = {**bundle.manifest.bridges, bridge.fingerprint: file_record(path)}
    write_manifest(bundle.directory, bundle.manifest.model_copy(update={"bridges": records}))
    return path


def open_bridge(bundle: Bundle, fingerprint: str) -> Bridge | None:
    """The bundle's bridge to an older model; None if it has none.

    Raises:
        BundleError: the bridge is damaged, or belongs to another model.
    """
    record = bundle.manifest.bridges.get(fingerprint)
    if record is None:
        return None
    path = bundle.directory / FOLDER / f"{fingerprint}.npz"
    try:
        if file_record(path) != record:
            raise BundleError(f"{path} is damaged: its content does not match model.json; get the bundle again")
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as maps:
            text, image = (maps[name].astype(np.float32) for name in ("text", "image"))
    except OSError as error:
        raise BundleError(f"{path} cannot be read ({error.strerror or error}); get the bundle again") from error
    except (KeyError, ValueError, BadZipFile) as error:
        raise BundleError(f"{path} is not a bridge ({error}); create it again with scripts/bridge.py") from error
    if text.ndim != 2 or text.shape != image.shape or len(text) != bundle.manifest.dim:
        raise BundleError(
            f"{path} contains maps {text.shape} and {image.shape}, but the model has "
            f"{bundle.manifest.dim} dimensions; create it again with scripts/bridge.py"
        )
    return Bridge(fingerprint, text, image)


def _mapped(embeddings: Embeddings, way: NDArray[np.float32]) -> Embeddings:
    mapped: Embeddings = embeddings @ way
    mapped /= np.maximum(np.linalg.norm(mapped, axis=1, keepdims=True), np.float32(1e-12))
    return mapped
