"""Verify a collection, and repair one that is damaged."""

from pathlib import Path

from twinlens.api.library import no_collection
from twinlens.collection.collection import Collection
from twinlens.collection.place.locate import collection_path, find_collection, find_lost
from twinlens.collection.repairing.repair import repair as repair_collection
from twinlens.collection.repairing.report import RepairReport
from twinlens.collection.repairing.verify import FileCheck, OnFiles, Problem, Verification
from twinlens.errors import BundleError, CatalogDamagedError, ModelMismatchError

__all__ = ["Problem", "RepairReport", "Verification", "repair", "verify"]


def repair(place: str | Path | None = None) -> RepairReport:
    """Repairs the collection at a path, even if its catalog is missing.

    Args:
        place: a photo folder or a collection; None = the nearest one at or above the current folder.

    Raises:
        CollectionNotFoundError: there is none.
        CollectionError: see ``twinlens.collection.repairing.repair``.
    """
    return repair_collection(_collection_at(place))


def verify(
    place: str | Path | None = None, *, contents: bool = False, on_files: OnFiles = lambda _, __: None
) -> Verification:
    """Checks all of a collection and changes nothing in it but what is derived.

    Args:
        place: see ``repair``.
        contents: also read the photos whose size and date are as indexed, and compare their contents.
        on_files: called with the number of files that were looked at, and of all.

    Raises:
        CollectionNotFoundError: there is none.
        CollectionError: it is of a newer release, or cannot be read.
    """
    folder = _collection_at(place)
    mend = f"twinlens collection repair --in {folder}"
    problems: list[Problem] = []
    try:
        with Collection(folder) as collection:
            problems += [Problem(fault, mend) for fault in collection.faults()]
            if len(collection):
                problems += _model_problem(collection)
            files = FileCheck(collection.catalog, collection.folders(), contents=contents, on_files=on_files)
            problems += files.problems()
            return Verification(folder, len(collection), files.files, files.read, problems)
    except CatalogDamagedError as error:
        what = str(error).partition("; your photos")[0]
        return Verification(folder, 0, 0, 0, [*problems, Problem(what, mend)])


def _model_problem(collection: Collection) -> list[Problem]:
    try:
        collection.encoder.verify()
    except ModelMismatchError as error:
        what, _, todo = str(error).partition("; ")
        return [Problem(what, todo)]
    except BundleError as error:
        return [Problem(f"the model cannot be used: {error}", "install twinlens again, or pull the model again")]
    return []


def _collection_at(place: str | Path | None) -> Path:
    folder = collection_path(place if place is not None else ".")
    located = find_collection(folder)
    collection = find_lost(folder) if located is None else located.collection
    if collection is None:
        raise no_collection(folder)
    return collection
