"""Zero-shot classification: each photo gets the class with the nearest prompt embedding."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinlens.data.readers.classes_json import ClassifiedImages
from twinlens.embedding.local import Skipped, embed_photos
from twinlens.embedding.on_cluster import ClusterEmbedding
from twinlens.errors import DataError
from twinlens.evaluation.bootstrap import Interval, middle_95, resampled_means
from twinlens.evaluation.classes.categories import OTHER, categories_of, imagenet_categories
from twinlens.evaluation.classes.names import ClassNames, with_classes
from twinlens.evaluation.contamination import contamination_note, find_trained_on
from twinlens.evaluation.metrics import Ranks, first_ranks, relevant_ranks
from twinlens.evaluation.text_embeddings import embed_texts
from twinlens.protocols import DualEncoder
from twinlens.types import Embeddings

PROMPTS = ("a photo of a {}",)
TABLE_ROWS = 25  # in the text report; --json lists all


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """Top-1 and top-5 accuracy of one class's photos, in per cent."""

    class_name: str
    n_images: int
    top1: float
    top5: float


@dataclass(frozen=True, slots=True)
class CategoryFigures:
    """Top-1 and top-5 accuracy of the photos of one category, in per cent; classified among all classes."""

    category: str
    n_classes: int
    n_images: int
    top1: float
    top5: float


@dataclass(frozen=True)
class ZeroShotReport:
    """Top-1 and top-5 accuracy in per cent; ties count against the model.

    Attributes:
        data: name of the data.
        top1: share of photos whose class ranks first.
        top5: share of photos whose class ranks among the first five.
        n_images: number of photos that could be read.
        n_classes: number of classes to choose from.
        prompts: templates; a class embedding is the mean of the unit embeddings of all its prompts.
        model: the model's fingerprint.
        skipped: photos that could not be read; they are not part of any metric.
        ci95: 95 % confidence intervals of top1 and top5, by bootstrap over photos.
        classes: each class that has photos, in the order of the data.
        categories: everyday categories of those classes, such as dogs or vehicles; empty if the
            classes are not those of ImageNet.
        num_trained_on: number of photos that the model was trained on; None if unknown.
    """

    data: str
    top1: float
    top5: float
    n_images: int
    n_classes: int
    prompts: tuple[str, ...]
    model: str
    skipped: tuple[Skipped, ...] = ()
    ci95: tuple[Interval, Interval] = ((0.0, 100.0), (0.0, 100.0))
    classes: tuple[ClassFigures, ...] = ()
    categories: tuple[CategoryFigures, ...] = ()
    num_trained_on: int | None = None

    def to_json(self) -> dict[str, Any]:
        """The fields of ``twinlens evaluate --json`` for a folder with classes.json."""
        zero_shot: dict[str, Any] = {
            "top1": self.top1,
            "top5": self.top5,
            "ci95": {"top1": list(self.ci95[0]), "top5": list(self.ci95[1])},
            "n_images": self.n_images,
            "n_classes": self.n_classes,
            "prompts": list(self.prompts),
            "classes": [
                {"class_name": own.class_name, "n_images": own.n_images, "top1": own.top1, "top5": own.top5}
                for own in self.classes
            ],
        }
        if self.categories:
            zero_shot["categories"] = [asdict(own) for own in self.categories]
        report: dict[str, Any] = {"zero_shot": zero_shot, "model": self.model, "num_trained_on": self.num_trained_on}
        if self.skipped:
            report["skipped"] = [skipped._asdict() for skipped in self.skipped]
        return report

    def __str__(self) -> str:
        ends = [f"[{low:.1f}, {high:.1f}]" for low, high in self.ci95]
        return (
            f"{self.data}: zero-shot classification, {self.n_images:,} photos, {self.n_classes:,} classes, "
            f"model {self.model}\n"
            f"top-1 {self.top1:.1f} % {ends[0]}   top-5 {self.top5:.1f} % {ends[1]}   "
            f"prompts: {', '.join(map(repr, self.prompts))}\n"
            "in brackets: 95 % intervals, bootstrap over photos\n"
            f"{self._table()}{self._note()}"
        )

    def _note(self) -> str:
        return f"\nnote: {contamination_note(self.num_trained_on, self.n_images)}" if self.num_trained_on else ""

    def _table(self) -> str:
        """Top-1 and top-5 of each category, or else of the worst classes, one per line."""
        rows = [(own.category, own.n_images, own.top1, own.top5) for own in self.categories]
        title = "category"
        if not rows:
            worst = sorted(self.classes, key=lambda own: (own.top1, own.top5))[:TABLE_ROWS]
            rows = [(own.class_name, own.n_images, own.top1, own.top5) for own in worst]
            title = "class" if len(self.classes) <= TABLE_ROWS else f"worst {TABLE_ROWS} classes"
        width = max([len(title), *(len(name) for name, *_ in rows)])
        lines = [f"{name:{width}}  {n_images:7,}  {top1:5.1f}  {top5:5.1f}" for name, n_images, top1, top5 in rows]
        return "\n".join([f"{title:{width}}   photos  top-1  top-5", *lines])


def evaluate_zero_shot(
    encoder: DualEncoder,
    data: ClassifiedImages,
    *,
    prompts: Sequence[str] = PROMPTS,
    class_names: ClassNames | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    on_texts: Callable[[int, int], None] | None = None,
    on_compared: Callable[[int, int], None] | None = None,
    on: ClusterEmbedding | None = None,
) -> ZeroShotReport:
    """Accuracy with the mean prompt embedding of each class.

    Args:
        encoder: the model.
        data: photos with class names.
        prompts: templates with ``{}`` for the class name.
        class_names: the classes to choose from, each with its names; None = those of the data.
        on_progress: called with the number of photos embedded and the total.
        on_texts: called afterwards with the number of prompts embedded and the total.
        on_compared: called afterwards with the number of photos compared with the model's training photos.
        on: the machines that embed; None = this process.

    Raises:
        DataError: no photo can be read, or a photo's class is not among ``class_names``.
    """
    if not prompts:
        raise DataError("zero-shot classification needs at least one prompt, such as 'a photo of a {}'")
    names = class_names or {name: (name,) for name in data.class_names}
    data = with_classes(data, names)
    done = (lambda count: on_progress(count, len(data.paths))) if on_progress else None
    photos = (on.embed_photos if on else embed_photos)(data.paths, encoder, on_progress=done)
    labels = np.array(data.labels)[photos.kept]
    classes = class_embeddings(encoder, names, prompts, on_progress=on_texts, on=on)
    ranks = first_ranks(relevant_ranks(photos.embeddings, classes, list(labels[:, None])))
    hits = np.column_stack([100.0 * (ranks <= 1), 100.0 * (ranks <= 5)])
    drawn = resampled_means(hits, np.arange(len(labels)))
    by_class = _by_class(data.class_names, labels, ranks)
    trained = find_trained_on(encoder, [data.paths[number] for number in photos.kept], on_progress=on_compared, on=on)
    return ZeroShotReport(
        data=data.name,
        top1=round(float(hits[:, 0].mean()), 4),
        top5=round(float(hits[:, 1].mean()), 4),
        n_images=len(labels),
        n_classes=len(names),
        prompts=tuple(prompts),
        model=encoder.fingerprint,
        skipped=tuple(photos.skipped),
        ci95=(middle_95(drawn[:, 0]), middle_95(drawn[:, 1])),
        classes=by_class,
        categories=_by_category(by_class),
        num_trained_on=None if trained is None else sum(trained),
    )


def class_embeddings(
    encoder: DualEncoder,
    names: ClassNames,
    prompts: Sequence[str],
    *,
    on_progress: Callable[[int, int], None] | None = None,
    on: ClusterEmbedding | None = None,
) -> Embeddings:
    """[C, D], for each class the normalized mean of the embeddings of every template with every name."""
    counts = [len(own) * len(prompts) for own in names.values()]
    texts = [prompt.replace("{}", name) for own in names.values() for prompt in prompts for name in own]
    starts = np.cumsum([0, *counts[:-1]])
    rows = (on.embed_texts if on else embed_texts)(texts, encoder, on_progress=on_progress)
    sums = np.add.reduceat(rows, starts, axis=0)
    classes: Embeddings = sums / np.linalg.norm(sums, axis=1, keepdims=True)
    return classes


def _by_class(class_names: Sequence[str], labels: NDArray[np.int64], ranks: Ranks) -> tuple[ClassFigures, ...]:
    found = []
    for label in np.unique(labels):
        own = ranks[labels == label]
        top1, top5 = (round(100 * float(np.mean(own <= k)), 4) for k in (1, 5))
        found.append(ClassFigures(class_names[label], len(own), top1, top5))
    return tuple(found)


def _by_category(classes: Sequence[ClassFigures]) -> tuple[CategoryFigures, ...]:
    categories = categories_of([own.class_name for own in classes])
    if categories is None:
        return ()
    found = []
    for category in dict.fromkeys([*imagenet_categories().values(), OTHER]):
        own = [row for row, name in zip(classes, categories, strict=True) if name == category]
        if own:
            n_images = sum(row.n_images for row in own)
            top1, top5 = (
                round(sum(row.n_images * getattr(row, name) for row in own) / n_images, 4) for name in ("top1", "top5")
            )
            found.append(CategoryFigures(category, len(own), n_images, top1, top5))
    return tuple(found)
