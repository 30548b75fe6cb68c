"""Indexing: open the collection to update, and the plan, progress and report of a run."""

from collections.abc import Sequence
from pathlib import Path

from twinlens.api.library import Opened, find_existing
from twinlens.collection.catalog.kept import KEPT_DAYS
from twinlens.collection.collection import Collection
from twinlens.collection.indexing.index_state import IndexState, Stage
from twinlens.collection.indexing.missing import ForgetMissing, MissingFolder
from twinlens.collection.indexing.progress import (
    CaptionPlan,
    IndexListener,
    IndexPlan,
    ModelChangePlan,
    ModelChangeProgress,
    SilentListener,
)
from twinlens.collection.indexing.report import (
    CaptionReport,
    IndexReport,
    ModelChangeReport,
    PendingModelChange,
    reasons_summary,
)
from twinlens.collection.indexing.since_index import SinceIndex
from twinlens.collection.indexing.verification import VerifyReport
from twinlens.collection.place.locate import find_collection, user_path
from twinlens.embedding.local import Skipped


def open_for_index(folders: Sequence[Path], *, at: Path | None, model: str | None, store: str | None = None) -> Opened:
    """Opens the collection that ``twinlens index`` updates, or creates it.

    A subfolder of an indexed folder belongs to that folder's collection.
    """
    if not folders:
        return find_existing(at, model=model, store=store)
    if at is None and len(folders) == 1:
        folder = user_path(folders[0])
        located = find_collection(folder) if folder.is_dir() else None
        if located is not None:
            return Opened(Collection(located.collection, model=model, store=store), located.within, is_new=False)
    return Opened(Collection.create(folders, at=at, model=model, store=store), None, is_new=True)
