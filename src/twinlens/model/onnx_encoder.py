"""A dual encoder that runs a bundle's two towers in ONNX Runtime."""

import math
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property

import numpy as np
from PIL import Image

from twinlens.errors import BundleError
from twinlens.model.bundle import (
    ENGLISH_MODEL,
    ENGLISH_TOKENIZER,
    HUBS,
    IMAGE_HEAD,
    IMAGE_MODEL,
    TEXT_MODEL,
    TOKENIZER,
    WITH_GRID,
    Bundle,
)
from twinlens.model.graph import Graph
from twinlens.model.hubs import Hubs, open_hubs
from twinlens.model.relevance_file import open_relevance
from twinlens.model.sent import SentBundle
from twinlens.model.text_encoder import BATCH, TextEncoder, unit
from twinlens.model.training_photos import TRAINING_PHOTOS, load_training_photos
from twinlens.model.word_file import open_words
from twinlens.protocols import DualEncoder, EncodedImages, Judge
from twinlens.relevance.maps import Calibration
from twinlens.types import (
    Box,
    Embeddings,
    Features,
    Grids,
    ModelDescription,
    PhotoHashes,
    Pixels,
    TowerDescription,
    WordCheck,
)
from twinlens.words.check import check_words
from twinlens.words.language import is_english
from twinlens.words.word_list import WORDS, WordList

IMAGE_BATCH = 8  # larger batches exceed the CPU cache and are not faster


class OnnxDualEncoder(DualEncoder):
    """Implements ``DualEncoder`` on a model bundle.

    Each tower is opened, and its hash checked, on first use, so that a text search never
    loads the image tower. An encoder may be shared between threads; each process should
    open its own.

    Args:
        bundle: an open bundle.
        threads: number of threads that share a batch; None = number of cores.
    """

    def __init__(self, bundle: Bundle, *, threads: int | None = None) -> None:
        self.bundle = bundle
        self.manifest = bundle.manifest
        self._threads = threads or os.cpu_count() or 1

    @property
    def name(self) -> str:
        """The model's name, from its manifest."""
        return self.manifest.name

    @property
    def fingerprint(self) -> str:
        """Hash of weights, tokenizer and preprocessing."""
        return self.bundle.fingerprint

    @property
    def same_features(self) -> tuple[str, ...]:
        """Fingerprints of older models whose image towers differ in the head alone."""
        return self.manifest.same_features if IMAGE_HEAD in self.manifest.files else ()

    def embed_features(self, features: Features) -> Embeddings:
        """[B, D], unit rows of pooled features [B, F], as ``encode_pixels`` returns them.

        Raises:
            BundleError: the bundle has no separate head, or it is damaged.
        """
        embeddings: Embeddings = features.astype(np.float32) @ self._image_head.T
        return self._photos(unit(embeddings))

    @property
    def dim(self) -> int:
        """D, the embedding dimension."""
        return self.manifest.dim

    @property
    def features_dim(self) -> int:
        """F, the dimension of the pooled features; 0 if the model has none."""
        return self.manifest.image.features_dim

    @property
    def input_side(self) -> int:
        """Minimum length of a decoded photo's shorter side, in pixels."""
        return self.manifest.image.preprocessing.resized_side

    def prepare(self, image: Image.Image) -> Pixels:
        """[H, W, 3] uint8: one RGB photo, resized and cropped as the manifest specifies."""
        return self.manifest.image.preprocessing.pixels(image)

    @property
    def preparation(self) -> Callable[[Image.Image], Pixels] | None:
        """``prepare`` as a function that can be pickled; None for a subclass with a ``prepare`` of its own."""
        is_ours = type(self).prepare is OnnxDualEncoder.prepare
        return self.manifest.image.preprocessing.pixels if is_ours else None

    def encode_pixels(self, pixels: Pixels) -> EncodedImages:
        """Embeds B prepared photos, [B, H, W, 3] uint8, in batches of efficient size."""
        tower = self.manifest.image
        embeddings = np.empty((len(pixels), self.manifest.embedding_dim), dtype=np.float32)
        features = np.empty((len(pixels), tower.features_dim), dtype=np.float32)
        graph = self._image_graph
        share = max(1, min(graph.batch or IMAGE_BATCH, math.ceil(len(pixels) / self._threads)))

        def encode(start: int) -> None:
            rows = slice(start, start + share)
            inputs = {tower.input: tower.preprocessing.normalize(pixels[rows])}
            if tower.features_dim:
                embeddings[rows], features[rows] = graph.run((tower.embedding, tower.features), inputs)
            else:
                (embeddings[rows],) = graph.run((tower.embedding,), inputs)

        self._share_out(encode, range(0, len(pixels), share))
        rows = self._photos(embeddings if tower.unit_rows else unit(embeddings))
        return EncodedImages(rows, features if tower.features_dim else None)

    def encode_image(self, images: Sequence[Image.Image]) -> Embeddings:
        """[B, D], one unit row for each photo (RGB, upright; see ``data.images.open_photo``)."""
        if not images:
            return np.empty((0, self.dim), dtype=np.float32)
        return self.encode_pixels(np.stack([self.prepare(image) for image in images])).embeddings

    def opener(self, *, threads: int | None = 1) -> Callable[[], DualEncoder]:
        """Opens this bundle in another process, with so many threads; brings its files, where they are needed."""
        return SentBundle.of(self.bundle, threads=threads)

    @property
    def has_grid(self) -> bool:
        """True if the image tower uses mean pooling, so that its graph has a grid output."""
        return self.manifest.image.grid is not None

    def encode_grid(self, images: Sequence[Image.Image]) -> Grids:
        """[B, rows, columns, D], the projected features of each cell of a photo, before normalization.

        With a linear head without bias, the normalized mean of a photo's cells is its embedding,
        so each cell's contribution to a score is exact (see ``collection.match_map``). What a bundle takes off
        for hubs belongs to no cell: those dimensions are 0.

        Raises:
            BundleError: the model has no grid output.
        """
        if self.manifest.image.grid is None:
            return super().encode_grid(images)
        grids = np.zeros((len(images), *self.manifest.image.grid, self.dim), dtype=np.float32)
        for row, image in enumerate(images):
            pixels = self.manifest.image.preprocessing.normalize(self.prepare(image)[None])
            inputs = {self.manifest.image.input: pixels, WITH_GRID: np.array(True)}
            (grids[row : row + 1, :, :, : self.manifest.embedding_dim],) = self._image_graph.run(["grid"], inputs)
        return grids

    def encode_text(self, texts: Sequence[str]) -> Embeddings:
        """[B, D], one unit row for each text.

        Text beyond the manifest's ``max_tokens`` is truncated; see ``seen_part``.
        """
        if isinstance(texts, str):
            raise TypeError(f"expected a sequence of texts, got the text {texts!r}; pass [text]")
        embeddings = self._read_texts(texts)
        return self._hubs.corrected_texts(embeddings, self._text.lengths(texts)) if self._hubs else embeddings

    def _read_texts(self, texts: Sequence[str]) -> Embeddings:
        """[B, D], unit rows as the towers make them."""
        rows = [row for row, text in enumerate(texts) if self._is_english(text)]
        if self._english is None or not rows:
            return self._text.encode(texts, self._share_out)
        english = [texts[row] for row in rows]
        if len(texts) > BATCH:
            embeddings = self._text.encode(texts, self._share_out)
            seconds = self._english.encode(english, self._share_out)
        else:  # a query is read by both towers at the same time
            other = self._pool.submit(self._english.encode, english, _in_turn)
            embeddings = self._text.encode(texts, _in_turn)
            seconds = other.result()
        share = np.float32(self.manifest.english_share)
        embeddings[rows] = unit(share * seconds + (1 - share) * embeddings[rows])
        return embeddings

    def seen_part(self, text: str) -> str:
        """The beginning of a text, as far as the model reads it; all of a short text."""
        return self._text.seen_part(text)

    def seen_box(self, image: Image.Image) -> Box:
        """The part of a photo that the model sees: left, top, right and bottom, in the photo's pixels."""
        return self.manifest.image.preprocessing.seen_box(image)

    def check_words(self, text: str, *, is_known_here: Callable[[str], bool]) -> WordCheck | None:
        """Looks for words that the text tower does not know; None if the bundle has no word list.

        Raises:
            BundleError: the list is damaged.
        """
        if self._words is None:
            return None
        return check_words(text, self._words, is_known_here=is_known_here, is_readable=self._text.can_read)

    def relevance(self) -> Judge | None:
        """The bundle's calibration, opened on first use; None if it has none.

        Raises:
            BundleError: it is damaged.
        """
        return self._relevance

    def training_photos(self) -> PhotoHashes | None:
        """[N, 4] hashes of the photos that the model was trained on; None if the bundle does not tell.

        Raises:
            BundleError: the list is damaged.
        """
        if TRAINING_PHOTOS not in self.manifest.files:
            return None
        return load_training_photos(self.bundle.verified(TRAINING_PHOTOS))

    @property
    def computed_on(self) -> str:
        """What computes its towers, such as "CPU", or "CUDA (photos), CPU (texts)"; opens them."""
        photos, texts = self._image_graph.computed_on, self._text.computed_on
        return photos if photos == texts else f"{photos} (photos), {texts} (texts)"

    def verify(self) -> None:
        """Checks the hashes of the bundle's files.

        Raises:
            BundleError: one is damaged or missing.
        """
        for name in self.manifest.model_files:
            self.bundle.verified(name)

    def describe(self) -> ModelDescription:
        """The model's description from the manifest."""
        manifest, image, text = self.manifest, self.manifest.image, self.manifest.text
        english = f" and, for English, {manifest.english.architecture}" if manifest.english else ""
        return ModelDescription(
            name=self.name,
            fingerprint=self.fingerprint,
            dim=self.dim,
            image=TowerDescription(
                image.architecture, image.features_dim or manifest.embedding_dim, image.quantization
            ),
            text=TowerDescription(
                text.architecture + english, text.features_dim or manifest.embedding_dim, text.quantization
            ),
            description=manifest.description,
            created=manifest.created,
            license=manifest.license,
            max_tokens=text.max_tokens,
            languages=text.languages,
            knows_words=WORDS in manifest.files,
            is_calibrated=isinstance(manifest.calibration, Calibration),
            figures=manifest.figures,
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r} {self.fingerprint}, D = {self.dim}>"

    def warm_up(self, *, image: bool = False) -> None:
        """Loads the text tower (and the image tower) now instead of at the first query."""
        self.encode_text(["warm-up"])
        if image:
            side = self.manifest.image.preprocessing.image_size
            self.encode_pixels(np.zeros((1, side, side, 3), dtype=np.uint8))

    def _photos(self, embeddings: Embeddings) -> Embeddings:
        """Unit rows of photos, corrected for hubs."""
        return self._hubs.corrected_photos(embeddings) if self._hubs else embeddings

    def _share_out(self, encode: Callable[[int], None], starts: range) -> None:
        """Runs the parts of a batch in parallel, one thread each."""
        # one part per thread: threads sharing a part would synchronize at every layer (63 ms per photo against 57)
        if len(starts) > 1:
            list(self._pool.map(encode, starts))
        elif starts:
            encode(starts[0])

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self._threads, thread_name_prefix="tower")

    @cached_property
    def _relevance(self) -> Judge | None:
        return open_relevance(self.bundle)

    @cached_property
    def _image_head(self) -> Embeddings:
        if IMAGE_HEAD not in self.manifest.files:
            raise BundleError(f"model {self.name!r} has no {IMAGE_HEAD}; its photos must be read to be embedded")
        path = self.bundle.verified(IMAGE_HEAD)
        head: Embeddings = np.load(path, allow_pickle=False).astype(np.float32)
        if head.shape != (wanted := (self.manifest.embedding_dim, self.features_dim)):
            raise BundleError(f"{path} must be {list(wanted)}, got {list(head.shape)}")
        return head

    @cached_property
    def _hubs(self) -> Hubs | None:
        settings = self.manifest.hubs
        if settings is None:
            return None
        return open_hubs(self.bundle.verified(HUBS), settings, dim=self.manifest.embedding_dim)

    @cached_property
    def _words(self) -> WordList | None:
        return open_words(self.bundle)

    @cached_property
    def _text(self) -> TextEncoder:
        return TextEncoder(self.bundle, self.manifest.text, graph=TEXT_MODEL, tokenizer=TOKENIZER)

    @cached_property
    def _english(self) -> TextEncoder | None:
        tower = self.manifest.english
        if tower is None:
            return None
        return TextEncoder(self.bundle, tower, graph=ENGLISH_MODEL, tokenizer=ENGLISH_TOKENIZER)

    def _is_english(self, text: str) -> bool:
        return self.manifest.english is not None and self._words is not None and is_english(text, self._words)

    @cached_property
    def _image_graph(self) -> Graph:
        tower = self.manifest.image
        outputs = {tower.embedding: self.manifest.embedding_dim}
        if tower.features_dim:
            outputs[tower.features] = tower.features_dim
        if tower.grid is not None:
            outputs["grid"] = self.manifest.embedding_dim
        path = self.bundle.verified(IMAGE_MODEL)
        return Graph(path, inputs=(tower.input,), outputs=outputs, quantization=tower.quantization)


def _in_turn(encode: Callable[[int], None], starts: range) -> None:
    """Runs the parts of a batch one after another, in the thread that asks."""
    for start in starts:
        encode(start)
