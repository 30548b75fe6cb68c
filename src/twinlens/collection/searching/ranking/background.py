"""The sample of a library, and the everyday texts, by which hits of an uncalibrated model are judged."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.rows import ModelRecord
from twinlens.protocols import DualEncoder, VectorStore
from twinlens.relevance.background import SAMPLE, BackgroundJudge, everyday_texts
from twinlens.types import Embeddings, Ids
from twinlens.whole_file import whole_file

logger = logging.getLogger(__name__)
MIXER = np.uint64(0x9E3779B97F4A7C15)  # 2⁶⁴ / golden ratio: spreads neighbouring ids evenly


class Background:
    """Makes the judge of a collection, and keeps it until photos come or go; may be shared between threads.

    Args:
        catalog: of the collection.
        writable: False keeps the texts in memory alone.
    """

    def __init__(self, catalog: Catalog, *, writable: bool) -> None:
        self._catalog, self._writable = catalog, writable
        self._guard = threading.Lock()
        self._judge: tuple[object, BackgroundJudge] | None = None
        self._texts: tuple[str, Embeddings] | None = None

    def judge(
        self, store: VectorStore, model: ModelRecord, encoder: Callable[[], DualEncoder]
    ) -> BackgroundJudge | None:
        """The judge for the photos in a store; None if the collection has another model by now.

        Args:
            store: all photos of the library, whatever the filters of a search.
            model: of the store's vectors.
            encoder: gives this model, or a stand-in, if texts must be embedded.
        """
        state = (model, self._catalog.file_id, store.generation)
        with self._guard:
            if self._judge is None or self._judge[0] != state:
                with self._catalog.snapshot():
                    if self._catalog.model() != model:
                        return None
                    photos = [rows for _, rows in self._catalog.embeddings(sample(store.ids()))]
                library = np.concatenate(photos) if photos else np.empty((0, 1), dtype=np.float32)
                self._judge = state, BackgroundJudge(library, lambda: self._everyday(encoder()))
            return self._judge[1]

    def _everyday(self, encoder: DualEncoder) -> Embeddings:
        """[T, D], the everyday texts, embedded once for each model."""
        if self._texts is not None and self._texts[0] == encoder.fingerprint:
            return self._texts[1]
        file = self._catalog.path.parent / f"everyday-{encoder.fingerprint}.npy"
        texts = _read(file, shape=(len(everyday_texts()), encoder.dim))
        if texts is None:
            texts = encoder.encode_text(everyday_texts())
            if self._writable:
                _write(file, texts)
        self._texts = encoder.fingerprint, texts
        return texts


def sample(ids: Ids, count: int = SAMPLE) -> Ids:
    """At most ``count`` of the ids, ascending: always the same ones, but for those that come and go."""
    if len(ids) <= count:
        return ids
    mixed = ids.astype(np.uint64) * MIXER
    return np.sort(ids[np.argpartition(mixed, count)[:count]])


def _read(file: Path, *, shape: tuple[int, int]) -> Embeddings | None:
    try:
        rows: Embeddings = np.load(file, allow_pickle=False)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, EOFError) as error:
        logger.warning("%s cannot be read (%s); it is written anew", file, error)
        return None
    return rows if rows.shape == shape and rows.dtype == np.float32 else None


def _write(file: Path, rows: Embeddings) -> None:
    try:
        with whole_file(file) as place, place.open("wb") as opened:
            np.save(opened, rows, allow_pickle=False)
    except OSError as error:
        logger.warning("%s cannot be written (%s); the everyday texts are embedded again next time", file, error)
