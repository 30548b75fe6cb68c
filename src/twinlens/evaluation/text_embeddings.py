"""Embeddings of many texts, made in blocks that tell how far they are."""

from collections.abc import Callable, Sequence

import numpy as np

from twinlens.protocols import DualEncoder
from twinlens.types import Embeddings

TEXT_BLOCK = 1024  # sixteen batches of an encoder: its threads stay busy, and a bar still moves every few seconds


def embed_texts(
    texts: Sequence[str], encoder: DualEncoder, *, on_progress: Callable[[int, int], None] | None = None
) -> Embeddings:
    """[M, D], one unit row for each text.

    Args:
        texts: captions or prompts, at least one.
        encoder: the model.
        on_progress: told, before the first block and after each, how many of how many texts are embedded.
    """
    told = on_progress or (lambda *_: None)
    told(0, len(texts))
    blocks = []
    for start in range(0, len(texts), TEXT_BLOCK):
        block = texts[start : start + TEXT_BLOCK]
        blocks.append(encoder.encode_text(block))
        told(start + len(block), len(texts))
    return np.concatenate(blocks)
