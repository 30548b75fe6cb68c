"""The records and array types that every floor shares."""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Embeddings: TypeAlias = NDArray[np.float32]
"""[N, D], one float32 row of length 1 an item."""

Features: TypeAlias = NDArray[np.float32]
"""[N, F], what leaves a backbone before its projection head."""

Grids: TypeAlias = NDArray[np.float32]
"""[B, rows, columns, D], each cell of a photo in the space of the embeddings, before length 1."""

Pixels: TypeAlias = NDArray[np.uint8]
"""[H, W, 3] or [B, H, W, 3], RGB."""

Ids: TypeAlias = NDArray[np.int64]
"""[N], a catalog's photo ids."""


@dataclass(frozen=True, slots=True)
class CaptionedImage:
    """One photo of a data set with its one to many captions."""

    image_id: str
    path: Path
    captions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """One result of a search.

    Attributes:
        rank: place in the answer, 1 = first.
        id: the photo's id in its collection: its path below the photo folder,
            with the folder's name in front when a collection has several.
        path: the photo file.
        score: cosine in [-1, 1], higher is better, in every engine.
        probability: calibrated probability of relevance in [0, 1]; None when
            the model carries no calibration.
        caption: the caption that was found, when captions were searched.
        relevant: whether it fits the query, by the model's calibration; None without one.
    """

    rank: int
    id: str
    path: Path
    score: float
    probability: float | None = None
    caption: str | None = None
    relevant: bool | None = None
