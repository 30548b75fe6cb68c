"""The report of a retrieval evaluation, as a table and as JSON."""

from dataclasses import dataclass, field
from typing import Any

from twinlens.counted import counted
from twinlens.data.file_names import on_one_line
from twinlens.embedding.local import Skipped
from twinlens.evaluation.bootstrap import Interval
from twinlens.evaluation.metrics import Ranks

DIRECTIONS = (("text → image", "text_to_image"), ("image → text", "image_to_text"))


@dataclass(frozen=True)
class RetrievalReport:
    """Results of one model on one split.

    Attributes:
        n_images: N, number of photos in the gallery.
        n_captions: M, number of captions in the gallery.
        protocol: data, split and how ranks were counted, as text.
        text_to_image: R@K, P@K, coverage@K, mAP, R-Precision, mAP@R and nDCG@10 in per cent, MRR in [0, 1],
            MedR and MeanR from 1.
        image_to_text: the same for image → text.
        model: the model's fingerprint; None if unknown.
        skipped: photos that could not be read; they are not part of any metric.
        ci95: direction → metric → 95 % confidence interval, by bootstrap over photos.
        alignment: mean squared distance of matched pairs, 0 is best.
        uniformity: of "image" and "text", lower is more spread out.
        cosine: mean of "matched" and of "unmatched" pairs.
        folds: direction → metric → mean over smaller galleries; empty if not requested.
        notes: remarks on how to read the results.
        num_trained_on: number of photos that the model was trained on; None if unknown.
        ranks: direction → for each query, the ranks of all its right answers.
    """

    n_images: int
    n_captions: int
    protocol: str
    text_to_image: dict[str, float]
    image_to_text: dict[str, float]
    model: str | None
    skipped: tuple[Skipped, ...] = ()
    ci95: dict[str, dict[str, Interval]] = field(default_factory=dict)
    alignment: float | None = None
    uniformity: dict[str, float | None] = field(default_factory=dict)
    cosine: dict[str, float | None] = field(default_factory=dict)
    folds: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    num_trained_on: int | None = None
    ranks: dict[str, list[Ranks]] = field(default_factory=dict, repr=False, compare=False)

    def to_json(self) -> dict[str, Any]:
        """The fields of ``twinlens evaluate --json``."""
        both = {"text_to_image": self.text_to_image, "image_to_text": self.image_to_text}
        report: dict[str, Any] = {
            "n_images": self.n_images,
            "n_captions": self.n_captions,
            "protocol": self.protocol,
            **{
                direction: {**figures, "ci95": {name: list(ends) for name, ends in self.ci95[direction].items()}}
                if direction in self.ci95
                else figures
                for direction, figures in both.items()
            },
            "alignment": self.alignment,
            "uniformity": self.uniformity,
            "cosine": self.cosine,
            "model": self.model,
            "num_trained_on": self.num_trained_on,
        }
        if self.folds:
            report["folds"] = self.folds
        if self.notes:
            report["notes"] = list(self.notes)
        if self.skipped:
            report["skipped"] = [skipped._asdict() for skipped in self.skipped]
        return report

    def __str__(self) -> str:
        model = f", model {self.model}" if self.model else ""
        size = f"{counted(self.n_images, 'photo')}, {counted(self.n_captions, 'caption')}"
        lines = [self.protocol, f"{size}{model}", self._table()]
        if self.ci95:
            lines.append("in brackets: 95 % intervals, bootstrap over photos")
        if self.folds:
            lines.append(f"mean of {self.folds['n_folds']} galleries of about {self.folds['n_images']:,} photos")
            lines += [f"{title:<16}{_in_brief(self.folds[direction])}" for title, direction in DIRECTIONS]
        if self.alignment is not None:
            lines.append(
                f"alignment {self.alignment:.3f}, uniformity of images {_or_dash(self.uniformity['image'])}, of texts "
                f"{_or_dash(self.uniformity['text'])}; mean cosine of matched pairs "
                f"{_or_dash(self.cosine['matched'])}, of unmatched {_or_dash(self.cosine['unmatched'])}"
            )
        lines += [f"note: {note}" for note in self.notes]
        if self.skipped:
            first = f"{on_one_line(self.skipped[0].path)}: {self.skipped[0].reason}"
            lines.append(f"{counted(len(self.skipped), 'photo was', 'photos were')} left out, e.g. {first}")
        return "\n".join(lines)

    def _table(self) -> str:
        lines = [f"{'':<14}" + "".join(f"{title:<28}" for title, _ in DIRECTIONS).rstrip()]
        for name in self.text_to_image:
            cells = "".join(f"{self._cell(direction, name):<28}" for _, direction in DIRECTIONS)
            lines.append(f"{name:<14}{cells}".rstrip())
        return "\n".join(lines)

    def _cell(self, direction: str, name: str) -> str:
        value: float = getattr(self, direction)[name]
        interval = self.ci95.get(direction, {}).get(name)
        ends = f"  [{_shown(name, interval[0])}, {_shown(name, interval[1])}]" if interval else ""
        return f"{_shown(name, value):>7}{ends}"


def _shown(name: str, value: float) -> str:
    return f"{value:.3f}" if name == "MRR" else f"{value:.1f}"


def _in_brief(figures: dict[str, float]) -> str:
    return "  ".join(f"{name} {value:.1f}" for name, value in figures.items() if name[:2] in ("R@", "Me"))


def _or_dash(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
