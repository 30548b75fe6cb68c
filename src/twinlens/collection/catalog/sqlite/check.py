"""Check that derived vectors match the catalog."""

from pathlib import Path

import numpy as np

from twinlens.collection.catalog.embeddings.vectors import VectorSource
from twinlens.counted import counted
from twinlens.errors import CatalogDamagedError
from twinlens.protocols import VectorStore


def vector_faults(source: VectorSource, store: VectorStore, folder: Path, *, items: str) -> list[str]:
    """Problems with the embeddings of record or their derived copy; empty if there are none.

    Args:
        source: the source of truth.
        store: the derived copy, already synchronized.
        folder: of the copy.
        items: kind of items, "photos", "captions" or "features".
    """
    expected = source.select_ids()
    files = "the vector files" if items == "photos" else f"the vector files of {items}"
    if not np.array_equal(store.ids(), expected):
        return [f"{files} contain {counted(len(store), items.removesuffix('s'))}, the catalog {len(expected):,}"]
    try:
        for ids, embeddings in source.embeddings(expected):
            if store.differs(ids, embeddings):
                return [f"{files} differ from the catalog: {folder}"]
    except CatalogDamagedError as error:
        return [str(error)]
    return []


def differing_ids(source: VectorSource, store: VectorStore) -> list[int]:
    """Ids whose embedding of record differs from its derived copy, although both are unit vectors."""
    found: list[int] = []
    for ids, embeddings in source.embeddings(source.select_ids()):
        if store.differs(ids, embeddings):
            rows = range(len(ids))
            found += [int(ids[row]) for row in rows if store.differs(ids[row : row + 1], embeddings[row : row + 1])]
    return found
