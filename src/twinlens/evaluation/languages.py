"""Retrieval in each language of a data set whose captions are in several."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from twinlens.embedding.local import Skipped
from twinlens.evaluation.pairs import EmbeddedPairs
from twinlens.evaluation.report import DIRECTIONS, RetrievalReport
from twinlens.evaluation.retrieval import evaluate_pairs


@dataclass(frozen=True)
class LanguagesReport:
    """Results of one model in several languages, over the same photos.

    Attributes:
        data: name of data and split.
        reports: language → report.
        model: the model's fingerprint; None if unknown.
        skipped: photos that could not be read; they are not part of any metric.
    """

    data: str
    reports: Mapping[str, RetrievalReport]
    model: str | None
    skipped: tuple[Skipped, ...] = ()

    def mean(self) -> dict[str, dict[str, float]]:
        """Direction → metric → mean over the languages, each counted once."""
        return {
            direction: {
                name: round(float(np.mean([getattr(own, direction)[name] for own in self.reports.values()])), 6)
                for name in next(iter(getattr(own, direction) for own in self.reports.values()))
            }
            for _, direction in DIRECTIONS
        }

    def to_json(self) -> dict[str, Any]:
        """The fields of ``twinlens evaluate --json`` for several languages."""
        return {
            "languages": {language: own.to_json() for language, own in self.reports.items()},
            "mean_of_languages": self.mean(),
            "model": self.model,
        }

    def __str__(self) -> str:
        first = next(iter(self.reports.values()))
        names = [name for name in first.text_to_image if name.startswith("R@")]
        photos = max(own.n_images for own in self.reports.values())
        model = f", model {self.model}" if self.model else ""
        heads = _cells([f"{names[0]:>6}", "", *(f"{name:>6}" for name in names[1:])])
        blank = f"{'':<8}{'captions':>9}  "
        lines = [
            f"{self.data}: {len(self.reports)} languages, {photos:,} photos{model}",
            (" " * len(blank) + "".join(f"{title:<{len(heads)}}" for title, _ in DIRECTIONS)).rstrip(),
            (blank + heads * len(DIRECTIONS)).rstrip(),
            *(_line(language, own, names) for language, own in self.reports.items()),
            _mean_line(self.mean(), names),
        ]
        if first.ci95:
            lines.append(f"in brackets: 95 % intervals of {names[0]}, bootstrap over photos")
        notes = dict.fromkeys(note for own in self.reports.values() for note in own.notes)
        return "\n".join([*lines, *(f"note: {note}" for note in notes)])


def _line(language: str, report: RetrievalReport, names: Sequence[str]) -> str:
    cells = ""
    for _, direction in DIRECTIONS:
        figures, ends = getattr(report, direction), report.ci95.get(direction, {}).get(names[0])
        first, *others = (f"{figures[name]:>6.1f}" for name in names)
        cells += _cells([first, f"[{ends[0]:.1f}, {ends[1]:.1f}]" if ends else "", *others])
    return f"{language:<8}{report.n_captions:>9,}  {cells}".rstrip()


def _mean_line(mean: Mapping[str, Mapping[str, float]], names: Sequence[str]) -> str:
    cells = ""
    for _, direction in DIRECTIONS:
        first, *others = (f"{mean[direction][name]:>6.1f}" for name in names)
        cells += _cells([first, "", *others])
    return f"{'mean':<19}{cells}".rstrip()


def _cells(given: Sequence[str]) -> str:
    """One direction: the first measure, its interval, the others."""
    first, interval, *others = given
    return f"{first}  {interval:<14}{'  '.join(others)}    "


def evaluate_languages(
    pairs: EmbeddedPairs,
    *,
    ks: Sequence[int] | None = None,
    folds: int = 1,
    on_progress: Callable[[int, int], None] | None = None,
) -> LanguagesReport:
    """All metrics in each language; the gallery of a language is its own captions and the photos that have some.

    Args:
        pairs: with languages.
        ks: cut-offs; None = 1, 5 and 10.
        folds: as in ``evaluate_pairs``.
        on_progress: called with the number of queries ranked and the total.
    """
    parts = {language: pairs.in_language(language) for language in sorted(set(pairs.languages))}
    total = sum(len(queries.rows) for part in parts.values() for queries in part.queries().values())
    reports: dict[str, RetrievalReport] = {}
    before = 0
    for language, part in parts.items():
        done = None if on_progress is None else _after(before, total, on_progress)
        reports[language] = evaluate_pairs(part, ks=ks, folds=folds, on_progress=done)
        before += sum(len(queries.rows) for queries in part.queries().values())
    return LanguagesReport(pairs.name, reports, pairs.model, pairs.skipped)


def _after(before: int, total: int, on_progress: Callable[[int, int], None]) -> Callable[[int, int], None]:
    return lambda done, _: on_progress(before + done, total)
