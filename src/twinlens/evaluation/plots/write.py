"""Write the plots of an evaluation, one file each, into a folder."""

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twinlens.evaluation.comparison import Comparison
from twinlens.evaluation.pairs import EmbeddedPairs
from twinlens.evaluation.plots import PLOTS
from twinlens.evaluation.plots.canvas import check_kind, new_figure, save_figure
from twinlens.evaluation.plots.embedding_map import METHODS, Method, check_method, is_drawable
from twinlens.evaluation.plots.model_comparison import draw_model_comparison
from twinlens.evaluation.plots.plot_data import Plot, PlotData
from twinlens.plugins import load_part, part_names

if TYPE_CHECKING:
    from matplotlib.figure import Figure

logger = logging.getLogger(__name__)
FAMILY = "plot"  # other packages add plots with entry points of the group twinlens.plot


def write_plots(
    folder: Path,
    pairs: EmbeddedPairs,
    *,
    paths: Mapping[str, Path] | None = None,
    run: Path | None = None,
    reports: Mapping[str, Mapping[str, Any]] | None = None,
    maps: Sequence[Method] | None = None,
    seed: int = 0,
    kind: str = "png",
    on_progress: Callable[[int, int], None] | None = None,
) -> list[Path]:
    """Writes every plot for which there is data under its name; existing files are replaced.

    The plots are those of ``PLOTS`` and of installed packages. A plot of another package that fails is
    skipped with a warning.

    Args:
        folder: created if missing.
        pairs: embeddings of a split.
        paths: image id → photo file, needed for retrieval_grid.
        run: folder of a training run, needed for training_curves.
        reports: model name → report as printed by ``evaluate --json``, needed for model_comparison.
        maps: methods of the embedding maps; None = pca, and tsne and umap if their packages are installed.
        seed: for every random choice.
        kind: of the files: png, svg or pdf.
        on_progress: called with the number of plots done and the total.

    Returns:
        The files, in the order they were written.

    Raises:
        TwinlensError: matplotlib is not installed, or the folder cannot be written.
    """
    check_kind(kind)
    new_figure(1, 1)  # fails early when matplotlib is missing
    names = [name for name in part_names(FAMILY, PLOTS) if name not in _unwanted_maps(maps)]
    data = PlotData(pairs, paths or {}, run, reports or {}, seed)
    written = []
    for done, name in enumerate(names, start=1):
        if (figure := _draw(name, data)) is not None:
            written.append(save_figure(figure, folder / f"{name}.{kind}"))
        if on_progress:
            on_progress(done, len(names))
    return written


def write_comparison_plot(folder: Path, comparison: Comparison, *, kind: str = "png") -> Path:
    """Writes model_comparison.png, .svg or .pdf: R@K of two models with their intervals.

    Args:
        folder: created if missing.
        comparison: of two models on the same data.
        kind: of the file: png, svg or pdf.

    Raises:
        TwinlensError: matplotlib is not installed, or the folder cannot be written.
    """
    measures = [name for name in comparison.text_to_image if name.startswith("R@")]
    figure = draw_model_comparison(comparison.reports(), measures=measures, title=comparison.data)
    return save_figure(figure, folder / f"model_comparison.{kind}")


def _draw(name: str, data: PlotData) -> "Figure | None":
    try:
        plot: Plot = load_part(FAMILY, PLOTS, name)
        return plot(data)
    except Exception as error:  # another package's code may raise anything, and must not cost the other plots
        if name in PLOTS:
            raise
        logger.warning("the plot %r was skipped, its package failed: %r", name, error)
        return None


def _unwanted_maps(wanted: Sequence[Method] | None) -> set[str]:
    methods = [method for method in METHODS if is_drawable(method)] if wanted is None else wanted
    for method in methods:
        check_method(method)
    return {f"embedding_map_{method}" for method in METHODS if method not in methods}
