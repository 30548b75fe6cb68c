"""Costs of libraries over their size, as lines in panels with logarithmic axes."""

from collections.abc import Mapping
from pathlib import Path

from twinlens.evaluation.plots.canvas import COLOURS, new_figure, save_figure, tidy

PANELS: dict[str, tuple[str, dict[str, str]]] = {
    "Commands": (
        "s",
        {
            "search_s": "twinlens search",
            "index_s": "index, nothing new",
            "add_one_s": "index, one new photo",
            "status_s": "status",
            "serve_s": "serve, until it answers",
        },
    ),
    "Answers of a program that runs": (
        "ms",
        {
            "words_ms": "words",
            "filtered_ms": "words and three filters",
            "name_ms": "a file name",
            "first_page_ms": "newest photos",
            "deep_page_ms": "photos at 90 %",
            "time_line_ms": "time line",
            "places_ms": "map of places",
        },
    ),
    "Vectors alone": ("ms", {"store_first_ms": "first search", "store_search_ms": "search"}),
    "Memory": (
        "MB",
        {"search_mb": "twinlens search", "index_mb": "index", "status_mb": "status", "serve_mb": "serve, its own"},
    ),
}


def draw(costs: Mapping[int, Mapping[str, float]], path: Path) -> None:
    """Writes a picture.

    Args:
        costs: by the number of photos; what was not measured is missing.
        path: of the SVG file.
    """
    figure = new_figure(11, 7.5)
    for axes, (title, (unit, lines)) in zip(figure.subplots(2, 2).flat, PANELS.items(), strict=True):
        tidy(axes)
        for colour, (name, label) in zip(COLOURS, lines.items(), strict=False):
            sizes = sorted(size for size, found in costs.items() if name in found)
            axes.plot(sizes, [max(costs[size][name], 0.1) for size in sizes], "o-", label=label, color=colour, ms=4)
        axes.set(xscale="log", yscale="log", title=title, xlabel="photos", ylabel=unit)
        axes.legend(fontsize="small")
    save_figure(figure, path)
