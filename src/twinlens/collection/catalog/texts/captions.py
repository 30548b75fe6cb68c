"""The catalog's captions, each with its embedding of record."""

import json
from collections.abc import Iterable, Iterator

import numpy as np

from twinlens.collection.catalog.condition import ANY, IS_SHOWN, Condition
from twinlens.collection.catalog.database import Database
from twinlens.collection.catalog.order import Order, places
from twinlens.collection.catalog.reading import record_columns
from twinlens.collection.catalog.rows import (
    ModelRecord,
    PhotoRecord,
    VectorDelta,
    embedding_blocks,
    id_array,
    rows_by_id,
)
from twinlens.types import Embeddings, Ids


class CaptionTable:
    """Reads captions; a ``CatalogWriter`` writes them.

    A caption is searchable as long as its photo is.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def is_empty(self) -> bool:
        """True if there are no captions, or no table for them (a read-only catalog of an older release)."""
        return not self._database.has_table("captions") or not self._database.rows("SELECT 1 FROM captions LIMIT 1")

    def count(self) -> int:
        """Number of searchable captions."""
        if self.is_empty():
            return 0
        hidden = f"SELECT count(*) FROM captions WHERE NOT ({IS_SHOWN})"
        return int(self._database.rows(f"SELECT (SELECT count(*) FROM captions) - ({hidden})")[0][0])

    def of_photo(self, photo_id: int) -> list[str]:
        """The captions of one photo, oldest first."""
        if self.is_empty():
            return []
        rows = self._database.rows("SELECT text FROM captions WHERE photo_id = ? ORDER BY id", (photo_id,))
        return [text for (text,) in rows]

    def known_of(self, photo_id: int) -> dict[str, int]:
        """Text → caption id, of one photo."""
        if self.is_empty():
            return {}
        return dict(self._database.rows("SELECT text, id FROM captions WHERE photo_id = ?", (photo_id,)))

    def known(self) -> dict[int, dict[str, int]]:
        """Photo id → text → caption id, for all captions."""
        found: dict[int, dict[str, int]] = {}
        for photo_id, text, caption_id in self._database.rows("SELECT photo_id, text, id FROM captions"):
            found.setdefault(photo_id, {})[text] = caption_id
        return found

    def select_ids(self, condition: Condition = ANY) -> Ids:
        """Ids of searchable captions whose photo satisfies a condition, ascending."""
        photos = f"SELECT id FROM photos WHERE skip_reason IS NULL AND ({condition.sql})"
        # sorted in Python: ORDER BY would make SQLite read rows with embeddings instead of the index
        sql = f"SELECT id FROM captions WHERE photo_id IN ({photos})"
        return np.sort(id_array(self._database.rows(sql, condition.parameters)))

    def photos(self, ids: Iterable[int]) -> dict[int, PhotoRecord]:
        """The photo of each caption, with the caption; deleted ids are missing from the result."""
        select = (
            f"SELECT captions.id, {record_columns(self._database)}, text "
            "FROM captions JOIN photos ON photos.id = photo_id WHERE captions.id"
        )
        return {row[0]: PhotoRecord(*row[1:]) for rows in rows_by_id(self._database, select, ids) for row in rows}

    def places(self, ids: Iterable[int], order: Order) -> dict[int, int]:
        """The place of each caption's photo in an order, as ``Catalog.places``."""
        source = (
            "FROM captions JOIN photos ON photos.id = photo_id WHERE captions.id IN (SELECT value FROM json_each(?))"
        )
        return places(self._database, order, "captions.id", source, (json.dumps(list(ids)),))

    def dim(self, model: ModelRecord | None) -> int:
        """D, the dimension of a model's embeddings; 0 without one."""
        return model.dim if model else 0

    def tally(self) -> tuple[int, int]:
        """Number of searchable captions, and the sum of their ids."""
        if self.is_empty():
            return 0, 0
        rows = self._database.rows(f"SELECT count(*), total(id) FROM captions WHERE {IS_SHOWN}")
        return int(rows[0][0]), int(rows[0][1])

    def changes_since(self, generation: int) -> VectorDelta:
        """Captions added and removed since a generation."""
        added = f"SELECT id FROM captions WHERE generation > ? AND +{IS_SHOWN}"  # "+": use the generations index
        removed = "SELECT caption_id FROM removed_captions WHERE generation > ?"
        return VectorDelta(
            np.sort(id_array(self._database.rows(added, (generation,)))),
            id_array(self._database.rows(removed, (generation,))),
        )

    def embeddings(self, ids: Ids, *, block: int = 2048) -> Iterator[tuple[Ids, Embeddings]]:
        """Embeddings of record [B, D] for ascending ids, block by block."""
        return embedding_blocks(self._database, "SELECT id, embedding FROM captions WHERE id", ids, block=block)
