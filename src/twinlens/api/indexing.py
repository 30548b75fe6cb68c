"""Indexing: open the collection to update, and the plan, progress and report of a run."""

from collections.abc import Sequence
from pathlib import Path

from twinlens.api.library import Opened, find_existing
from twinlens.collection.catalog.kept import KEPT_DAYS
from twinlens.collection.collection import Collection
from twinlens.collection.indexing.brought import BroughtVectors
from twinlens.collection.indexing.scanning.missing import ForgetMissing, MissingFolder
from twinlens.collection.indexing.scanning.since_index import SinceIndex
from twinlens.collection.indexing.telling.index_state import IndexState, Stage
from twinlens.collection.indexing.telling.progress import (
    CaptionPlan,
    IndexListener,
    IndexPlan,
    ModelChangePlan,
    ModelChangeProgress,
    SilentListener,
)
from twinlens.collection.indexing.telling.report import (
    CaptionReport,
    IndexReport,
    ModelChangeReport,
    PendingModelChange,
    reasons_summary,
    videos_not_read,
)
from twinlens.collection.indexing.verification import VerifyReport
from twinlens.collection.indexing.watching.changes import Changes
from twinlens.collection.place.locate import find_collection, photos_path, user_path
from twinlens.data.objects.object_path import ObjectPath
from twinlens.embedding.local import Skipped
from twinlens.errors import DataError
from twinlens.evaluation.embedding_file import load_pairs
from twinlens.evaluation.vector_files.clip_retrieval import is_clip_retrieval, read_part_of
from twinlens.evaluation.vector_files.matching import first_rows
from twinlens.evaluation.vector_files.vectors import read_photo_vectors


def open_for_index(folders: Sequence[Path], *, at: Path | None, model: str | None, store: str | None = None) -> Opened:
    """Opens the collection that ``twinlens index`` updates, or creates it.

    A subfolder of an indexed folder belongs to that folder's collection.
    """
    if not folders:
        return find_existing(at, model=model, store=store)
    if at is None and len(folders) == 1:
        folder = photos_path(folders[0])
        is_there = isinstance(folder, ObjectPath) or folder.is_dir()
        located = find_collection(folder) if is_there else None
        if located is not None:
            return Opened(Collection(located.collection, model=model, store=store), located.within, is_new=False)
    return Opened(Collection.create(folders, at=at, model=model, store=store), None, is_new=True)


def read_brought_vectors(path: Path) -> BroughtVectors:
    """Vectors of photos from another program, for ``Collection.index``.

    Args:
        path: a .npy or .safetensors array with a list of the photos' names beside it, the folder of clip-retrieval,
            or an npz file of ``twinlens evaluate --save-embeddings``.

    Raises:
        DataError: a file is missing or damaged, or does not name its photos.
    """
    place = user_path(path)
    if place.suffix.lower() == ".npz":
        pairs = load_pairs(place)
        if not pairs.image_ids:
            raise DataError(f"{place} does not name its photos; it needs image_ids, one for each row")
        return BroughtVectors(pairs.images, pairs.image_ids, str(place))
    found = read_part_of(place, "image") if is_clip_retrieval(place) else read_photo_vectors(place)
    rows = first_rows(found.names or (), found, "photo")  # clip-retrieval has a row for each caption of a photo
    return BroughtVectors(found.rows[list(rows.values())], list(rows), str(place))
