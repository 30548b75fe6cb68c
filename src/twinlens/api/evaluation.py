"""Evaluate models or embeddings, compare two of them, audit figures, draw plots."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from twinlens.api.datasets import open_captioned
from twinlens.api.lab import lab_module
from twinlens.collection.place.locate import user_path
from twinlens.data.find import find_kind
from twinlens.data.readers.classes_json import read_classes
from twinlens.embedding.on_cluster import ClusterEmbedding
from twinlens.errors import DataError
from twinlens.evaluation.classes.names import read_class_names
from twinlens.evaluation.classes.prompts import read_prompts
from twinlens.evaluation.comparison import Comparison, compare_pairs
from twinlens.evaluation.compositional import find
from twinlens.evaluation.compositional.evaluate import evaluate_compositional
from twinlens.evaluation.compositional.find import read_compositional
from twinlens.evaluation.compositional.report import CompositionalReport
from twinlens.evaluation.embedding_file import check_writable, load_pairs, save_pairs
from twinlens.evaluation.languages import LanguagesReport, evaluate_languages
from twinlens.evaluation.pairs import EmbeddedPairs, caption_ids_of, captioned_photos, embed_split
from twinlens.evaluation.plots.cosine_heat_map import draw_cosine_heat_map
from twinlens.evaluation.plots.model_comparison import draw_model_comparison
from twinlens.evaluation.plots.recall_curves import draw_recall_curves
from twinlens.evaluation.plots.training_curves import draw_training_curves
from twinlens.evaluation.rank_table import write_ranks
from twinlens.evaluation.report import RetrievalReport
from twinlens.evaluation.retrieval import checked_ks, evaluate_embeddings, evaluate_pairs
from twinlens.evaluation.truth.apply import apply_truth, find_answers
from twinlens.evaluation.truth.coco_truth import read_truth
from twinlens.evaluation.vector_files.load import load_vectors
from twinlens.evaluation.zero_shot import PROMPTS, ZeroShotReport, evaluate_zero_shot
from twinlens.model.bundle import open_bundle, write_manifest
from twinlens.model.load import find_bundle, known_bundles, load_model
from twinlens.protocols import DualEncoder

if TYPE_CHECKING:
    from twinlens.evaluation.audit.report import AuditReport

Report: TypeAlias = RetrievalReport | LanguagesReport | ZeroShotReport | CompositionalReport


def evaluate(
    model: DualEncoder | str | Path = "default",
    data: str | os.PathLike[str] = ".",
    split: str = "test",
    *,
    kind: str | None = None,
    captions: str | os.PathLike[str] | None = None,
    images: str | os.PathLike[str] | None = None,
    ratios: str | None = None,
    languages: Sequence[str] = (),
    ks: Sequence[int] | None = None,
    folds: int = 1,
    truth: str | os.PathLike[str] | None = None,
    classes: str | os.PathLike[str] | None = None,
    prompts: Sequence[str] = PROMPTS,
    on_progress: Callable[[int, int], None] | None = None,
    on_texts: Callable[[int, int], None] | None = None,
    on_compared: Callable[[int, int], None] | None = None,
    on: ClusterEmbedding | None = None,
) -> Report:
    """Evaluates a model on a data set.

    A folder with classes.json is evaluated as zero-shot classification, one of Winoground or
    SugarCrepe by the scores of these, any other data set as retrieval in both directions, and
    one with captions in several languages in each of them.

    Args:
        model: a model, the name or folder of a bundle, or the folder of a training run.
        data: the data set's folder.
        split: train, val, test or all; only for captions.
        kind: name of a reader in ``data.READERS``; None = detect it.
        captions: caption file, instead of the one in the folder.
        images: folder of photos, instead of the one in the folder.
        ratios: split ratios for data without splits, such as ``70/15/15``; None = those that
            the model was trained with, so that no training photo is evaluated.
        languages: of captions, such as "de"; none = all.
        ks: cut-offs of R@K, P@K and coverage@K; None = 1, 5 and 10.
        folds: number of disjoint galleries, whose mean is reported in addition.
        truth: file of right answers for COCO, several for a caption: CxC's or ECCV Caption's.
        classes: file of candidate classes and their names; only for classes.json.
        prompts: templates with ``{}`` for the class name; only for classes.json.
        on_progress: called with the numbers of embedded and of all photos.
        on_texts: called afterwards with the numbers of embedded and of all captions or prompts.
        on_compared: called afterwards with the numbers of photos compared with the model's training photos, and of all.
        on: the machines that embed, see ``api.cluster``; None = this process.

    Raises:
        DataError: the folder has no data in a known format, or no such split or language.
    """
    classified = is_classified(data, kind=kind, captions=captions)
    compositional = is_compositional(data, kind=kind, captions=captions)
    if truth is not None and (classified or compositional):
        raise DataError(f"{truth} is about captions of COCO, but {data} has other data; leave out the truth file")
    if languages and (classified or compositional):
        raise DataError(f"{data} has no captions in several languages; leave out the languages")
    listeners: dict[str, Any] = {"on_progress": on_progress, "on_texts": on_texts, "on_compared": on_compared, "on": on}
    if classified:
        names = None if classes is None else read_class_names(user_path(classes))
        photos = read_classes(user_path(data))
        return evaluate_zero_shot(_encoder(model), photos, prompts=prompts, class_names=names, **listeners)
    if compositional:
        cases = read_compositional(user_path(data), None if images is None else user_path(images))
        return evaluate_compositional(_encoder(model), cases, **listeners)
    if classes is not None:
        raise DataError(f"{classes} is a list of classes, but {data} has no classes.json; leave out --classes")
    source: dict[str, Any] = {"kind": kind, "captions": captions, "images": images, "ratios": ratios}
    pairs = embed_pairs(model, data, split, **source, languages=languages, ks=ks, truth=truth, **listeners)
    return evaluate_captions(pairs, ks=ks, folds=folds)


def evaluate_captions(
    pairs: EmbeddedPairs,
    *,
    ks: Sequence[int] | None = None,
    folds: int = 1,
    on_progress: Callable[[int, int], None] | None = None,
) -> RetrievalReport | LanguagesReport:
    """All metrics of embedded photos and captions, in each language if they are in several.

    Args:
        pairs: from ``embed_pairs`` or ``load_embeddings``.
        ks: cut-offs; None = 1, 5 and 10.
        folds: number of disjoint galleries, whose mean is reported in addition.
        on_progress: called with the numbers of ranked and of all queries.

    Raises:
        DataError: a K or the number of folds is too large for the gallery.
    """
    if len(set(pairs.languages)) > 1:
        return evaluate_languages(pairs, ks=ks, folds=folds, on_progress=on_progress)
    return evaluate_pairs(pairs, ks=ks, folds=folds, on_progress=on_progress)


def is_classified(
    data: str | os.PathLike[str], *, kind: str | None = None, captions: str | os.PathLike[str] | None = None
) -> bool:
    """Whether a folder contains classified rather than captioned photos."""
    folder = user_path(data)
    return kind is None and captions is None and find_kind(folder) is None and (folder / "classes.json").is_file()


def is_compositional(
    data: str | os.PathLike[str], *, kind: str | None = None, captions: str | os.PathLike[str] | None = None
) -> bool:
    """Whether a folder has the files of Winoground or SugarCrepe rather than captioned photos."""
    folder = user_path(data)
    return kind is None and captions is None and find.is_compositional(folder) and find_kind(folder) is None


def embed_pairs(
    model: DualEncoder | str | Path = "default",
    data: str | os.PathLike[str] = ".",
    split: str = "test",
    *,
    kind: str | None = None,
    captions: str | os.PathLike[str] | None = None,
    images: str | os.PathLike[str] | None = None,
    ratios: str | None = None,
    languages: Sequence[str] = (),
    ks: Sequence[int] | None = None,
    truth: str | os.PathLike[str] | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    on_texts: Callable[[int, int], None] | None = None,
    on_compared: Callable[[int, int], None] | None = None,
    on: ClusterEmbedding | None = None,
) -> EmbeddedPairs:
    """Embeds the photos and captions of a split, which ``evaluate`` then ranks.

    The arguments are those of ``evaluate``; ``ks`` and ``truth`` are checked before anything is embedded.

    Raises:
        DataError: the folder has no data in a known format, or no such split, or fewer photos than a K.
    """
    encoder = _encoder(model)
    shares = ratios or _deal_of(model, encoder)
    dataset, _ = open_captioned(data, kind=kind, captions=captions, images=images, ratios=shares)
    photos = captioned_photos(dataset, split, languages)
    checked_ks(ks or None, len(photos))
    answers = None if truth is None else read_truth(user_path(truth))
    if answers:
        ids = [photo.image_id for photo in photos]
        find_answers(answers, f"{dataset.name}/{split}", ids, caption_ids_of(photos))
    listeners: dict[str, Any] = {"on_progress": on_progress, "on_texts": on_texts, "on_compared": on_compared, "on": on}
    pairs = embed_split(encoder, dataset, split, languages=languages, **listeners)
    return apply_truth(pairs, answers) if answers else pairs


def check_plots() -> list[str]:
    """Checks what is needed for plots, before anything is evaluated.

    Returns:
        For each map that ``write_plots`` will leave out: the reason, and what to install.

    Raises:
        TwinlensError: matplotlib is not installed.
    """
    from twinlens.evaluation.plots.canvas import new_figure
    from twinlens.evaluation.plots.embedding_map import METHODS, is_drawable, what_is_missing

    new_figure(1, 1)
    return [what_is_missing(method) for method in METHODS if not is_drawable(method)]


def write_plots(
    folder: str | os.PathLike[str],
    pairs: EmbeddedPairs,
    *,
    paths: Mapping[str, Path] | None = None,
    run: str | None = None,
    kind: str = "png",
    on_progress: Callable[[int, int], None] | None = None,
) -> list[Path]:
    """Writes the plots of an evaluation to a folder; needs the extra ``plots``.

    Args:
        folder: created if missing.
        pairs: embeddings of a split.
        paths: from ``photo_paths``; adds a grid of retrieved photos.
        run: the folder of a training run, or any other model; a run adds its training curves.
        kind: of the files: png, svg or pdf.
        on_progress: called with the numbers of finished and of all plots.

    Raises:
        DataError: there is no such kind.
        TwinlensError: matplotlib is not installed, or the folder cannot be written.
    """
    from twinlens.evaluation.plots.write import write_plots as draw_plots  # not needed for searching

    trained = user_path(run) if run is not None and _is_run(run) else None
    return draw_plots(user_path(folder), pairs, paths=paths, run=trained, kind=kind, on_progress=on_progress)


def write_comparison_plot(folder: str | os.PathLike[str], comparison: Comparison, *, kind: str = "png") -> Path:
    """Writes model_comparison.png, a bar chart of ``compare``'s result, to a folder; needs the extra ``plots``.

    ``kind`` is png, svg or pdf.

    Raises:
        DataError: there is no such kind.
        TwinlensError: matplotlib is not installed, or the folder cannot be written.
    """
    from twinlens.evaluation.plots.write import write_comparison_plot as draw_comparison

    return draw_comparison(user_path(folder), comparison, kind=kind)


def save_embeddings(pairs: EmbeddedPairs, path: str | os.PathLike[str]) -> None:
    """Saves embedded photos and captions to an npz file; see ``load_embeddings``.

    Raises:
        DataError: the file cannot be written, or does not end in .npz.
    """
    save_pairs(pairs, user_path(path))


def load_embeddings(
    path: str | os.PathLike[str],
    texts: str | os.PathLike[str] | None = None,
    data: str | os.PathLike[str] | None = None,
    split: str = "test",
    *,
    kind: str | None = None,
    captions: str | os.PathLike[str] | None = None,
    images: str | os.PathLike[str] | None = None,
    ratios: str | None = None,
    languages: Sequence[str] = (),
    truth: str | os.PathLike[str] | None = None,
) -> EmbeddedPairs:
    """Embedded photos and captions from any program.

    Args:
        path: an npz file with image_embeddings [N, D], text_embeddings [M, D] and text_image_index [M], which needs
            nothing else; a .npy or .safetensors array of photos with a list of their names beside it; or the folder
            of clip-retrieval.
        texts: .npy or .safetensors array of captions, in the order of the data set or with a list beside it.
        data: the data set's folder, which says which captions belong to which photo.
        split: of the data set.
        kind: name of a reader; it, captions, images and ratios are as in ``evaluate``.
        captions: caption file.
        images: folder of photos.
        ratios: split ratios.
        languages: of captions, such as "de"; none = all.
        truth: as in ``evaluate``.

    Raises:
        DataError: a file is missing or damaged, or its arrays are invalid or do not fit the data set.
    """
    dataset = None
    if data is not None:
        dataset, _ = open_captioned(data, kind=kind, captions=captions, images=images, ratios=ratios)
    pairs = load_vectors(user_path(path), None if texts is None else user_path(texts), dataset, split, languages)
    return pairs if truth is None else apply_truth(pairs, read_truth(user_path(truth)))


def compare(
    first: EmbeddedPairs | str | os.PathLike[str],
    second: EmbeddedPairs | str | os.PathLike[str],
    *,
    names: tuple[str, str] = ("A", "B"),
    ks: Sequence[int] | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Comparison:
    """Compares two models on the same data, with confidence intervals.

    Args:
        first: embedded photos and captions, or an npz file of them.
        second: the same for the other model.
        names: names of the two models.
        ks: cut-offs of R@K; None = 1, 5 and 10.
        on_progress: called with the numbers of ranked and of all queries.

    Raises:
        DataError: a file cannot be read, or the photos and captions of the two differ.
    """
    a, b = (own if isinstance(own, EmbeddedPairs) else load_embeddings(own) for own in (first, second))
    return compare_pairs(a, b, names=names, ks=ks, on_progress=on_progress)


def record_figures(model: str, report: Report) -> None:
    """Records figures in the manifest of a bundle, those of each language apart; its fingerprint stays the same.

    Raises:
        BundleError: the model is not a bundle.
    """
    if isinstance(report, LanguagesReport):
        for own in report.reports.values():
            record_figures(model, own)
        return
    bundle = open_bundle(find_bundle(model))
    name = report.protocol.partition(":")[0] if isinstance(report, RetrievalReport) else report.data
    fields = report.to_json()
    fields.get("zero_shot", {}).pop("classes", None)  # a thousand rows are too many for a manifest
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
) -> "AuditReport":
    """Looks for errors that would invalidate retrieval figures; see ``AuditReport``.

    Args:
        model: as in ``evaluate``; not opened if embeddings are given.
        data: the data set's folder; optional if embeddings are given.
        split: the split of the figures.
        embeddings: an npz file of the split, as ``evaluate --save-embeddings`` writes it.
        kind: name of a reader; it, captions, images and ratios are as in ``evaluate``.
        captions: caption file.
        images: folder of photos.
        ratios: split ratios.
        quick: do not compare photos between splits, and do not embed the training split.
        on_progress: called with the step, and the numbers of finished and of all items.

    Raises:
        DataError: the folder has no data in a known format, no such split, or the embeddings do not belong to it.
    """
    from twinlens.evaluation.audit.dataset import audit_dataset  # not needed for searching
    from twinlens.evaluation.audit.embeddings import audit_embeddings

    pairs = None if embeddings is None else load_pairs(user_path(embeddings))
    if data is None:
        if pairs is None:
            raise DataError("an audit needs a data set or embeddings, got neither; give data or embeddings")
        return audit_embeddings(pairs)
    encoder: DualEncoder | None = None
    if pairs is None:
        encoder = _encoder(model)
        ratios = ratios or _deal_of(model, encoder)
    dataset, name = open_captioned(data, kind=kind, captions=captions, images=images, ratios=ratios)
    return audit_dataset(dataset, name, split, encoder=encoder, pairs=pairs, quick=quick, on_progress=on_progress)


def _encoder(model: DualEncoder | str | Path) -> DualEncoder:
    """The model itself, or the one of a name, a bundle's folder or a training run's."""
    if not isinstance(model, str | Path):
        return model
    if _is_run(model):
        encoder: DualEncoder = lab_module("runs.export_run").open_run(user_path(model))
        return encoder
    return load_model(model)


def _is_run(name_or_path: str | Path) -> bool:
    """True for the folder of a training run: it has a recipe and no manifest."""
    return str(name_or_path) not in known_bundles() and (user_path(name_or_path) / "recipe.json").is_file()


def _deal_of(model: DualEncoder | str | Path, encoder: DualEncoder) -> str | None:
    """The split ratios that a model was trained with, from its recipe; None if unknown."""
    if isinstance(model, str | Path) and _is_run(model):
        ratios: str = lab_module("runs.run_folder").RunFolder(user_path(model)).recipe().data.ratios
        return ratios
    manifest = getattr(encoder, "manifest", None)
    recipe: dict[str, Any] = manifest.training.get("recipe", {}) if manifest else {}
    found: str | None = recipe.get("data", {}).get("ratios")
    return found
