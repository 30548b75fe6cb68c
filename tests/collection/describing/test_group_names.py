"""Names of groups: what is probable for their photos, and more so than for others."""

from pathlib import Path

import numpy as np

from catalog_photos import put_photos
from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.describing.group_names import group_names
from twinlens.collection.describing.suggesting import Suggestion
from twinlens.types import Embeddings


class Told:
    """Suggests the same for all photos whose vectors are the same."""

    def __init__(self, *tags: dict[str, float]) -> None:
        self.tags = tags

    def suggest(self, photos: Embeddings) -> list[list[Suggestion]]:
        return [[Suggestion(tag, "likely", p) for tag, p in self.tags[int(row.argmax())].items()] for row in photos]


def test_a_name_tells_a_group_from_the_others(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "catalog.sqlite", create=True)
    ids = np.array(put_photos(catalog, [f"{number}.jpg" for number in range(6)]))
    with catalog.transaction() as connection:
        rows = np.repeat(np.eye(8, dtype=np.float32)[:3], 2, axis=0)
        pairs = [(row.tobytes(), int(number)) for row, number in zip(rows, ids, strict=True)]
        connection.executemany("UPDATE vectors SET embedding = ? WHERE photo_id = ?", pairs)
    told = Told({"people": 0.9, "snow": 0.5}, {"people": 0.9, "tennis": 0.3}, {"people": 0.05, "sign": 0.04})
    names = group_names(told, catalog, [ids[:2], ids[2:4], ids[4:]])
    assert [name and name.label for name in names] == ["snow", "tennis", None]
    mixed = group_names(told, catalog, [ids[[4, 0]], ids[[5, 3]]])  # their first photos show neither
    assert [name and name.photo for name in mixed] == [ids[0], ids[3]]
    assert group_names(told, catalog, []) == []
    catalog.close()
