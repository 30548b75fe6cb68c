"""R@K and P@K over K, in both directions, with chance level."""

from typing import TYPE_CHECKING

from twinlens.evaluation.baselines.chance import expected_figures
from twinlens.evaluation.bootstrap import intervals
from twinlens.evaluation.metrics import first_ranks, precision_at_k, recall_at_k
from twinlens.evaluation.pairs import EmbeddedPairs
from twinlens.evaluation.plots.canvas import COLOURS, DIRECTIONS, legend_below, new_figure, tidy
from twinlens.evaluation.plots.plot_data import PlotData
from twinlens.evaluation.retrieval import ranks_both_ways

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LARGEST_K = 100


def curve_ks(n_candidates: int, *, largest: int = LARGEST_K) -> list[int]:
    """The values of K on the curve: 1 to 10, then doubling.

    >>> curve_ks(14)
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 14]
    """
    last = min(n_candidates, largest)
    wider = [10 * 2**step for step in range(1, 10)]
    return [k for k in (*range(1, 11), *wider) if k < last] + [last]


def plot(data: PlotData) -> "Figure":
    """Recall curves of the split."""
    return draw_recall_curves(data.pairs)


def draw_recall_curves(pairs: EmbeddedPairs, *, title: str = "") -> "Figure":
    """Two panels, R@K and P@K in per cent; bands are 95 % intervals, dotted lines chance.

    Args:
        pairs: of a split.
        title: of the figure.
    """
    figure = new_figure(9, 4.4)
    figure.suptitle(title or pairs.heading(), fontsize="medium")
    recall, precision = figure.subplots(1, 2)
    sizes = {"text_to_image": len(pairs.images), "image_to_text": len(pairs.texts)}
    for (key, ranks), queries, colour in zip(
        ranks_both_ways(pairs).items(), pairs.queries().values(), COLOURS, strict=False
    ):
        ks = curve_ks(sizes[key])
        chance = expected_figures(sizes[key], [len(own) for own in queries.right], ks=ks)
        first = first_ranks(ranks)
        ci95 = intervals(ranks, queries.photos, ks)
        for axes, name, values in (
            (recall, "R", [100 * recall_at_k(first, k) for k in ks]),
            (precision, "P", [100 * precision_at_k(ranks, k) for k in ks]),
        ):
            axes.plot(ks, values, ".-", color=colour, label=DIRECTIONS[key])
            below, above = zip(*(ci95[f"{name}@{k}"] for k in ks), strict=True)
            axes.fill_between(ks, below, above, color=colour, alpha=0.2, linewidth=0)
            axes.plot(ks, [chance[f"{name}@{k}"] for k in ks], ":", color=colour)
    for axes, name in ((recall, "R@K"), (precision, "P@K")):
        tidy(axes).set(title=f"{name}, per cent", xlabel="K", xscale="log", ylim=(0, None))
        axes.xaxis.set_major_formatter("{x:g}")
    legend_below(figure, recall, title="bands: 95 % intervals, bootstrap over photos; dotted: chance")
    return figure
