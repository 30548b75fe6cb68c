"""The report of a compositional evaluation, as a table and as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from twinlens.counted import counted
from twinlens.data.file_names import on_one_line
from twinlens.embedding.local import Skipped
from twinlens.evaluation.bootstrap import Interval
from twinlens.evaluation.compositional.scores import CHANCE
from twinlens.evaluation.contamination import contamination_note


@dataclass(frozen=True, slots=True)
class CategoryScores:
    """Measure → per cent, of the cases of one category, and its 95 % interval by bootstrap over photos."""

    category: str
    n_cases: int
    figures: Mapping[str, float]
    ci95: Mapping[str, Interval]


@dataclass(frozen=True)
class CompositionalReport:
    """Results of one model on one compositional set.

    Attributes:
        data: name of the data.
        kind: winoground or sugarcrepe.
        n_images: number of photos that could be read.
        whole: of all cases alike.
        categories: in the order of the data.
        mean_of_categories: measure → mean, each category counted once.
        model: the model's fingerprint.
        skipped: photos that could not be read; their cases are not counted.
        num_trained_on: number of photos that the model was trained on; None if unknown.
    """

    data: str
    kind: str
    n_images: int
    whole: CategoryScores
    categories: tuple[CategoryScores, ...]
    mean_of_categories: Mapping[str, float]
    model: str
    skipped: tuple[Skipped, ...] = ()
    num_trained_on: int | None = None

    def to_json(self) -> dict[str, Any]:
        """The fields of ``twinlens evaluate --json`` for a compositional set."""
        found: dict[str, Any] = {
            "kind": self.kind,
            "n_images": self.n_images,
            **_fields(self.whole),
            "chance": {name: CHANCE[name] for name in self.whole.figures},
            "mean_of_categories": dict(self.mean_of_categories),
            "categories": [{"category": own.category, **_fields(own)} for own in self.categories],
        }
        report: dict[str, Any] = {"compositional": found, "model": self.model, "num_trained_on": self.num_trained_on}
        if self.skipped:
            report["skipped"] = [skipped._asdict() for skipped in self.skipped]
        return report

    def __str__(self) -> str:
        measures = list(self.whole.figures)
        width = max(len(own.category) for own in (*self.categories, self.whole)) + 2
        width = max(width, len("mean of categories") + 2)
        lines = [
            f"{self.data}: {self.kind}, {counted(self.whole.n_cases, 'case')}, "
            f"{counted(self.n_images, 'photo')}, model {self.model}",
            f"{'':{width}}{'cases':>7}  " + "".join(f"{name:<24}" for name in measures).rstrip(),
            *(self._line(own, width) for own in (*self.categories, self.whole)),
            self._plain("mean of categories", self.mean_of_categories, width),
            self._plain("chance", CHANCE, width),
            "in brackets: 95 % intervals, bootstrap over photos; ties count against",
        ]
        if self.num_trained_on:
            lines.append(f"note: {contamination_note(self.num_trained_on, self.n_images)}")
        if self.skipped:
            first = f"{on_one_line(self.skipped[0].path)}: {self.skipped[0].reason}"
            left_out = counted(len(self.skipped), "photo was", "photos were")
            lines.append(f"{left_out} left out with their cases, e.g. {first}")
        return "\n".join(lines)

    def _line(self, own: CategoryScores, width: int) -> str:
        cells = (f"{own.figures[name]:5.1f}  [{low:.1f}, {high:.1f}]" for name, (low, high) in own.ci95.items())
        return f"{own.category:{width}}{own.n_cases:7,}  " + "".join(f"{cell:<24}" for cell in cells).rstrip()

    def _plain(self, title: str, figures: Mapping[str, float], width: int) -> str:
        cells = "".join(f"{figures[name]:5.1f}{'':19}" for name in self.whole.figures)
        return f"{title:{width}}{'':7}  {cells}".rstrip()


def _fields(own: CategoryScores) -> dict[str, Any]:
    return {"n_cases": own.n_cases, **own.figures, "ci95": {name: list(ends) for name, ends in own.ci95.items()}}
