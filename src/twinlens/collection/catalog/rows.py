"""Conversion of catalog rows to records and arrays."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from twinlens.collection.catalog.database import Database, damaged
from twinlens.errors import CatalogDamagedError
from twinlens.types import DateSource, Embeddings, Features, Ids

MOST_PARAMETERS = 500  # SQLite limits the number per statement
MOST_DIM = 65_536  # of a model's embeddings; a larger number was overwritten
MOST_GENERATIONS = 2**40  # the same
UNIT_TOLERANCE = 4e-3  # of the squared length: twice what an encoder may deviate, see ``check_unit_rows``


class PhotoRecord(NamedTuple):
    """A photo as shown in results and grids, with its caption if the hit is a caption; a video has a duration."""

    id: int
    folder_id: int
    path: str
    taken_at: str | None
    width: int | None = None
    height: int | None = None
    is_favourite: bool = False
    date_source: DateSource | None = None
    duration_ms: int | None = None
    caption: str | None = None


class VectorDelta(NamedTuple):
    """Vectors added and removed between two generations."""

    added: Ids
    removed: Ids


class ModelRecord(NamedTuple):
    """A model as recorded in the catalog."""

    model: str  # name or folder
    fingerprint: str
    dim: int


class FileState(NamedTuple):
    """Location of a file, and what shows whether it has changed."""

    folder_id: int
    path: str  # relative to the folder, with "/"
    size_bytes: int
    mtime_ns: int
    content_hash: bytes | None


def vector_bytes(dim: int, *, features_dim: int = 0) -> int:
    """Disk space of a vector: float32 embedding and float16 features in the catalog, copies and codes in stores."""
    return dim * (4 + 4 + 1) + features_dim * (2 + 2 + 1)


def is_number(text: str, *, most: int) -> bool:
    """Whether a text of the table ``meta`` is a number up to ``most``; any other was overwritten.

    >>> [is_number(text, most=512) for text in ("512", "513", "-1", "")]
    [True, False, False, False]
    """
    return text.isdecimal() and len(text) <= len(str(most)) and int(text) <= most


def id_array(rows: Sequence[Sequence[Any]]) -> Ids:
    """[N], the first column of rows."""
    return np.fromiter((row[0] for row in rows), dtype=np.int64, count=len(rows))


def ids_in(text: str | None) -> Ids:
    """[N], ids with spaces between them: one text is read several times as fast as a row for each."""
    return np.fromstring(text, dtype=np.int64, sep=" ") if text else np.empty(0, dtype=np.int64)


def union(arrays: Sequence[Ids]) -> Ids:
    """Ids of ascending arrays, ascending, each once; several times as fast as ``np.unique`` of many.

    >>> union([id_array([(1,), (3,)]), id_array([(2,), (3,)])]).tolist()
    [1, 2, 3]
    """
    some = [one for one in arrays if len(one)]
    if len(some) < 2:
        return some[0] if some else id_array([])
    merged = np.sort(np.concatenate(some), kind="stable")
    return merged[np.diff(merged, prepend=merged[0] - 1) > 0]


class KnownVector(NamedTuple):
    """What is on record of a photo, of one model.

    Attributes:
        embedding: [D], unit length.
        likeness: [F], see ``features.likeness``; None without features.
        model: that they are from.
    """

    embedding: Embeddings
    likeness: Embeddings | None
    model: ModelRecord


def floats(blob: bytes) -> Embeddings:
    """Embedding [D] from its bytes."""
    return np.frombuffer(blob, dtype="<f4").astype(np.float32, copy=False)


def blob(embedding: Embeddings) -> bytes:
    """The inverse of ``floats``."""
    return embedding.astype("<f4").tobytes()


def halves(blob: bytes) -> Features:
    """Pooled features [F] from their bytes."""
    return np.frombuffer(blob, dtype="<f2").astype(np.float32)


def halves_blob(features: Features | None) -> bytes | None:
    """The inverse of ``halves``; None if the model has no features."""
    return None if features is None else features.astype("<f2").tobytes()


def rows_by_id(database: Database, select: str, ids: Iterable[int], *, block: int = MOST_PARAMETERS) -> Iterator[Any]:
    """Yields lists of rows for ids, block by block.

    Args:
        database: the catalog.
        select: SQL up to the list of ids, such as ``SELECT … WHERE id``.
        ids: unknown ones are left out.
        block: ids per statement.
    """
    wanted = [int(item) for item in ids]
    for start in range(0, len(wanted), block):
        part = wanted[start : start + block]
        yield database.rows(f"{select} IN ({','.join('?' * len(part))}) ORDER BY 1", part)


def embedding_blocks(database: Database, select: str, ids: Ids, *, block: int) -> Iterator[tuple[Ids, Embeddings]]:
    """Embeddings of record [B, D] for ascending ids; ``select`` returns id and embedding, see ``rows_by_id``.

    Raises:
        CatalogDamagedError: one is not a unit vector.
    """
    for rows in rows_by_id(database, select, ids, block=block):
        if rows:
            if len({len(embedding) for _, embedding in rows}) == 1:
                embeddings = np.stack([floats(embedding) for _, embedding in rows])
                if are_unit_rows(embeddings):
                    yield id_array(rows), embeddings
                    continue
            for number, embedding in rows:
                unit_row(database, number, embedding)
            raise CatalogDamagedError(damaged(database.path, "its embeddings have different lengths"))


def check_length(database: Database, embeddings: Embeddings, dim: int | None) -> None:
    """Checks that embeddings of record [B, D] are of the model of record.

    Raises:
        CatalogDamagedError: they have another length.
    """
    if dim is not None and embeddings.shape[1] != dim:
        why = f"embeddings of {embeddings.shape[1]} numbers, by a model of {dim}"
        raise CatalogDamagedError(damaged(database.path, why))


def unit_row(database: Database, number: int, embedding: bytes) -> Embeddings:
    """Embedding [D] from its bytes, checked.

    Raises:
        CatalogDamagedError: it is not a unit vector.
    """
    if is_unit_blob(embedding):
        return floats(embedding)
    raise CatalogDamagedError(damaged(database.path, f"the embedding of item {number} was overwritten"))


def is_unit_blob(embedding: bytes, *, num_bytes: int | None = None) -> bool:
    """Whether the bytes are a unit vector, of that many bytes if given."""
    if not embedding or len(embedding) % 4 or (num_bytes is not None and len(embedding) != num_bytes):
        return False
    return are_unit_rows(floats(embedding)[None])


def are_unit_rows(embeddings: Embeddings) -> bool:
    """Whether all rows [B, D] have length 1."""
    with np.errstate(all="ignore"):
        return bool((np.abs(np.vecdot(embeddings, embeddings) - 1.0) < UNIT_TOLERANCE).all())  # False for NaN
