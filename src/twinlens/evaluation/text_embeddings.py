"""Embed many texts in blocks, with progress."""

from collections.abc import Callable, Sequence

import numpy as np

from twinlens.protocols import DualEncoder
from twinlens.types import Embeddings

TEXT_BLOCK = 1024  # sixteen batches of the encoder: keeps its threads busy, with progress every few seconds


def embed_texts(
    texts: Sequence[str], encoder: DualEncoder, *, on_progress: Callable[[int, int], None] | None = None
) -> Embeddings:
    """[M, D], one unit row per text.

    Args:
        texts: captions or prompts, at least one.
        encoder: the model.
        on_progress: called before the first block and after each with the number of texts embedded and the total.
    """
    report = on_progress or (lambda *_: None)
    report(0, len(texts))
    blocks = []
    for start in range(0, len(texts), TEXT_BLOCK):
        block = texts[start : start + TEXT_BLOCK]
        blocks.append(encoder.encode_text(block))
        report(start + len(block), len(texts))
    return np.concatenate(blocks)
