"""Bar chart of the metrics of several models on one split, with confidence intervals."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from twinlens.errors import DataError
from twinlens.evaluation.plots.canvas import COLOURS, DIRECTIONS, new_figure, tidy
from twinlens.evaluation.plots.plot_data import PlotData

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MEASURES = ("R@1", "R@5", "R@10")


def plot(data: PlotData) -> "Figure | None":
    """Comparison of the reports; None where there are none."""
    return draw_model_comparison(data.reports, title=data.pairs.heading()) if data.reports else None


def draw_model_comparison(
    reports: Mapping[str, Mapping[str, Any]], *, measures: Sequence[str] = MEASURES, title: str = ""
) -> "Figure":
    """One panel per direction, one group of bars per metric, one bar per model.

    Args:
        reports: model name → report as printed by ``evaluate --json``; intervals are drawn if
            the report has ``ci95``.
        measures: keys of the report.
        title: of the figure.

    Raises:
        DataError: there is no report, or a report lacks a metric.
    """
    _check(reports, measures)
    figure = new_figure(max(8.0, 2.5 + 0.5 * len(reports) * len(measures)), 4.2)
    figure.suptitle(title or "models compared")
    panels = figure.subplots(1, 2, sharey=True)
    width = 0.8 / len(reports)
    for axes, (key, way) in zip(panels, DIRECTIONS.items(), strict=True):
        for number, (model, report) in enumerate(reports.items()):
            figures = report[key]
            values = [float(figures[name]) for name in measures]
            places = np.arange(len(measures)) + (number - (len(reports) - 1) / 2) * width
            axes.bar(places, values, width, label=model, color=COLOURS[number % len(COLOURS)])
            intervals = figures.get("ci95", {})
            spans = [intervals.get(name, (value, value)) for name, value in zip(measures, values, strict=True)]
            below, above = np.abs(np.transpose(spans) - values)
            if intervals:
                axes.errorbar(places, values, yerr=[below, above], fmt="none", ecolor="#333333", capsize=2)
            for place, value, height in zip(places, values, values + above, strict=True):
                axes.text(place, height + 1, f"{value:.1f}", ha="center", fontsize="x-small")
        axes.set_xticks(np.arange(len(measures)), measures)
        tidy(axes).set(title=way, ylim=(0, None))
    panels[0].set_ylabel("per cent")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize="small")
    return figure


def _check(reports: Mapping[str, Mapping[str, Any]], measures: Sequence[str]) -> None:
    if not reports:
        raise DataError("a comparison needs at least one model's report")
    for model, report in reports.items():
        for key in DIRECTIONS:
            if missing := [name for name in measures if name not in report.get(key, {})]:
                raise DataError(f"the report of {model} has no {', '.join(missing)} in {key}")
