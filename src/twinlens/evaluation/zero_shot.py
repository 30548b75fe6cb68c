"""Zero-shot classification: each photo takes the class whose prompt is nearest."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from twinlens.data.classes_json import ClassifiedImages
from twinlens.embedding import Skipped, embed_photos
from twinlens.evaluation.metrics import first_ranks, relevant_ranks
from twinlens.protocols import DualEncoder

PROMPTS = ("a photo of a {}",)


@dataclass(frozen=True)
class ZeroShotReport:
    """Top-1 and top-5 accuracy in per cent, ties against."""

    data: str
    top1: float
    top5: float
    n_images: int
    n_classes: int
    prompts: tuple[str, ...]
    model: str
    skipped: tuple[Skipped, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The fields of ``twinlens evaluate --json`` for a folder with classes.json."""
        zero_shot = {
            "top1": self.top1,
            "top5": self.top5,
            "n_images": self.n_images,
            "n_classes": self.n_classes,
            "prompts": list(self.prompts),
        }
        report: dict[str, Any] = {"zero_shot": zero_shot, "model": self.model}
        if self.skipped:
            report["skipped"] = [skipped._asdict() for skipped in self.skipped]
        return report

    def __str__(self) -> str:
        return (
            f"{self.data}: zero-shot classification, {self.n_images:,} photos, {self.n_classes:,} classes, "
            f"model {self.model}\n"
            f"top-1 {self.top1:.1f} %   top-5 {self.top5:.1f} %   prompts: {', '.join(map(repr, self.prompts))}"
        )


def evaluate_zero_shot(
    encoder: DualEncoder,
    data: ClassifiedImages,
    *,
    prompts: Sequence[str] = PROMPTS,
    on_progress: Callable[[int, int], None] | None = None,
) -> ZeroShotReport:
    """Accuracy with the mean of each class's prompts as its text embedding.

    Args:
        encoder: the model.
        data: photos with class names.
        prompts: templates with one ``{}`` for the class name.
        on_progress: told how many of how many photos are embedded.
    """
    done = (lambda count: on_progress(count, len(data.paths))) if on_progress else None
    photos = embed_photos(data.paths, encoder, on_progress=done)
    sums = sum(encoder.encode_text([prompt.format(name) for name in data.class_names]) for prompt in prompts)
    classes = np.asarray(sums) / np.linalg.norm(sums, axis=1, keepdims=True)  # [C, D]
    labels = np.array(data.labels)[photos.kept]
    ranks = first_ranks(relevant_ranks(photos.embeddings, classes, list(labels[:, None])))
    return ZeroShotReport(
        data=data.name,
        top1=round(100 * float(np.mean(ranks <= 1)), 4),
        top5=round(100 * float(np.mean(ranks <= 5)), 4),
        n_images=len(labels),
        n_classes=len(data.class_names),
        prompts=tuple(prompts),
        model=encoder.fingerprint,
        skipped=tuple(photos.skipped),
    )
