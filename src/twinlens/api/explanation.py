"""Show where in a photo a query matches."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from twinlens.collection.place.locate import photos_path, user_path
from twinlens.collection.searching.query import Query, embed_query, parse_query
from twinlens.collection.showing.match_map import (
    check_map_path,
    draw_match_map,
    match_map,
    occlusion_map,
    peak,
    save_match_map,
    spread,
    write_match_map,
)
from twinlens.collection.showing.occlusion import PASSES, cover_cells
from twinlens.data.guarded.guard import Guard
from twinlens.data.guarded.photos import open_guarded
from twinlens.errors import PhotoError, QueryError
from twinlens.model.load import load_model
from twinlens.protocols import DualEncoder
from twinlens.types import Box, Embeddings, MapKind

SIDE_PX = 1024  # longest side of the drawn photo


@dataclass(frozen=True)
class Explained:
    """Where a photo matches a query, and how well.

    Attributes:
        query: text, a photo or a weighted sum, as in a search.
        photo: the photo file.
        model: fingerprint.
        score: cosine of the query and the whole photo.
        relevance: [rows, columns] in [0, 1], 1 = the strongest cell. Shows where the photo
            matches best, not how well: photos that do not match have a strongest cell, too.
        kind: what the map was made from, see ``how``.
        peak: position of the strongest cell, from left and top, as fractions of width and height.
        seen_box: the part of the photo that the model sees, which the map covers: left, top, right
            and bottom as fractions of width and height.
        picture: the photo, darkened where the query does not match.
    """

    query: str
    photo: Path
    model: str
    score: float
    relevance: NDArray[np.float32]
    kind: MapKind
    peak: tuple[float, float]
    seen_box: Box
    picture: Image.Image

    @property
    def how(self) -> str:
        """What kind of map it is, for people."""
        rows, columns = self.relevance.shape
        if self.kind == "occlusion":
            return (
                f"by occlusion: how much the score drops when each of {rows} × {columns} cells of the photo is covered"
            )
        return f"from the grid: what each of the model's {rows} × {columns} cells contributes to the score"

    def to_json(self) -> dict[str, Any]:
        """The fields of ``twinlens explain --json``."""
        return {
            "query": self.query,
            "image_path": str(self.photo),
            "model": self.model,
            "score": round(self.score, 4),
            "peak": [round(share, 4) for share in self.peak],
            "map_kind": self.kind,
            "map": [[round(float(cell), 4) for cell in row] for row in self.relevance],
            "seen_box": [round(share, 4) for share in self.seen_box],
        }

    def png(self) -> bytes:
        """The picture as a PNG file."""
        buffer = io.BytesIO()
        save_match_map(self.picture, buffer, how=self.how)
        return buffer.getvalue()


def explain(
    photo: str | Path, query: str, *, model: DualEncoder | str | Path = "default", out: str | Path | None = None
) -> Explained:
    """Computes the match map of a photo and a query.

    From the model's grid if it has one, otherwise by occlusion, which takes as long as embedding 49 photos.

    Args:
        photo: a photo, in a collection or not.
        query: as in a search.
        model: an encoder, or the name or folder of a model.
        out: .png file for the photo with the map; an existing map is replaced.

    Raises:
        QueryError: the photo or the query is invalid, or ``out`` cannot be written.
        BundleError: the model is damaged.
    """
    path = photos_path(photo)
    if out is not None:
        check_map_path(user_path(out))
    encoder = load_model(model) if isinstance(model, str | Path) else model
    try:
        explained = explain_photo(path, parse_query(query), encoder)
    except PhotoError as error:
        raise QueryError(f"the photo {path} cannot be used: {error}") from error
    if out is not None:
        write_match_map(explained.picture, user_path(out), how=explained.how)
    return explained


def explain_photo(
    path: Path, query: Query, encoder: DualEncoder, *, score: float | None = None, guard: Guard | None = None
) -> Explained:
    """The match map of a photo file and a parsed query.

    Args:
        path: the photo.
        query: embedded here, unless it has a vector of this encoder.
        encoder: of the map.
        score: cosine of the query and the photo, if it is known.
        guard: decodes the photo; None = the shared one.

    Raises:
        PhotoError: the photo cannot be read.
        QueryError: the query is invalid.
    """
    image = open_guarded(path, min_side=max(SIDE_PX // 2, encoder.input_side), guard=guard).image
    vector = embed_query(query, encoder)
    kind, relevance = _relevance(encoder, image, vector)
    if score is None:
        score = float(encoder.encode_image([image])[0] @ vector)
    image.thumbnail((SIDE_PX, SIDE_PX))
    left, top, right, bottom = box = encoder.seen_box(image)
    heat = spread(relevance, image.size, box=box)
    seen = (left / image.width, top / image.height, right / image.width, bottom / image.height)
    picture = draw_match_map(image, heat)
    return Explained(query.text, path, encoder.fingerprint, score, relevance, kind, peak(heat), seen, picture)


def passes(encoder: DualEncoder) -> int:
    """Number of times that a photo goes through the image tower for one map."""
    return 1 if encoder.has_grid else PASSES


def _relevance(encoder: DualEncoder, image: Image.Image, query: Embeddings) -> tuple[MapKind, NDArray[np.float32]]:
    if encoder.has_grid:
        return "grid", match_map(query, encoder.encode_grid([image])[0])
    return "occlusion", occlusion_map(query, cover_cells(encoder, image))
