"""Where parts are put together: what the command line and every other interface call."""

import logging
import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from twinlens.collection.collection import Collection
from twinlens.collection.contact_sheet import check_sheet_path, write_contact_sheet
from twinlens.collection.filters import Filters
from twinlens.collection.index import IndexListener, IndexPlan, IndexReport, reasons_summary
from twinlens.collection.locate import find_collection, user_path
from twinlens.collection.query import Query, parse_query, photo_query
from twinlens.collection.search import SORTS, Answer, Page, Sort
from twinlens.data.classes_json import read_classes
from twinlens.data.find import find_kind, open_dataset
from twinlens.errors import CollectionError, CollectionNotFoundError, DataError, TwinlensError
from twinlens.evaluation.retrieval import RetrievalReport, evaluate_retrieval
from twinlens.evaluation.zero_shot import ZeroShotReport, evaluate_zero_shot
from twinlens.model.bundle import MODEL_FILES, Bundle, open_bundle
from twinlens.model.load import find_bundle, known_bundles, load_model
from twinlens.protocols import DualEncoder
from twinlens.types import Hit

__all__ = [
    "SORTS",
    "Answer",
    "Bundle",
    "Collection",
    "Filters",
    "Hit",
    "IndexListener",
    "IndexPlan",
    "IndexReport",
    "Opened",
    "Page",
    "Query",
    "Sort",
    "check_sheet_path",
    "check_up",
    "collection_status",
    "evaluate",
    "find_bundle",
    "find_existing",
    "known_bundles",
    "load_model",
    "open_bundle",
    "open_for_index",
    "open_for_search",
    "parse_query",
    "photo_query",
    "reasons_summary",
    "seen_part",
    "write_contact_sheet",
]

logger = logging.getLogger(__name__)


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


def evaluate(
    model: DualEncoder | str | Path = "default",
    data: str | os.PathLike[str] = ".",
    split: str = "test",
    *,
    kind: str | None = None,
    captions: str | os.PathLike[str] | None = None,
    images: str | os.PathLike[str] | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> RetrievalReport | ZeroShotReport:
    """Measures a model on a data set found out by looking.

    A folder with classes.json is measured as zero-shot classification, any other
    kind of captioned photos as retrieval both ways.

    Args:
        model: a model, or the name or folder of a bundle.
        data: the data set's folder.
        split: train, val, test or all; only for captions.
        kind: name of a reader in ``data.READERS``; None = found out by looking.
        captions: the captions' file, in place of the one in the folder.
        images: the folder of photos, likewise.
        on_progress: told how many of how many photos are embedded.

    Raises:
        DataError: the folder holds no known data, or no such split.
    """
    encoder = load_model(model) if isinstance(model, str | Path) else model
    directory = user_path(data)
    if not directory.is_dir():
        raise DataError(f"the data folder {directory} does not exist")
    if kind is None and captions is None and find_kind(directory) is None and (directory / "classes.json").is_file():
        return evaluate_zero_shot(encoder, read_classes(directory), on_progress=on_progress)
    file, folder = (None if path is None else user_path(path) for path in (captions, images))
    dataset = open_dataset(directory, kind=kind, file=file, images=folder)
    return evaluate_retrieval(encoder, dataset, split, on_progress=on_progress)


def collection_status(collection: Collection) -> dict[str, Any]:
    """What ``twinlens status --json`` prints."""
    catalog = collection.catalog
    skipped = catalog.skipped()
    folders = [{"path": str(folder.path), "present": folder.path.is_dir()} for folder in collection.folders()]
    size = sum(_size(file) for file in collection.path.rglob("*"))
    return {
        "collection": str(collection.path),
        "folders": folders,
        "images": len(collection),
        "skipped": len(skipped),
        "model": catalog.meta("model"),
        "fingerprint": catalog.meta("fingerprint"),
        "generation": catalog.generation,
        "disk_bytes": size,
    }


def _size(file: Path) -> int:
    try:
        return file.stat().st_size if file.is_file() else 0
    except FileNotFoundError:  # an indexer has just replaced it
        return 0


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of ``twinlens doctor``."""

    what: str
    ok: bool
    detail: str


def check_up(place: str | Path | None = None) -> list[Finding]:
    """Environment, model self-test, and the check of a collection where there is one."""
    findings = [Finding("python", True, f"{platform.python_version()} on {platform.system()} {platform.machine()}")]
    findings.append(_check_packages())
    free = shutil.disk_usage(tempfile.gettempdir()).free
    findings.append(Finding("disk", free > 1e9, f"{free / 1e9:.1f} GB free for temporary files"))
    findings += [_check_model(name, folder) for name, folder in known_bundles().items()]
    try:
        opened = find_existing(place)
    except CollectionNotFoundError as error:
        findings.append(Finding("collection", place is None, str(error)))
        return findings
    except TwinlensError as error:
        findings.append(Finding("collection", False, str(error)))
        return findings
    with opened.collection as collection:
        findings.append(_check_collection(collection))
    return findings


def _check_packages() -> Finding:
    found, missing = [], []
    for name in ("numpy", "pillow", "pillow-heif", "onnxruntime", "tokenizers", "numkong"):
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        return Finding("packages", False, f"missing: {', '.join(missing)}; install twinlens again")
    return Finding("packages", True, ", ".join(found))


def _check_model(name: str, folder: Path) -> Finding:
    what = f"model {name}"
    try:
        bundle = open_bundle(folder)
        for file in MODEL_FILES:
            bundle.verified(file)
        encoder = load_model(folder)
        side = encoder.manifest.image.preprocessing.image_size
        grey = encoder.encode_pixels(np.full((1, side, side, 3), 128, dtype=np.uint8)).embeddings
        words = encoder.encode_text(["a photo of a dog", "a photo of a puppy", "the annual tax report"])
    except TwinlensError as error:
        return Finding(what, False, str(error))
    unit = np.allclose(np.linalg.norm(np.vstack([grey, words]), axis=1), 1.0, atol=1e-3)
    sensible = float(words[0] @ words[1]) > float(words[0] @ words[2])
    if not unit or not sensible:
        return Finding(what, False, "the self-test gave wrong embeddings; install twinlens again")
    return Finding(what, True, f"fingerprint {bundle.fingerprint}, D = {encoder.dim}, self-test passed")


def _check_collection(collection: Collection) -> Finding:
    faults = collection.faults()
    missing = [str(folder.path) for folder in collection.folders() if not folder.path.is_dir()]
    if missing:
        faults.append(f"photo folder missing: {', '.join(missing)}")
    detail = "; ".join(faults) if faults else f"{len(collection):,} photos, {collection.path}"
    return Finding("collection", not faults, detail)
