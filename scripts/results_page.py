"""Writes docs/results.md from what ``reproduce.py`` has recorded."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from result_rows import ROWS, Row

from twinlens.whole_file import whole_file

WAYS = ("text_to_image", "image_to_text")
RECALLS = ("R@1", "R@5", "R@10")
CODE_OF_004 = (
    "[evaluate_full.py](https://github.com/Madhurgupta12/Image-Text-Cross-Modal-Retrieval/blob/"
    "9a399d8838c63302aac7beb38f8eda0db8a44f08/evaluate_full.py)"
)
HEAD = """# What the recipes give

Written by `make reproduce DATA=path/to/{data}{hub}`. Runs of {dates}; torch {torch}.

{data}, official splits, {n_images:,} test photos, whole gallery, any right caption counts, ties count against. \
R@1/5/10 text→image \\| image→text: the mean of the seeds, and for R@1 the standard deviation between them; the 95 % \
interval of R@1 is from a bootstrap over photos (first seed). The epoch was chosen on the val split; the test split \
was measured once a run. Seconds are those of training, of the less busy day where a row was run on two; other work \
may have shared the cores.

| row | seeds | R@1/5/10 | R@1, deviation of seeds | R@1 interval | MRR | MedR | trained parameters | seconds | note |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"""
CLAIMS = """
## The documents' own figures

What a document reports, what its own way of counting gives *our* model, and the right figure beside it. specs/003 \
ranked inside batches of 32. How specs/004 counted is not in the document but in the code published with it: \
{code} (`evaluate_in_chunks`) ranks all rows, training rows too, inside chunks of 5,000, with one right caption a row.

| row | the document says | our model, counted its way | our model, counted right |
| --- | --- | --- | --- |"""
MODELS = """
## As models

specs/003 and specs/004 offer trained models for download. `make reproduce` writes ours to your own models: \
{models}. `twinlens models list` shows them, and `twinlens index PHOTOS --model {first}` uses one.

## The embedded model

The model that comes with the package, by the same protocol on the same test split; figures from its manifest. \
Its recipe, `recipes/default.toml`, also learns from photos without captions, and its towers are trained in a second \
stage: see the [model card](model-card.md).

<!-- figures: default-row --><!-- end figures -->
"""


@dataclass
class Records:
    """What was measured, by run: ``004-clip-0`` is the first seed of a recipe.

    A record of an older release may be the mean of several ``seeds``.
    """

    data: str = ""
    n_images: int = 0
    runs: dict[str, dict[str, Any]] = field(default_factory=dict)
    baselines: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def read(cls, file: Path) -> "Records":
        return cls(**json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else cls()

    def write(self, file: Path) -> None:
        with whole_file(file) as place:
            place.write_text(json.dumps(vars(self), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    def add(self, name: str, figures: dict[str, Any]) -> None:
        """Keeps what the page shows of a run."""
        kept = {
            key: figures[key] for key in ("date", "torch", "parameters", "seconds", "own_protocol") if key in figures
        }
        for way in WAYS:
            names = (*RECALLS, "MRR", "MedR")
            kept[way] = {name: figures[way][name] for name in names} | {"ci95": {"R@1": figures[way]["ci95"]["R@1"]}}
        self.runs[name] = kept
        self.n_images = figures["n_images"]

    def of(self, row: Row, *, hub: bool) -> list[dict[str, Any]]:
        names = [run_name(row, seed, hub=hub) for seed in range(row.seeds)]
        return [self.runs[name] for name in names if name in self.runs]


def run_name(row: Row, seed: int, *, hub: bool) -> str:
    return f"{row.recipe}{'-hub' if hub and row.hub else ''}-{seed}"


def results_page(records: Records, *, hub: bool = False) -> str:
    """The page, of the runs that were recorded."""
    lines, claims, missing = [], [], []
    shown: list[dict[str, Any]] = []
    for row in ROWS:
        runs = records.of(row, hub=hub)
        if not runs:
            missing.append(row.name)
            continue
        shown += runs
        lines.append(_line(row, runs))
        if row.claim:
            own = runs[0].get("own_protocol")
            claims.append(f"| {row.name} | {row.claim} | {_recalls([own]) if own else '–'} | {_recalls(runs)} |")
    for found in records.baselines:
        lines.append(
            f"| *{found['name']}* | | {_recalls([found])} | | | {_both([found], 'MRR', 3)} "
            f"| {_both([found], 'MedR', 1)} | | | {found['uses']} |"
        )
    if missing:
        lines += ["", f"Not run here: {', '.join(missing)}."]
    dates = sorted({run["date"] for run in shown})
    head = HEAD.format(
        data=records.data,
        hub=" HUB=1" if hub else "",
        dates=" and ".join(dates),
        torch=", ".join(sorted({run["torch"] for run in shown})),
        n_images=records.n_images,
    )
    bundles = [row.bundle for row in ROWS if row.bundle]
    models = MODELS.format(models=", ".join(f"`{name}`" for name in bundles), first=bundles[0])
    return "\n".join([head, *lines, CLAIMS.format(code=CODE_OF_004), *claims, models])


def _line(row: Row, runs: list[dict[str, Any]]) -> str:
    first = runs[0]
    intervals = " \\| ".join("–".join(f"{bound:.1f}" for bound in first[way]["ci95"]["R@1"]) for way in WAYS)
    seeds = sum(run.get("seeds", 1) for run in runs)
    seconds = np.mean([run["seconds"] for run in runs])
    return (
        f"| {row.name} | {seeds} | {_recalls(runs)} | {_deviation(runs)} | {intervals} | {_both(runs, 'MRR', 3)} "
        f"| {_both(runs, 'MedR', 1)} | {first['parameters']:,} | {seconds:.0f} | {row.note} |"
    )


def _recalls(runs: list[dict[str, Any]]) -> str:
    return " \\| ".join(
        "/".join(f"{np.mean([run[way][name] for run in runs]):.1f}" for name in RECALLS) for way in WAYS
    )


def _deviation(runs: list[dict[str, Any]]) -> str:
    """The sample standard deviation of R@1 between seeds; a dash for a single run."""
    if len(runs) < 2:
        return "–"
    return " \\| ".join(f"± {np.std([run[way]['R@1'] for run in runs], ddof=1):.1f}" for way in WAYS)


def _both(runs: list[dict[str, Any]], name: str, digits: int) -> str:
    return " \\| ".join(f"{np.mean([run[way][name] for run in runs]):.{digits}f}" for way in WAYS)
