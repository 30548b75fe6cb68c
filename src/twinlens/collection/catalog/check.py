"""Check that derived vectors are those of the catalog."""

from pathlib import Path

import numpy as np

from twinlens.collection.catalog.vectors import VectorSource
from twinlens.protocols import VectorStore


def vector_faults(source: VectorSource, store: VectorStore, folder: Path, *, items: str) -> list[str]:
    """What is wrong with embeddings of record, or with their copy; empty when all is well.

    Args:
        source: the truth.
        store: its copy, just brought in step.
        folder: where the copy lies.
        items: what the vectors are of: "photos" or "captions".
    """
    expected = source.select_ids()
    files = "the vector files" if items == "photos" else f"the vector files of {items}"
    if not np.array_equal(store.ids(), expected):
        return [f"{files} hold {len(store):,} {items}, the catalog {len(expected):,}"]
    faults = []
    for ids, embeddings in source.embeddings(expected):
        if not np.allclose(np.linalg.norm(embeddings, axis=1), 1.0, atol=1e-3):
            ends = f"{items.removesuffix('s')} ids {ids[0]} and {ids[-1]}"
            faults.append(f"an embedding of record between {ends} is not a unit vector")
        elif store.differs(ids, embeddings):
            faults.append(f"{files} differ from the catalog; delete {folder}, it is made anew")
            break
    return faults
