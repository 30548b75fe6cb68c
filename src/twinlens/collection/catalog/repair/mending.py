"""Make the rows that were salvaged a consistent catalog again."""

import sqlite3
import uuid
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from twinlens.collection.catalog.embeddings.next_vectors import model_meta
from twinlens.collection.catalog.rows import MOST_DIM, MOST_GENERATIONS, ModelRecord, blob, is_number, is_unit_blob
from twinlens.protocols import VectorStore
from twinlens.types import Embeddings

TO_READ = "its entry in the catalog was damaged; the next 'twinlens index' reads it again"


class Mended(NamedTuple):
    """What is left to do: photos that the next index run reads, and captions to embed, by id."""

    photos_to_read: int
    captions_to_embed: dict[int, str]


def salvaged_model(target: sqlite3.Connection) -> ModelRecord | None:
    """The model of the vectors; None if its entry was lost."""
    meta = dict(target.execute("SELECT key, value FROM meta"))
    values = [meta.get(key) for key in ModelRecord._fields]
    model, fingerprint, dim = values
    if not (model and fingerprint and dim and is_number(dim, most=MOST_DIM)):
        return None
    return ModelRecord(model, fingerprint, int(dim))


def distrust_embeddings(target: sqlite3.Connection, table: str, store: VectorStore) -> None:
    """Empties embeddings that differ from their derived copy, which has checksums: they were overwritten.

    Args:
        target: the salvaged catalog.
        table: "vectors" or "captions".
        store: the derived copy, as the damaged catalog left it.
    """
    key = "photo_id" if table == "vectors" else "id"
    known = set(store.ids().tolist())
    rows = target.execute(f"SELECT {key}, embedding FROM {table}")
    bad = [
        (number,)
        for number, embedding in rows
        if number in known
        and is_unit_blob(embedding)
        and store.differs(np.array([number]), np.frombuffer(embedding, dtype="<f4")[None])
    ]
    target.executemany(f"UPDATE {table} SET embedding = x'' WHERE {key} = ?", bad)


def salvaged_identity(target: sqlite3.Connection) -> str | None:
    """The identity of the damaged catalog; None if it was lost."""
    found = target.execute("SELECT value FROM meta WHERE key = 'identity'").fetchone()
    return found and str(found[0])


def mend(
    target: sqlite3.Connection,
    model: ModelRecord,
    *,
    photos: Iterable[tuple[Any, ...]],
    captions: Iterable[tuple[Any, ...]],
    folder: tuple[str, str] | None,
    has_vectors: bool,
) -> Mended:
    """Mends a salvaged catalog, in the caller's transaction.

    What was given to a photo stays with it even if its row was lost, as long as its path is known.

    Args:
        target: the salvaged catalog.
        model: the model of the vectors.
        photos: id, folder id and path of photos whose rows may have been lost.
        captions: id, photo id and text of captions whose rows may have been lost.
        folder: name and path of the photo folder, if the place of the collection tells which it is.
        has_vectors: False if it is not known which model the vectors are of.
    """
    generation = _next_generation(target)
    _restore_folder(target, folder)
    target.executemany(
        "INSERT OR IGNORE INTO photos "
        "(id, folder_id, path, size_bytes, mtime_ns, skip_reason, reader_version, generation) "
        "VALUES (?, ?, ?, 0, 0, ?, 0, 0)",
        [(*row, TO_READ) for row in photos],
    )
    target.executemany(
        "INSERT OR IGNORE INTO captions (id, photo_id, text, embedding, generation) VALUES (?, ?, ?, x'', 0)", captions
    )
    _remove_strays(target)
    target.execute("DELETE FROM moments")  # the next index run reads the videos for them
    target.execute("UPDATE photos SET beside = NULL")  # what files say is read again, without decoding the photos
    for table, key in (("vectors", "photo_id"), ("next_vectors", "photo_id"), ("next_captions", "caption_id")):
        bad = _bad_embeddings(target, table, key, model.dim if table == "vectors" and has_vectors else None)
        if table == "vectors" and not has_vectors:
            target.execute("DELETE FROM vectors")
        target.executemany(f"DELETE FROM {table} WHERE {key} = ?", [(number,) for number in bad])
    target.execute(
        "UPDATE photos SET skip_reason = ?, reader_version = 0 "
        "WHERE skip_reason IS NULL AND (reader_version = 0 OR id NOT IN (SELECT photo_id FROM vectors))",
        (TO_READ,),
    )
    target.execute(  # hidden until their photo is read
        "INSERT OR REPLACE INTO removed_captions SELECT captions.id, 0 FROM captions "
        "JOIN photos ON photos.id = photo_id WHERE skip_reason IS NOT NULL"
    )
    _set_generation(target, generation)
    meta = {**model_meta(model), "identity": uuid.uuid4().hex, "generation": str(generation)}
    target.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", list(meta.items()))
    left = int(target.execute("SELECT count(*) FROM photos WHERE skip_reason = ?", (TO_READ,)).fetchone()[0])
    bad_captions = set(_bad_embeddings(target, "captions", "id", model.dim if has_vectors else 0))
    texts = target.execute("SELECT id, text FROM captions").fetchall()
    return Mended(left, {number: text for number, text in texts if number in bad_captions})


def put_caption_embeddings(target: sqlite3.Connection, ids: Sequence[int], embeddings: Embeddings) -> None:
    """Stores the embeddings [B, D] of captions."""
    rows = [(blob(embedding), number) for embedding, number in zip(embeddings, ids, strict=True)]
    target.executemany("UPDATE captions SET embedding = ? WHERE id = ?", rows)


def remove_captions(target: sqlite3.Connection, ids: Sequence[int]) -> None:
    """Removes captions."""
    target.executemany("DELETE FROM captions WHERE id = ?", [(number,) for number in ids])


def _next_generation(target: sqlite3.Connection) -> int:
    """A generation later than any that another process may have seen."""
    (known,) = target.execute("SELECT value FROM meta WHERE key = 'generation'").fetchone() or ("",)
    seen = [int(known)] if is_number(known, most=MOST_GENERATIONS) else []
    for table in _tables_with(target, "generation"):
        seen += [row[0] for row in target.execute(f"SELECT max(generation) FROM {table}") if row[0] is not None]
    return max([number for number in seen if number < MOST_GENERATIONS], default=0) + 1


def _set_generation(target: sqlite3.Connection, generation: int) -> None:
    for table in _tables_with(target, "generation"):
        target.execute(f"UPDATE {table} SET generation = ?", (generation,))


def _tables_with(target: sqlite3.Connection, column: str) -> list[str]:
    rows = target.execute(
        "SELECT sqlite_master.name FROM sqlite_master, pragma_table_info(sqlite_master.name) AS info "
        "WHERE sqlite_master.type = 'table' AND info.name = ?",
        (column,),
    )
    return [name for (name,) in rows.fetchall()]


def _restore_folder(target: sqlite3.Connection, folder: tuple[str, str] | None) -> None:
    """Adds the photo folder if its row was lost."""
    lost = target.execute(
        "SELECT DISTINCT folder_id FROM photos WHERE folder_id NOT IN (SELECT id FROM folders)"
    ).fetchall()
    has_folders = target.execute("SELECT 1 FROM folders LIMIT 1").fetchone()
    if folder and not has_folders:
        number = lost[0][0] if len(lost) == 1 else 1
        target.execute("INSERT INTO folders (id, name, path) VALUES (?, ?, ?)", (number, *folder))


def _remove_strays(target: sqlite3.Connection) -> None:
    """Removes rows that belong to rows which were lost."""
    while strays := target.execute("PRAGMA foreign_key_check").fetchall():
        for table, rowid, *_ in strays:
            target.execute(f'DELETE FROM "{table}" WHERE rowid = ?', (rowid,))


def _bad_embeddings(target: sqlite3.Connection, table: str, key: str, dim: int | None) -> list[int]:
    rows = target.execute(f"SELECT {key}, embedding FROM {table}")
    return [
        number for number, embedding in rows if not is_unit_blob(embedding, num_bytes=None if dim is None else 4 * dim)
    ]
