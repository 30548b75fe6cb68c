"""The plots of an evaluation, each in a file of a folder."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from twinlens.evaluation.comparison import Comparison
from twinlens.evaluation.pairs import EmbeddedPairs
from twinlens.evaluation.plots.canvas import new_figure, save_figure
from twinlens.evaluation.plots.cosine_heat_map import draw_cosine_heat_map
from twinlens.evaluation.plots.embedding_map import METHODS, Method, draw_embedding_map, is_drawable
from twinlens.evaluation.plots.model_comparison import draw_model_comparison
from twinlens.evaluation.plots.rank_histogram import draw_rank_histogram
from twinlens.evaluation.plots.recall_curves import draw_recall_curves
from twinlens.evaluation.plots.retrieval_grid import draw_retrieval_grid, found_photos
from twinlens.evaluation.plots.score_histogram import draw_score_histogram
from twinlens.evaluation.plots.training_curves import draw_training_curves, read_training_log

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GRID_QUERIES = 6


def write_plots(
    folder: Path,
    pairs: EmbeddedPairs,
    *,
    paths: Mapping[str, Path] | None = None,
    run: Path | None = None,
    reports: Mapping[str, Mapping[str, Any]] | None = None,
    maps: Sequence[Method] | None = None,
    seed: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
) -> list[Path]:
    """Writes every plot that what is given allows, as PNG; older ones of the same name are replaced.

    Always: recall_curves, cosine_heat_map, score_histogram, rank_histogram and embedding_map_pca.

    Args:
        folder: made where it is missing.
        pairs: embeddings of a split.
        paths: image id → photo file; with it retrieval_grid, of captions drawn by seed.
        run: a training run's folder; with it training_curves.
        reports: model's name → report as ``evaluate --json`` prints it; with it model_comparison.
        maps: methods of the embedding maps; None = pca, and tsne and umap where their packages are installed.
        seed: of every draw.
        on_progress: told how many of how many plots are written.

    Returns:
        The files, in the order they were written.

    Raises:
        TwinlensError: matplotlib is not installed, or the folder cannot be written.
    """
    new_figure(1, 1)  # what is missing is said before anything is computed
    drawings: dict[str, Callable[[], Figure]] = {
        "recall_curves": lambda: draw_recall_curves(pairs),
        "cosine_heat_map": lambda: draw_cosine_heat_map(pairs, seed=seed),
        "score_histogram": lambda: draw_score_histogram(pairs, seed=seed),
        "rank_histogram": lambda: draw_rank_histogram(pairs),
    }
    for method in filter(is_drawable, METHODS) if maps is None else maps:
        drawings[f"embedding_map_{method}"] = partial(draw_embedding_map, pairs, method=method, seed=seed)
    if paths is not None and pairs.image_ids and pairs.captions:
        drawings["retrieval_grid"] = lambda: _grid(pairs, paths, seed)
    if run is not None:
        drawings["training_curves"] = lambda: draw_training_curves(read_training_log(run), title=run.resolve().name)
    if reports:
        drawings["model_comparison"] = lambda: draw_model_comparison(reports, title=pairs.name)
    written = []
    for name, draw in drawings.items():
        written.append(save_figure(draw(), folder / f"{name}.png"))
        if on_progress:
            on_progress(len(written), len(drawings))
    return written


def write_comparison_plot(folder: Path, comparison: Comparison) -> Path:
    """Writes model_comparison.png: R@K of two models with their intervals.

    Args:
        folder: made where it is missing.
        comparison: of two models on the same data.

    Raises:
        TwinlensError: matplotlib is not installed, or the folder cannot be written.
    """
    measures = [name for name in comparison.text_to_image if name.startswith("R@")]
    figure = draw_model_comparison(comparison.reports(), measures=measures, title=comparison.data)
    return save_figure(figure, folder / "model_comparison.png")


def _grid(pairs: EmbeddedPairs, paths: Mapping[str, Path], seed: int) -> "Figure":
    count = min(GRID_QUERIES, len(pairs.texts))
    asked = np.random.default_rng(seed).choice(len(pairs.texts), size=count, replace=False)
    return draw_retrieval_grid(found_photos(pairs, asked.tolist(), paths), title=f"{pairs.name}: text → image")
