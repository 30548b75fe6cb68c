"""Which photos are likely to hold text, by the likeness vectors that indexing has stored: no photo is opened.

A linear head on the features of the built-in model; ``scripts/likely_text.py`` fits it, and tells what it saves.
"""

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twinlens.types import Embeddings

MODEL = "default"  # the model whose features it was fitted on
_FILE = Path(__file__).with_name("likely.npy")  # float16: a weight for each feature, then the least score


def can_tell(model: str, features_dim: int) -> bool:
    """Whether it knows the features of a model."""
    return model == MODEL and features_dim == len(_head()) - 1


def are_likely(likeness: Embeddings) -> NDArray[np.bool_]:
    """[N], whether each photo is likely to hold text, by its likeness vector [N, F]."""
    head = _head()
    likely: NDArray[np.bool_] = likeness @ head[:-1] >= head[-1]
    return likely


@cache
def _head() -> NDArray[np.float32]:
    head: NDArray[np.float32] = np.load(_FILE, allow_pickle=False).astype(np.float32)
    return head
