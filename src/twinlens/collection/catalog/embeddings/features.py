"""The likeness of photos: their pooled features, square-rooted, as unit vectors."""

from collections.abc import Iterator

import numpy as np

from twinlens.collection.catalog.condition import ANY, Condition
from twinlens.collection.catalog.database import Database
from twinlens.collection.catalog.rows import ModelRecord, VectorDelta, halves, id_array, rows_by_id
from twinlens.types import Embeddings, Features, Ids, Space

BLOCK = 1024  # photos read at once, 6 MB of 1,408 numbers


def likeness(features: Features) -> Embeddings:
    """Features [..., F] as unit vectors, whose cosine tells how alike two photos are.

    The square root, with the sign kept, keeps a few large features from deciding alone (the Hellinger
    kernel of Arandjelović and Zisserman, 2012). Features that are all zero or not finite give zeros.

    >>> likeness(np.array([9.0, -16.0, 0.0], dtype=np.float32)).astype(float).round(2).tolist()
    [0.6, -0.8, 0.0]
    """
    known = np.where(np.isfinite(features), features, 0).astype(np.float32, copy=False)
    roots = np.sign(known) * np.sqrt(np.abs(known))
    lengths = np.linalg.norm(roots, axis=-1, keepdims=True)
    vectors: Embeddings = (roots / np.where(lengths > 0, lengths, 1)).astype(np.float32, copy=False)
    return vectors


class PhotoFeatures:
    """The vectors of likeness of a catalog's photos; a source of derived vectors.

    Photos without features, or with those of another length, are left out. A search then compares photos in
    the shared space, so no photo is lost.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def dim(self, model: ModelRecord | None) -> int:  # noqa: ARG002 - the catalog does not record it
        """F, the number of features of the first photo; 0 if it has none."""
        rows = self._database.rows("SELECT length(features) FROM vectors ORDER BY photo_id LIMIT 1")
        return (rows[0][0] or 0) // 2 if rows else 0

    def space(self, model: ModelRecord | None) -> Space:
        """What photos are compared by: their features, if all of them have some."""
        photos = self._database.rows("SELECT count(*) FROM photos WHERE skip_reason IS NULL")
        return "likeness" if self.dim(model) and self.tally()[0] == photos[0][0] else "shared"

    def select_ids(self, condition: Condition = ANY) -> Ids:
        """Ids of photos with features that satisfy a condition, ascending."""
        sql = f"SELECT id FROM photos WHERE {self._has_features()} AND ({condition.sql}) ORDER BY id"
        return id_array(self._database.rows(sql, condition.parameters))

    def tally(self) -> tuple[int, int]:
        """How many photos have features, and the sum of their ids."""
        rows = self._database.rows(f"SELECT count(*), total(id) FROM photos WHERE {self._has_features()}")
        return int(rows[0][0]), int(rows[0][1])

    def changes_since(self, generation: int) -> VectorDelta:
        """Vectors added and removed since a generation."""
        changed = "SELECT id FROM photos WHERE generation > ?"
        added = self._database.rows(f"{changed} AND {self._has_features()} ORDER BY +id", (generation,))
        removed = self._database.rows(
            f"SELECT photo_id FROM removed WHERE generation > ? UNION {changed} AND NOT {self._has_features()}",
            (generation, generation),
        )
        return VectorDelta(id_array(added), id_array(removed))

    def embeddings(self, ids: Ids) -> Iterator[tuple[Ids, Embeddings]]:
        """Ids and vectors [B, F], block by block."""
        of_dim = f"SELECT photo_id, features FROM vectors WHERE length(features) = {2 * self.dim(None)} AND photo_id"
        for rows in rows_by_id(self._database, of_dim, ids, block=BLOCK):
            if rows:
                yield id_array(rows), likeness(np.stack([halves(features) for _, features in rows]))

    def of_photo(self, photo_id: int) -> Embeddings | None:
        """The vector [F] of a photo; None if it has none."""
        rows = self._database.rows("SELECT features FROM vectors WHERE photo_id = ?", (int(photo_id),))
        return likeness(halves(rows[0][0])) if rows and rows[0][0] else None

    def _has_features(self) -> str:
        of_dim = f"photo_id = id AND length(features) = {2 * self.dim(None)}"
        return f"(skip_reason IS NULL AND EXISTS (SELECT 1 FROM vectors WHERE {of_dim}))"
