"""Where parts are put together: what the command line and every other interface call."""

import logging
import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from twinlens.collection.candidates import RankedCaption, rank_candidates, read_candidates
from twinlens.collection.collection import Collection
from twinlens.collection.contact_sheet import check_sheet_path, write_contact_sheet
from twinlens.collection.filters import Filters
from twinlens.collection.locate import find_collection, user_path
from twinlens.collection.query import Query, parse_query, photo_query
from twinlens.collection.report import (
    CaptionPlan,
    CaptionReport,
    IndexListener,
    IndexPlan,
    IndexReport,
    reasons_summary,
)
from twinlens.collection.search import SORTS, TARGETS, Answer, Page, Sort, Target
from twinlens.data.classes_json import read_classes
from twinlens.data.convert import SHARD_SIZE, Converted, convert
from twinlens.data.find import find_kind, known_kind, open_dataset
from twinlens.data.published import Published, find_published
from twinlens.data.splits import DEFAULT_RATIOS, parse_ratios
from twinlens.data.survey import Survey, survey
from twinlens.errors import CollectionError, CollectionNotFoundError, DataError, TrainingError, TwinlensError
from twinlens.evaluation.audit.dataset import audit_dataset
from twinlens.evaluation.audit.embeddings import audit_embeddings
from twinlens.evaluation.audit.report import AuditReport
from twinlens.evaluation.class_names import read_class_names
from twinlens.evaluation.comparison import Comparison, compare_pairs
from twinlens.evaluation.embedding_file import check_writable, load_pairs, save_pairs
from twinlens.evaluation.pairs import EmbeddedPairs, embed_split
from twinlens.evaluation.plots.write import write_plots as draw_plots
from twinlens.evaluation.rank_table import write_ranks
from twinlens.evaluation.report import RetrievalReport
from twinlens.evaluation.retrieval import evaluate_embeddings, evaluate_pairs
from twinlens.evaluation.zero_shot import PROMPTS, ZeroShotReport, evaluate_zero_shot
from twinlens.model.bundle import MODEL_FILES, Bundle, open_bundle, write_manifest
from twinlens.model.load import find_bundle, known_bundles, load_model
from twinlens.protocols import Dataset, DualEncoder
from twinlens.types import Hit

if TYPE_CHECKING:
    from twinlens.training.export_run import Exported
    from twinlens.training.recipe import Recipe
    from twinlens.training.run import FinishedRun, RunListener

__all__ = [
    "PROMPTS",
    "SHARD_SIZE",
    "SORTS",
    "TARGETS",
    "Answer",
    "AuditReport",
    "Bundle",
    "CaptionPlan",
    "CaptionReport",
    "Collection",
    "Comparison",
    "Converted",
    "EmbeddedPairs",
    "Filters",
    "Hit",
    "IndexListener",
    "IndexPlan",
    "IndexReport",
    "Opened",
    "Page",
    "Published",
    "Query",
    "RankedCaption",
    "RetrievalReport",
    "Sort",
    "Survey",
    "Target",
    "ZeroShotReport",
    "audit",
    "check_sheet_path",
    "check_up",
    "check_writable",
    "collection_status",
    "compare",
    "convert_dataset",
    "embed_pairs",
    "evaluate",
    "evaluate_embeddings",
    "evaluate_pairs",
    "export_run",
    "find_bundle",
    "find_existing",
    "find_published",
    "is_classified",
    "known_bundles",
    "load_embeddings",
    "load_model",
    "open_bundle",
    "open_for_index",
    "open_for_search",
    "parse_query",
    "photo_paths",
    "photo_query",
    "rank_candidates",
    "read_candidates",
    "reasons_summary",
    "record_figures",
    "run_listener",
    "save_embeddings",
    "seen_part",
    "survey_dataset",
    "train",
    "write_contact_sheet",
    "write_plots",
    "write_ranks",
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
    ratios: str | None = None,
    ks: Sequence[int] | None = None,
    folds: int = 1,
    classes: str | os.PathLike[str] | None = None,
    prompts: Sequence[str] = PROMPTS,
    on_progress: Callable[[int, int], None] | None = None,
) -> RetrievalReport | ZeroShotReport:
    """Measures a model on a data set found out by looking.

    A folder with classes.json is measured as zero-shot classification, any other
    kind of captioned photos as retrieval both ways.

    Args:
        model: a model, the name or folder of a bundle, or the folder of a training run.
        data: the data set's folder.
        split: train, val, test or all; only for captions.
        kind: name of a reader in ``data.READERS``; None = found out by looking.
        captions: the captions' file, in place of the one in the folder.
        images: the folder of photos, likewise.
        ratios: shares of the deal where the data brings no splits, as ``70/15/15``; None = those
            that the model was trained with, so that no photo it has seen is measured.
        ks: cut-offs of R@K, P@K and coverage@K; None = 1, 5 and 10.
        folds: galleries of a part of the photos, whose mean is reported besides.
        classes: file of the classes to choose from, each with its names; only for classes.json.
        prompts: templates with ``{}`` for a class's name; only for classes.json.
        on_progress: told how many of how many photos are embedded.

    Raises:
        DataError: the folder holds no known data, or no such split.
    """
    if is_classified(data, kind=kind, captions=captions):
        names = None if classes is None else read_class_names(user_path(classes))
        encoder = _open_model(model) if isinstance(model, str | Path) else model
        photos = read_classes(user_path(data))
        return evaluate_zero_shot(encoder, photos, prompts=prompts, class_names=names, on_progress=on_progress)
    if classes is not None:
        raise DataError(f"{classes} names classes, but {data} holds no classes.json with photos to tell apart")
    pairs = embed_pairs(
        model, data, split, kind=kind, captions=captions, images=images, ratios=ratios, on_progress=on_progress
    )
    return evaluate_pairs(pairs, ks=ks, folds=folds)


def is_classified(
    data: str | os.PathLike[str], *, kind: str | None = None, captions: str | os.PathLike[str] | None = None
) -> bool:
    """Whether a folder holds photos with classes rather than with captions."""
    folder = user_path(data)
    return kind is None and captions is None and find_kind(folder) is None and (folder / "classes.json").is_file()


def embed_pairs(
    model: DualEncoder | str | Path = "default",
    data: str | os.PathLike[str] = ".",
    split: str = "test",
    *,
    kind: str | None = None,
    captions: str | os.PathLike[str] | None = None,
    images: str | os.PathLike[str] | None = None,
    ratios: str | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> EmbeddedPairs:
    """The embeddings of a split's photos and captions; what ``evaluate`` ranks.

    The arguments are those of ``evaluate``.

    Raises:
        DataError: the folder holds no known data, or no such split.
    """
    encoder = _open_model(model) if isinstance(model, str | Path) else model
    shares = ratios or _deal_of(model, encoder)
    dataset, _ = _open_captioned(data, kind=kind, captions=captions, images=images, ratios=shares)
    return embed_split(encoder, dataset, split, on_progress=on_progress)


def photo_paths(
    data: str | os.PathLike[str],
    *,
    kind: str | None = None,
    captions: str | os.PathLike[str] | None = None,
    images: str | os.PathLike[str] | None = None,
) -> dict[str, Path]:
    """Image id → photo file of a data set; the arguments are those of ``evaluate``."""
    dataset, _ = _open_captioned(data, kind=kind, captions=captions, images=images, ratios=None)
    return {photo.image_id: photo.path for photo in dataset.split("all")}


def write_plots(
    folder: str | os.PathLike[str],
    pairs: EmbeddedPairs,
    *,
    paths: Mapping[str, Path] | None = None,
    run: str | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> list[Path]:
    """Draws an evaluation into a folder, as PNG; needs the extra ``plots``.

    Args:
        folder: made where it is missing.
        pairs: embeddings of a split.
        paths: of ``photo_paths``; with it a grid of found photos.
        run: the folder of a training run, or any other model; with a run its training curves.
        on_progress: told how many of how many plots are drawn.

    Raises:
        TwinlensError: matplotlib is not installed, or the folder cannot be written.
    """
    trained = user_path(run) if run is not None and _is_run(run) else None
    return draw_plots(user_path(folder), pairs, paths=paths, run=trained, on_progress=on_progress)


def save_embeddings(pairs: EmbeddedPairs, path: str | os.PathLike[str]) -> None:
    """Writes embedded photos and captions into an npz file; see ``load_embeddings``.

    Raises:
        DataError: the file cannot be written, or does not end in .npz.
    """
    save_pairs(pairs, user_path(path))


def load_embeddings(path: str | os.PathLike[str]) -> EmbeddedPairs:
    """Reads image_embeddings [N, D], text_embeddings [M, D] and text_image_index [M] of any program.

    Raises:
        DataError: the file is missing, is no npz file, or its arrays are not what they should be.
    """
    return load_pairs(user_path(path))


def compare(
    first: EmbeddedPairs | str | os.PathLike[str],
    second: EmbeddedPairs | str | os.PathLike[str],
    *,
    names: tuple[str, str] = ("A", "B"),
    ks: Sequence[int] | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Comparison:
    """Whether the first of two models is better on the same data, and how sure that is.

    Args:
        first: embedded photos and captions, or an npz file of them.
        second: those of the other model.
        names: what the two are called.
        ks: cut-offs of R@K; None = 1, 5 and 10.
        on_progress: told how many of how many queries are ranked.

    Raises:
        DataError: a file cannot be read, or the two do not hold the same photos and captions.
    """
    a, b = (own if isinstance(own, EmbeddedPairs) else load_embeddings(own) for own in (first, second))
    return compare_pairs(a, b, names=names, ks=ks, on_progress=on_progress)


def record_figures(model: str, report: RetrievalReport | ZeroShotReport) -> None:
    """Keeps measured figures in the manifest of a bundle; its fingerprint stays.

    Raises:
        BundleError: the model is no bundle.
    """
    bundle = open_bundle(find_bundle(model))
    name = report.data if isinstance(report, ZeroShotReport) else report.protocol.partition(":")[0]
    fields = report.to_json()
    fields.get("zero_shot", {}).pop("classes", None)  # a thousand rows have no place in a manifest
    figures = {**bundle.manifest.figures, name: fields}
    write_manifest(bundle.directory, bundle.manifest.model_copy(update={"figures": figures}))


def audit(
    model: DualEncoder | str | Path = "default",
    data: str | os.PathLike[str] | None = None,
    split: str = "test",
    *,
    embeddings: str | os.PathLike[str] | None = None,
    kind: str | None = None,
    captions: str | os.PathLike[str] | None = None,
    images: str | os.PathLike[str] | None = None,
    ratios: str | None = None,
    quick: bool = False,
    on_progress: Callable[[str, int, int], None] | None = None,
) -> AuditReport:
    """Looks for what would make a claim of retrieval false; see ``AuditReport``.

    Args:
        model: as in ``evaluate``; not opened where embeddings are given.
        data: the data set's folder; may be left out where embeddings are given.
        split: the one that figures are claimed for.
        embeddings: an npz file of the split, as ``evaluate --save-embeddings`` writes it.
        kind: name of a reader; it, captions, images and ratios are as in ``evaluate``.
        captions: the captions' file.
        images: the folder of photos.
        ratios: shares of the deal.
        quick: photos are not compared between splits, and training rows not embedded.
        on_progress: told what is done, how many, of how many.

    Raises:
        DataError: the folder holds no known data, no such split, or the embeddings are not of it.
    """
    pairs = None if embeddings is None else load_pairs(user_path(embeddings))
    if data is None:
        if pairs is None:
            raise DataError("an audit needs something to look at: the folder of a data set, or a file of embeddings")
        return audit_embeddings(pairs)
    encoder: DualEncoder | None = None
    if pairs is None:
        encoder = _open_model(model) if isinstance(model, str | Path) else model
        ratios = ratios or _deal_of(model, encoder)
    dataset, name = _open_captioned(data, kind=kind, captions=captions, images=images, ratios=ratios)
    return audit_dataset(dataset, name, split, encoder=encoder, pairs=pairs, quick=quick, on_progress=on_progress)


def _open_model(name_or_path: str | Path) -> DualEncoder:
    if _is_run(name_or_path):
        encoder: DualEncoder = _lab("export_run").open_run(user_path(name_or_path))
        return encoder
    return load_model(name_or_path)


def _is_run(name_or_path: str | Path) -> bool:
    """A training run's folder has its recipe in it, and no manifest."""
    return str(name_or_path) not in known_bundles() and (user_path(name_or_path) / "recipe.json").is_file()


def _deal_of(model: DualEncoder | str | Path, encoder: DualEncoder) -> str | None:
    """The split ratios in the recipe that a model was trained with; None where it does not say."""
    if isinstance(model, str | Path) and _is_run(model):
        ratios: str = _lab("run_folder").RunFolder(user_path(model)).recipe().data.ratios
        return ratios
    manifest = getattr(encoder, "manifest", None)
    recipe: dict[str, Any] = manifest.training.get("recipe", {}) if manifest else {}
    found: str | None = recipe.get("data", {}).get("ratios")
    return found


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
        "captions": catalog.captions.count(),
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
    holds = f"{len(collection):,} photos, {collection.catalog.captions.count():,} captions, {collection.path}"
    detail = "; ".join(faults) if faults else holds
    return Finding("collection", not faults, detail)


def survey_dataset(
    data: str | os.PathLike[str],
    *,
    kind: str | None = None,
    captions: str | os.PathLike[str] | None = None,
    images: str | os.PathLike[str] | None = None,
    ratios: str | None = None,
    quick: bool = False,
    on_progress: Callable[[int, int], None] | None = None,
) -> Survey:
    """What a data set holds, and what may be wrong with it; see ``Survey``.

    Args:
        data: the data set's folder.
        kind: name of a reader; None = found out by looking.
        captions: the captions' file, in place of the one in the folder.
        images: the folder of photos, likewise.
        ratios: shares of the deal where the data brings no splits, as ``70/15/15``.
        quick: photos are not read, so broken and repeated ones stay unknown.
        on_progress: told how many of how many photos are opened.

    Raises:
        DataError: the folder holds no known data.
    """
    dataset, name = _open_captioned(data, kind=kind, captions=captions, images=images, ratios=ratios)
    return survey(dataset, name, quick=quick, on_progress=on_progress)


def convert_dataset(
    data: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    to: str,
    kind: str | None = None,
    captions: str | os.PathLike[str] | None = None,
    images: str | os.PathLike[str] | None = None,
    ratios: str | None = None,
    splits: Sequence[str] = (),
    link: bool = False,
    shard_size: int = SHARD_SIZE,
    on_progress: Callable[[int, int], None] | None = None,
) -> Converted:
    """Writes a data set anew in another format; the source is only read.

    Args:
        data: the data set's folder; it, kind, captions, images and ratios are as in ``survey_dataset``.
        out: the new folder; not there yet, or empty, and not inside the data.
        to: captions-json, jsonl, webdataset or parquet.
        kind: name of a reader.
        captions: the captions' file.
        images: the folder of photos.
        ratios: shares of the deal.
        splits: only these; none = all photos.
        link: photo files are hard-linked rather than copied.
        shard_size: photos in a shard or Parquet file.
        on_progress: told how many of how many photos are done.

    Raises:
        DataError: the folder holds no known data, or ``out`` is not empty.
    """
    target = user_path(out)
    if target.is_relative_to(user_path(data)):
        raise DataError(f"{target} is inside the data that is to be converted; name a folder beside it")
    dataset, _ = _open_captioned(data, kind=kind, captions=captions, images=images, ratios=ratios)
    return convert(dataset, target, to=to, splits=splits, link=link, shard_size=shard_size, on_progress=on_progress)


def _open_captioned(
    data: str | os.PathLike[str],
    *,
    kind: str | None,
    captions: str | os.PathLike[str] | None,
    images: str | os.PathLike[str] | None,
    ratios: str | None,
) -> tuple[Dataset, str]:
    directory = user_path(data)
    if not directory.is_dir():
        raise DataError(f"the data folder {directory} does not exist")
    file, folder = (None if path is None else user_path(path) for path in (captions, images))
    name = kind or known_kind(directory, file)
    shares = DEFAULT_RATIOS if ratios is None else parse_ratios(ratios)
    return open_dataset(directory, kind=name, file=file, images=folder, ratios=shares), name


def train(
    recipe: str | os.PathLike[str],
    data: str | os.PathLike[str],
    out: str | os.PathLike[str] | None = None,
    *,
    changes: Sequence[str] = (),
    kind: str | None = None,
    captions: str | os.PathLike[str] | None = None,
    images: str | os.PathLike[str] | None = None,
    resume: bool = False,
    cache: str | os.PathLike[str] | None = None,
    listener: "RunListener | None" = None,
) -> "FinishedRun":
    """Trains a dual encoder as a recipe says; needs the extra ``train``.

    Args:
        recipe: the TOML file.
        data: the data set's folder; it, kind, captions and images are as in ``survey_dataset``.
        out: the run's folder; None = ``runs/NAME`` of the recipe.
        changes: single values as ``stages.0.epochs=3``.
        kind: name of a reader.
        captions: the captions' file.
        images: the folder of photos.
        resume: go on from the run's last checkpoint.
        cache: where features and pixels are kept; None = ``cache/`` beside the run's folder.
        listener: told what happens.

    Raises:
        TrainingError: the run cannot start or go on, or torch is not installed.
        ConfigError: the recipe has faults; all are named.
        DataError: the data is not what it should be.
    """
    recipes, run = _lab("recipe"), _lab("run")
    resolved: Recipe = recipes.load_recipe(user_path(recipe), changes=changes)
    ratios = resolved.data.ratios
    dataset, name = _open_captioned(data, kind=kind, captions=captions, images=images, ratios=ratios)
    places = {"directory": data, "file": captions, "images": images}
    source = {key: None if place is None else str(user_path(place)) for key, place in places.items()}
    folder = user_path(out) if out is not None else user_path("runs") / resolved.name
    finished: FinishedRun = run.run_recipe(
        resolved,
        dataset,
        folder,
        resume=resume,
        source={**source, "kind": name, "ratios": parse_ratios(ratios)},
        cache=None if cache is None else user_path(cache),
        listener=listener,
    )
    return finished


def run_listener() -> "RunListener":
    """An empty listener of a run, whose fields a caller sets; needs the extra ``train``."""
    listener: RunListener = _lab("run").RunListener()
    return listener


def export_run(
    run: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    int8: bool = False,
    on_progress: Callable[[int, int], None] | None = None,
) -> "Exported":
    """Writes the bundle of a run's best epoch; needs the extra ``train``.

    Args:
        run: the folder of a run.
        out: the bundle's folder.
        int8: 8-bit text weights and float16 image weights.
        on_progress: told how many of how many photos are compared.

    Raises:
        TrainingError: no epoch was finished, or a graph is not as good as torch.
    """
    exported: Exported = _lab("export_run").export_run(
        user_path(run), user_path(out), int8=int8, on_progress=on_progress
    )
    return exported


def _lab(module: str) -> Any:
    """A module of the training lane, which torch and its company are needed for."""
    try:
        return import_module(f"twinlens.training.{module}")
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package == "twinlens":
            raise
        raise TrainingError(f'this needs {package}, which is not installed: pip install "twinlens[train]"') from error
