"""One text tower of a bundle: its tokenizer and its graph."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from twinlens.model.bundle import TOKENIZER, Bundle, TextTower
from twinlens.model.graph import Graph
from twinlens.model.providers import CPU_PROVIDER, device_name
from twinlens.model.tokenizer import TextTokenizer
from twinlens.types import Embeddings

BATCH = 8  # on a CPU: with weights of 4 or 8 bits, 64 captions at once took 11.4 to 12.2 ms each, 8 at once 5.1
DEVICE_BATCH = 64  # on a GPU
CPU_DEVICE = device_name(CPU_PROVIDER)
ShareOut: TypeAlias = Callable[[Callable[[int], None], range], None]
"""Runs a function for each start of a part of a batch, perhaps in several threads."""


def open_tokenizer(bundle: Bundle, tower: TextTower, name: str = TOKENIZER) -> TextTokenizer:
    """The tokenizer of a bundle's text tower, whose hash is checked.

    Args:
        bundle: an open bundle.
        tower: the tower's part of the manifest.
        name: of the file in the bundle.
    """
    return TextTokenizer(
        bundle.verified(name),
        max_tokens=tower.max_tokens,
        padding=tower.padding,
        pad_token_id=tower.pad_token_id,
        padding_side=tower.padding_side,
    )


class TextEncoder:
    """Opens tokenizer and graph, and checks their hashes, on first use; may be shared between threads.

    Args:
        bundle: an open bundle.
        tower: the tower's part of the manifest.
        graph: name of the graph in the bundle.
        tokenizer: name of its tokenizer.
    """

    def __init__(self, bundle: Bundle, tower: TextTower, *, graph: str, tokenizer: str) -> None:
        self._bundle, self._tower = bundle, tower
        self._graph_name, self._tokenizer_name = graph, tokenizer

    def encode(self, texts: Sequence[str], share_out: ShareOut) -> Embeddings:
        """[B, D], one unit row for each text; longer texts than ``max_tokens`` are truncated.

        Args:
            texts: B texts.
            share_out: see ``ShareOut``.
        """
        tower = self._tower
        embeddings = np.empty((len(texts), self._bundle.manifest.embedding_dim), dtype=np.float32)
        # texts of similar length share a batch: padding costs as much as words
        order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
        graph, tokenize = self._graph, self._tokenizer
        share = graph.batch or (BATCH if graph.computed_on == CPU_DEVICE else DEVICE_BATCH)

        def encode(start: int) -> None:
            rows = order[start : start + share]
            tokens = tokenize([texts[row] for row in rows])
            inputs = {tower.ids_input: tokens.ids}
            if tower.mask_input is not None:
                inputs[tower.mask_input] = tokens.mask
            (embeddings[rows],) = graph.run((tower.embedding,), inputs)

        share_out(encode, range(0, len(order), share))
        return embeddings if tower.unit_rows else unit(embeddings)

    def lengths(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """[B], how many tokens the tower reads of each text, without the special ones."""
        return self._tokenizer.lengths(texts)

    @property
    def computed_on(self) -> str:
        """What computes its graph, such as "CPU" or "CUDA"."""
        return self._graph.computed_on

    def seen_part(self, text: str) -> str:
        """The beginning of a text, as far as the tower reads it; all of a short text."""
        if len(text.encode()) <= self._tower.max_tokens - 2:  # a token has at least one byte
            return text
        return self._tokenizer.seen_part(text)

    def can_read(self, word: str) -> bool:
        """Whether the tower's vocabulary has pieces for a word."""
        return self._tokenizer.can_read(word)

    @cached_property
    def _tokenizer(self) -> TextTokenizer:
        return open_tokenizer(self._bundle, self._tower, self._tokenizer_name)

    @cached_property
    def _graph(self) -> Graph:
        tower = self._tower
        inputs = (tower.ids_input,) if tower.mask_input is None else (tower.ids_input, tower.mask_input)
        outputs = {tower.embedding: self._bundle.manifest.embedding_dim}
        path = self._bundle.verified(self._graph_name)
        return Graph(path, inputs=inputs, outputs=outputs, quantization=self._tower.quantization)


def unit(rows: Embeddings) -> Embeddings:
    """The rows scaled to length 1, in place."""
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), np.float32(1e-12))
    return rows
