"""The catalog's moments: frames of videos at their times, each with its embedding of record and its features."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from twinlens.collection.catalog.condition import ANY, IS_SHOWN, Condition
from twinlens.collection.catalog.database import Database
from twinlens.collection.catalog.embeddings.features import likeness
from twinlens.collection.catalog.rows import (
    ModelRecord,
    VectorDelta,
    embedding_blocks,
    floats,
    halves,
    id_array,
    rows_by_id,
)
from twinlens.types import Embeddings, Ids

MOMENTS = "moments"  # the table; missing in a read-only catalog of an older release
_OF_VIDEOS = "photos WHERE duration_ms IS NOT NULL AND skip_reason IS NULL"


class WaitingVideo(NamedTuple):
    """A searchable video whose moments are not known yet."""

    id: int
    folder_id: int
    path: str
    content_hash: bytes
    duration_ms: int


class MomentTable:
    """Reads moments, as a source of derived vectors; a ``CatalogWriter`` writes them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def is_empty(self) -> bool:
        """True if there are no moments, or no table for them."""
        return not self._database.has_table(MOMENTS) or not self._database.rows(f"SELECT 1 FROM {MOMENTS} LIMIT 1")

    def waiting(self) -> list[WaitingVideo]:
        """The videos without moments, by folder and path."""
        rows = self._database.rows(
            f"SELECT id, folder_id, path, content_hash, duration_ms FROM {_OF_VIDEOS} "
            f"AND id NOT IN (SELECT photo_id FROM {MOMENTS}) ORDER BY +folder_id, path"
        )
        return [WaitingVideo(*row) for row in rows]

    def videos(self) -> Ids:
        """Ids of the searchable videos, ascending."""
        if not self._database.has_table(MOMENTS):
            return id_array([])
        return id_array(self._database.rows(f"SELECT id FROM {_OF_VIDEOS} ORDER BY id"))

    def same_videos(self) -> tuple[Ids, Ids]:
        """The searchable videos, ascending, and for each the first one of the same content."""
        if not self._database.has_table(MOMENTS):
            return id_array([]), id_array([])
        rows = self._database.rows(
            f"SELECT id, min(id) OVER (PARTITION BY +content_hash) FROM {_OF_VIDEOS} ORDER BY id"
        )
        return id_array(rows), id_array([(first,) for _, first in rows])

    def of_photos(self) -> tuple[Ids, Ids]:
        """Ids [M] of the searchable moments, ascending, and of their videos."""
        rows = self._database.rows(f"SELECT id, photo_id FROM {MOMENTS} WHERE {IS_SHOWN} ORDER BY id")
        return id_array(rows), id_array([row[1:] for row in rows])

    def best_ms(self, photo_id: int, vectors: Embeddings) -> int | None:
        """When a video is most like one of some vectors [V, D]; None if it has no moments."""
        rows = self._database.rows(f"SELECT at_ms, embedding FROM {MOMENTS} WHERE photo_id = ?", (photo_id,))
        known = [(at_ms, floats(embedding)) for at_ms, embedding in rows if len(embedding) == 4 * vectors.shape[1]]
        return max(known, key=lambda one: float((vectors @ one[1]).max()))[0] if known else None

    def dim(self, model: ModelRecord | None) -> int:
        """D, the dimension of a model's embeddings; 0 without one."""
        return model.dim if model else 0

    def select_ids(self, condition: Condition = ANY) -> Ids:
        """Ids of the searchable moments whose video satisfies a condition, ascending."""
        if self.is_empty():
            return id_array([])
        photos = f"SELECT id FROM photos WHERE skip_reason IS NULL AND ({condition.sql})"
        sql = f"SELECT id FROM {MOMENTS} WHERE photo_id IN ({photos}) AND {self._usable()} ORDER BY id"
        return id_array(self._database.rows(sql, condition.parameters))

    def tally(self) -> tuple[int, int]:
        """Number of searchable moments, and the sum of their ids."""
        if self.is_empty():
            return 0, 0
        rows = self._database.rows(f"SELECT count(*), total(id) FROM {MOMENTS} WHERE {IS_SHOWN} AND {self._usable()}")
        return int(rows[0][0]), int(rows[0][1])

    def changes_since(self, generation: int) -> VectorDelta:
        """Moments added and removed since a generation."""
        if not self._database.has_table(MOMENTS):
            return VectorDelta(id_array([]), id_array([]))
        added = f"SELECT id FROM {MOMENTS} WHERE generation > ? AND +{IS_SHOWN} AND {self._usable()}"
        removed = "SELECT moment_id FROM removed_moments WHERE generation > ?"
        return VectorDelta(
            np.sort(id_array(self._database.rows(added, (generation,)))),
            id_array(self._database.rows(removed, (generation,))),
        )

    def embeddings(self, ids: Ids) -> Iterator[tuple[Ids, Embeddings]]:
        """Embeddings of record [B, D] for ascending ids, block by block."""
        return embedding_blocks(self._database, f"SELECT id, embedding FROM {MOMENTS} WHERE id", ids, block=2048)

    def _usable(self) -> str:
        return "TRUE"


class MomentFeatures(MomentTable):
    """The vectors of likeness of moments, of those that have features; another source of derived vectors."""

    def dim(self, model: ModelRecord | None) -> int:  # noqa: ARG002 - the catalog does not record it
        """F, the number of features of the first photo; 0 if it has none."""
        rows = self._database.rows("SELECT length(features) FROM vectors ORDER BY photo_id LIMIT 1")
        return (rows[0][0] or 0) // 2 if rows else 0

    def embeddings(self, ids: Ids) -> Iterator[tuple[Ids, Embeddings]]:
        """Ids and vectors [B, F], block by block."""
        for rows in rows_by_id(self._database, f"SELECT id, features FROM {MOMENTS} WHERE id", ids, block=1024):
            if rows:
                yield id_array(rows), likeness(np.stack([halves(features) for _, features in rows]))

    def _usable(self) -> str:
        return f"length(features) = {2 * self.dim(None)}"
