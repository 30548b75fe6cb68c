"""The records and array types that every floor shares."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

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

Box: TypeAlias = tuple[float, float, float, float]
"""Left, top, right, bottom, in pixels."""

QueryKind: TypeAlias = Literal["text", "photo"]
"""What a query is made of: words alone, or photos alone."""


@dataclass(frozen=True, slots=True)
class CaptionedImage:
    """One photo of a data set with its one to many captions."""

    image_id: str
    path: Path
    captions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TowerDescription:
    """One side of a model, for people.

    Attributes:
        architecture: the backbone's name.
        features_dim: length of what leaves the backbone.
        quantization: how its weights are stored.
    """

    architecture: str
    features_dim: int
    quantization: str = "float32"


@dataclass(frozen=True, slots=True)
class ModelDescription:
    """A model, for people.

    Attributes:
        name: the model's name.
        fingerprint: of what decides an embedding.
        dim: D, the length of an embedding.
        image: the image tower.
        text: the text tower.
        description: in a sentence.
        created: date.
        license: of its weights.
        max_tokens: of a text; None where there is no limit.
        is_calibrated: it has relevance maps.
        figures: what was measured, by data set.
    """

    name: str
    fingerprint: str
    dim: int
    image: TowerDescription
    text: TowerDescription
    description: str = ""
    created: str = ""
    license: str = ""
    max_tokens: int | None = None
    is_calibrated: bool = False
    figures: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, repr=False)
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
        width: pixels, upright; None where not known.
        height: likewise.
        taken_at: the camera's wall clock, ISO 8601; None where not known.
        is_favourite: somebody has marked the photo.
    """

    rank: int
    id: str
    path: Path
    score: float
    probability: float | None = None
    caption: str | None = None
    relevant: bool | None = None
    width: int | None = None
    height: int | None = None
    taken_at: str | None = None
    is_favourite: bool = False

    def __repr__(self) -> str:
        probability = "" if self.probability is None else f", probability={self.probability:.2f}"
        caption = "" if self.caption is None else f", caption={self.caption!r}"
        return f"Hit({self.rank}, {self.id!r}, score={self.score:.3f}{probability}{caption})"
