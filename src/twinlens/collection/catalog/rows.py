"""Rows of the catalog as records and arrays."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from twinlens.collection.catalog.database import Database
from twinlens.types import Embeddings, Features, Ids

MOST_PARAMETERS = 500  # SQLite limits how many a statement may have


class PhotoRecord(NamedTuple):
    """One photo as results and grids show it, with the caption where one was found."""

    id: int
    folder_id: int
    path: str
    taken_at: str | None
    width: int | None = None
    height: int | None = None
    is_favourite: bool = False
    caption: str | None = None


class VectorDelta(NamedTuple):
    """Which vectors came and which went between two generations."""

    added: Ids
    removed: Ids


class ModelRecord(NamedTuple):
    """A model as the catalog remembers it."""

    model: str  # its name, or its folder
    fingerprint: str
    dim: int


class FileState(NamedTuple):
    """Where a file is and how to tell that it changed."""

    folder_id: int
    path: str  # below the folder, with "/"
    size_bytes: int
    mtime_ns: int
    content_hash: bytes | None


def vector_bytes(dim: int, *, features_dim: int = 0) -> int:
    """What a vector takes on disk: float32 embedding and float16 features, and beside the catalog two copies."""
    return dim * (4 + 4 + 2) + features_dim * 2


def id_array(rows: Sequence[Sequence[int]]) -> Ids:
    """[N], the first column of rows."""
    return np.fromiter((row[0] for row in rows), dtype=np.int64, count=len(rows))


def floats(blob: bytes) -> Embeddings:
    """[D], an embedding of record."""
    return np.frombuffer(blob, dtype="<f4").astype(np.float32, copy=False)


def blob(embedding: Embeddings) -> bytes:
    """What ``floats`` reads."""
    return embedding.astype("<f4").tobytes()


def halves(blob: bytes) -> Features:
    """[F], pooled features of record."""
    return np.frombuffer(blob, dtype="<f2").astype(np.float32)


def halves_blob(features: Features | None) -> bytes | None:
    """What ``halves`` reads; None where a model gives no features."""
    return None if features is None else features.astype("<f2").tobytes()


def rows_by_id(database: Database, select: str, ids: Iterable[int], *, block: int = MOST_PARAMETERS) -> Iterator[Any]:
    """Lists of rows for ids, block by block.

    Args:
        database: the catalog.
        select: SQL up to the list of ids, as ``SELECT … WHERE id``.
        ids: those that are not there are left out.
        block: ids in a statement.
    """
    wanted = [int(item) for item in ids]
    for start in range(0, len(wanted), block):
        part = wanted[start : start + block]
        yield database.rows(f"{select} IN ({','.join('?' * len(part))}) ORDER BY 1", part)


def embedding_blocks(database: Database, select: str, ids: Ids, *, block: int) -> Iterator[tuple[Ids, Embeddings]]:
    """Embeddings of record [B, D] for ascending ids; ``select`` gives id and embedding, see ``rows_by_id``."""
    for rows in rows_by_id(database, select, ids, block=block):
        if rows:
            yield id_array(rows), np.stack([floats(row[1]) for row in rows])
