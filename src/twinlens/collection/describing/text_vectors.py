"""Embeddings of the built-in lists, made once for a model and kept in the user's data folder."""

import logging
import threading
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np

from twinlens.config import data_folder
from twinlens.embedding.local import check_unit_rows
from twinlens.protocols import DualEncoder
from twinlens.types import Embeddings
from twinlens.whole_file import whole_file

logger = logging.getLogger(__name__)
BATCH = 256  # texts between two reports of progress
MOST_KEPT = 6  # files of other lists and models, 3 MB each; the oldest go first
_one_at_a_time = threading.Lock()  # in a server the first requests would all embed the same list

OnProgress: TypeAlias = Callable[[int, int], None]
"""Called with the number of texts embedded so far, and of all."""


def kept_vectors(texts: Sequence[str], encoder: DualEncoder, *, on_progress: OnProgress | None = None) -> Embeddings:
    """[T, D], of a list that does not change, from the user's data folder if it is there."""
    with _one_at_a_time:
        file = _file(texts, encoder)
        rows = _read(file, shape=(len(texts), encoder.dim))
        if rows is None:
            rows = embed_texts(texts, encoder, on_progress=on_progress)
            _write(file, rows)
        return rows


def embed_texts(texts: Sequence[str], encoder: DualEncoder, *, on_progress: OnProgress | None = None) -> Embeddings:
    """[T, D], of any list."""
    rows = np.empty((len(texts), encoder.dim), dtype=np.float32)
    order = sorted(range(len(texts)), key=lambda row: len(texts[row]))  # a batch is as long as its longest text
    for start in range(0, len(order), BATCH):
        batch = order[start : start + BATCH]
        made = encoder.encode_text([texts[row] for row in batch])
        check_unit_rows(made, count=len(batch), dim=encoder.dim)
        rows[batch] = made
        if on_progress is not None:
            on_progress(start + len(batch), len(order))
    return rows


def _file(texts: Sequence[str], encoder: DualEncoder) -> Path:
    digest = zlib.crc32("\n".join(texts).encode())
    return data_folder() / "lists" / f"{encoder.fingerprint}-{digest:08x}.npy"


def _read(file: Path, *, shape: tuple[int, int]) -> Embeddings | None:
    try:
        rows = np.load(file, allow_pickle=False)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, EOFError) as error:
        logger.warning("%s cannot be read (%s); it is written anew", file, error)
        return None
    if rows.shape != shape or rows.dtype != np.float16:
        return None
    whole = rows.astype(np.float32)
    units: Embeddings = whole / np.linalg.norm(whole, axis=1, keepdims=True).clip(min=1e-6)
    return units


def _write(file: Path, rows: Embeddings) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(file) as place, place.open("wb") as opened:
            np.save(opened, rows.astype(np.float16), allow_pickle=False)
        others = sorted(file.parent.glob("*.npy"), key=lambda one: one.stat().st_mtime)
        for old in others[:-MOST_KEPT]:
            old.unlink(missing_ok=True)
    except OSError as error:
        logger.warning("%s cannot be written (%s); the list is embedded again next time", file, error)
