"""Show where in a photo a query is found."""

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
from twinlens.data.images import open_photo
from twinlens.errors import PhotoError, QueryError
from twinlens.model.load import load_model
from twinlens.protocols import DualEncoder

SIDE_PX = 1024  # longest side of the drawn photo


@dataclass(frozen=True)
class Explained:
    """Why a photo matches a query.

    Attributes:
        query: words, a photo or a weighted sum, as in a search.
        photo: the photo's file.
        model: fingerprint.
        score: cosine of the query and the whole photo.
        relevance: [rows, columns] in [0, 1], 1 = the strongest cell; it says where, and
            nothing of how well: a photo that does not match has a strongest cell too.
        peak: the strongest place, shares of the width from the left and of the height from the top.
        picture: the photo, dark where the query is not.
    """

    query: str
    photo: Path
    model: str
    score: float
    relevance: NDArray[np.float32]
    peak: tuple[float, float]
    picture: Image.Image

    def to_json(self) -> dict[str, Any]:
        """What ``twinlens explain --json`` prints."""
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
    """The map of a match between a photo and a query.

    Args:
        photo: a photo, in a collection or not.
        query: as in a search.
        model: an encoder, or the name or folder of one.
        out: where the map is drawn over the photo, a .png; an older map there is replaced.

    Raises:
        QueryError: the photo or the query cannot be used, or ``out`` cannot be written.
        BundleError: the model gives no grid of cells.
    """
    path = user_path(photo)
    if out is not None:
        check_map_path(user_path(out))
    encoder = load_model(model) if isinstance(model, str | Path) else model
    try:
        image = open_photo(path, min_side=max(SIDE_PX // 2, encoder.input_side)).image
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
