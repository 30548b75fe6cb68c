"""Histogram of the ranks of first right answers, in both directions."""

from typing import TYPE_CHECKING

import numpy as np

from twinlens.evaluation.metrics import first_ranks
from twinlens.evaluation.pairs import EmbeddedPairs
from twinlens.evaluation.plots.canvas import COLOURS, DIRECTIONS, new_figure, tidy
from twinlens.evaluation.plots.plot_data import PlotData
from twinlens.evaluation.retrieval import ranks_both_ways

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def rank_bins(n_candidates: int) -> list[tuple[int, int]]:
    """First and last rank of each bar: 1, 2, 3–5, 6–10, 11–20, 21–50, 51–100, …, up to the gallery size.

    >>> rank_bins(30)
    [(1, 1), (2, 2), (3, 5), (6, 10), (11, 20), (21, 30)]
    """
    ends = [step * 10**power for power in range(len(str(n_candidates))) for step in (1, 2, 5)]
    ends = [end for end in ends if end < n_candidates] + [n_candidates]
    return [(before + 1, end) for before, end in zip([0, *ends], ends, strict=False)]


def plot(data: PlotData) -> "Figure":
    """Rank histogram of the split."""
    return draw_rank_histogram(data.pairs)


def draw_rank_histogram(pairs: EmbeddedPairs, *, title: str = "") -> "Figure":
    """One panel per direction; bars show the share of queries whose first right answer is in that range of ranks.

    The axis of ranks is logarithmic, and each bar is as wide as its range there.

    Args:
        pairs: of a split.
        title: of the figure.
    """
    sizes = {"text_to_image": len(pairs.images), "image_to_text": len(pairs.texts)}
    ways = {key: (first_ranks(ranks), sizes[key]) for key, ranks in ranks_both_ways(pairs).items()}
    figure = new_figure(10, 4)
    figure.suptitle(title or pairs.heading(), fontsize="medium")
    panels = figure.subplots(1, 2, sharey=True)
    for axes, colour, (key, (ranks, candidates)) in zip(panels, COLOURS, ways.items(), strict=False):
        bins = rank_bins(candidates)
        shares = [100 * float(np.mean((ranks >= first) & (ranks <= last))) for first, last in bins]
        edges = np.array([0.5, *(last + 0.5 for _, last in bins)])
        bars = axes.bar(edges[:-1], shares, np.diff(edges), align="edge", color=colour, edgecolor="white")
        axes.bar_label(bars, fmt="%.1f", fontsize="x-small")
        names = [f"{first:,}" if first == last else f"{first:,}–{last:,}" for first, last in bins]
        axes.set_xscale("log")
        axes.set_xticks(np.sqrt(edges[:-1] * edges[1:]), names, rotation=45, ha="right", fontsize="small")
        axes.minorticks_off()
        median = f"median {np.median(ranks):g} of {candidates:,}"
        tidy(axes).set(title=f"{DIRECTIONS[key]}, {median}", xlabel="rank of the first right answer (log scale)")
    panels[0].set_ylabel("queries, per cent")
    return figure
