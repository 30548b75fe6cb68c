"""Open a collection for a command, and say what is in one."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twinlens.collection.collection import Collection
from twinlens.collection.place.locate import find_collection, user_path
from twinlens.collection.searching.query import Query
from twinlens.errors import CollectionError, CollectionNotFoundError


@dataclass(frozen=True, slots=True)
class Opened:
    """A collection opened for a command.

    Attributes:
        collection: to be closed by the command.
        within: the sub-folder that the command is limited to; None = all.
        is_new: nothing is indexed yet, or the first run did not come to its end.
    """

    collection: Collection
    within: Path | None
    is_new: bool


def open_for_search(place: str | Path | None, *, model: str | None = None) -> Opened:
    """The collection that a command means.

    Args:
        place: a photo folder, a sub-folder of one, or a collection; None = the
            nearest collection at or above the current folder, limited to that folder.
        model: must be the collection's own, once it has photos.

    Raises:
        CollectionError: the place is missing.
    """
    folder = user_path(place if place is not None else ".")
    located = find_collection(folder)
    if located is None:
        return Opened(Collection.create([folder], model=model), None, is_new=True)
    if not folder.is_dir():
        raise CollectionError(f"the photo folder {folder} does not exist, or is no folder")
    collection = Collection(located.collection, model=model)
    return Opened(collection, located.within, is_new=not collection.is_complete)


def find_existing(place: str | Path | None, *, model: str | None = None) -> Opened:
    """Like ``open_for_search``, but never makes a collection.

    Raises:
        CollectionNotFoundError: there is none.
    """
    folder = user_path(place if place is not None else ".")
    located = find_collection(folder)
    if located is None:
        raise CollectionNotFoundError(f"there is no collection at or above {folder}; make one: twinlens index {folder}")
    return Opened(Collection(located.collection, model=model), located.within, is_new=False)


def open_for_index(folders: Sequence[Path], *, at: Path | None, model: str | None) -> Opened:
    """The collection that ``twinlens index`` brings up to date; made where there is none.

    A sub-folder of an indexed folder belongs to that folder's collection.
    """
    if not folders:
        return find_existing(at, model=model)
    if at is None and len(folders) == 1:
        folder = user_path(folders[0])
        located = find_collection(folder) if folder.is_dir() else None
        if located is not None:
            return Opened(Collection(located.collection, model=model), located.within, is_new=False)
    return Opened(Collection.create(folders, at=at, model=model), None, is_new=True)


def seen_part(collection: Collection, query: Query) -> str | None:
    """What the model reads of a query that is too long for it; None when it reads all."""
    for term in query.terms:
        if term.kind == "words" and (seen := collection.encoder.seen_part(term.value)) != term.value:
            return seen
    return None


def collection_status(collection: Collection) -> dict[str, Any]:
    """What ``twinlens status --json`` prints."""
    catalog, change = collection.catalog, collection.pending_change()
    skipped = catalog.skipped()
    folders = [{"path": str(folder.path), "present": folder.path.is_dir()} for folder in collection.folders()]
    size = sum(_size(file) for file in collection.path.rglob("*"))
    return {
        "collection": str(collection.path),
        "folders": folders,
        "images": len(collection),
        "captions": catalog.captions.count(),
        "skipped": len(skipped),
        "model": catalog.meta("model"),
        "fingerprint": catalog.meta("fingerprint"),
        "model_change": change and vars(change),
        "generation": catalog.generation,
        "disk_bytes": size,
    }


def _size(file: Path) -> int:
    try:
        return file.stat().st_size if file.is_file() else 0
    except FileNotFoundError:  # an indexer has just replaced it
        return 0
