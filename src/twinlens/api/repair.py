"""Repair a collection that is damaged."""

from pathlib import Path

from twinlens.api.library import no_collection
from twinlens.collection.place.locate import find_collection, find_lost, user_path
from twinlens.collection.repairing.repair import repair as repair_collection
from twinlens.collection.repairing.report import RepairReport

__all__ = ["RepairReport", "repair"]


def repair(place: str | Path | None = None) -> RepairReport:
    """Repairs the collection at a path, even if its catalog is missing.

    Args:
        place: a photo folder or a collection; None = the nearest one at or above the current folder.

    Raises:
        CollectionNotFoundError: there is none.
        CollectionError: see ``twinlens.collection.repairing.repair``.
    """
    folder = user_path(place if place is not None else ".")
    located = find_collection(folder)
    collection = find_lost(folder) if located is None else located.collection
    if collection is None:
        raise no_collection(folder)
    return repair_collection(collection)
