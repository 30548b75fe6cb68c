"""Show where in a photo a query matches."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from twinlens.collection.place.locate import user_path
from twinlens.collection.searching.query import embed_query, parse_query
from twinlens.collection.showing.match_map import (
    check_map_path,
    draw_match_map,
    match_map,
    peak,
    spread,
    write_match_map,
)
from twinlens.data.guarded.photos import open_guarded
from twinlens.errors import PhotoError, QueryError
from twinlens.model.load import load_model
from twinlens.protocols import DualEncoder

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
        peak: position of the strongest cell, from left and top, as fractions of width and height.
        picture: the photo, darkened where the query does not match.
    """

    query: str
    photo: Path
    model: str
    score: float
    relevance: NDArray[np.float32]
    peak: tuple[float, float]
    picture: Image.Image

    def to_json(self) -> dict[str, Any]:
        """The fields of ``twinlens explain --json``."""
        return {
            "query": self.query,
            "image_path": str(self.photo),
            "model": self.model,
            "score": round(self.score, 4),
            "peak": [round(share, 4) for share in self.peak],
            "map": [[round(float(cell), 4) for cell in row] for row in self.relevance],
        }


def explain(
    photo: str | Path, query: str, *, model: DualEncoder | str | Path = "default", out: str | Path | None = None
) -> Explained:
    """Computes the match map of a photo and a query.

    Args:
        photo: a photo, in a collection or not.
        query: as in a search.
        model: an encoder, or the name or folder of a model.
        out: .png file for the photo with the map; an existing map is replaced.

    Raises:
        QueryError: the photo or the query is invalid, or ``out`` cannot be written.
        BundleError: the model has no grid output.
    """
    path = user_path(photo)
    if out is not None:
        check_map_path(user_path(out))
    encoder = load_model(model) if isinstance(model, str | Path) else model
    try:
        image = open_guarded(path, min_side=max(SIDE_PX // 2, encoder.input_side)).image
    except PhotoError as error:
        raise QueryError(f"the photo {path} cannot be used: {error}") from error
    grid = encoder.encode_grid([image])[0]
    vector = embed_query(parse_query(query), encoder)
    relevance = match_map(vector, grid)
    score = float(encoder.encode_image([image])[0] @ vector)
    image.thumbnail((SIDE_PX, SIDE_PX))
    heat = spread(relevance, image.size, box=encoder.seen_box(image))
    explained = Explained(query, path, encoder.fingerprint, score, relevance, peak(heat), draw_match_map(image, heat))
    if out is not None:
        write_match_map(explained.picture, user_path(out))
    return explained
