"""A 2-d map of photos and captions by PCA, t-SNE or UMAP (the latter two if installed)."""

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from twinlens.errors import DataError, TwinlensError
from twinlens.evaluation.pairs import EmbeddedPairs
from twinlens.evaluation.plots.canvas import IMAGE_COLOUR, TEXT_COLOUR, legend_below, new_figure, tidy
from twinlens.evaluation.plots.plot_data import PlotData
from twinlens.plugins import did_you_mean
from twinlens.types import Embeddings

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Method = Literal["pca", "tsne", "umap"]
METHODS: tuple[Method, ...] = ("pca", "tsne", "umap")
NEEDED: dict[Method, tuple[str, str]] = {"tsne": ("sklearn", "plots"), "umap": ("umap", "umap")}
"""Method → the module it needs, and the extra that installs it."""
SHOWN_AS: dict[Method, str] = {"pca": "PCA", "tsne": "t-SNE", "umap": "UMAP"}
SHOWN_PHOTOS = 300  # t-SNE of 600 points takes a few seconds, and more points would overlap


def plot_pca(data: PlotData) -> "Figure":
    """PCA map of the split."""
    return draw_embedding_map(data.pairs, method="pca", seed=data.seed)


def plot_tsne(data: PlotData) -> "Figure":
    """t-SNE map of the split."""
    return draw_embedding_map(data.pairs, method="tsne", seed=data.seed)


def plot_umap(data: PlotData) -> "Figure":
    """UMAP map of the split."""
    return draw_embedding_map(data.pairs, method="umap", seed=data.seed)


def draw_embedding_map(
    pairs: EmbeddedPairs, *, method: Method = "pca", shown: int = SHOWN_PHOTOS, seed: int = 0, title: str = ""
) -> "Figure":
    """Photos and the first caption of each as points, matched ones connected by a line.

    Args:
        pairs: of a split.
        method: "pca", "tsne" (scikit-learn, in the extra "plots") or "umap" (umap-learn, in the extra "umap").
        shown: largest number of photos.
        seed: of the sample and of the method.
        title: of the figure.

    Raises:
        TwinlensError: the method's package is not installed, or there is no such method.
    """
    figure = new_figure(7.5, 7)
    count = min(shown, len(pairs.images))
    photos = np.sort(np.random.default_rng(seed).choice(len(pairs.images), size=count, replace=False))
    captions = pairs.a_text_of_photo()[photos]
    places = flat_places(np.concatenate([pairs.images[photos], pairs.texts[captions]]), method=method, seed=seed)
    images, texts = places[:count], places[count:]
    axes = tidy(figure.subplots())
    joined = np.stack([images, texts], axis=1)  # [S, 2, 2]
    axes.plot(joined[:, :, 0].T, joined[:, :, 1].T, color="#999999", linewidth=0.4, alpha=0.6, zorder=1)
    axes.scatter(images[:, 0], images[:, 1], s=14, color=IMAGE_COLOUR, label="photos", zorder=2)
    axes.scatter(texts[:, 0], texts[:, 1], s=14, color=TEXT_COLOUR, marker="^", label="captions", zorder=2)
    how = ", ".join([SHOWN_AS[method], *settings_of(method, 2 * count, seed=seed)])
    axes.set(xticks=[], yticks=[])
    axes.set_title(f"{title or pairs.heading()}\n{how}: {count:,} photos and a caption of each", fontsize="medium")
    legend_below(figure, axes)
    return figure


def flat_places(rows: Embeddings, *, method: Method = "pca", seed: int = 0) -> NDArray[np.float64]:
    """[N, 2], position of each row on the map.

    Args:
        rows: [N, D].
        method: as in ``draw_embedding_map``.
        seed: of t-SNE and UMAP.

    Raises:
        TwinlensError: as ``draw_embedding_map``.
    """
    check_method(method)
    if _is_linear(method, len(rows)):
        return _principal_components(rows)
    near = _near(method, len(rows))
    if method == "tsne":
        settings = {"perplexity": near, "metric": "cosine", "init": "random", "random_state": seed}
        drawer = _package(method, "sklearn.manifold").TSNE(n_components=2, **settings)
        # threads wait for each other at every step: on busy cores 180 points took 164 s with two, 5 s with one
        with _package(method, "threadpoolctl").threadpool_limits(1):
            mapped = drawer.fit_transform(rows)
    else:
        neighbours = {"n_neighbors": near, "metric": "cosine", "random_state": seed, "n_jobs": 1}
        mapped = _package(method, "umap").UMAP(n_components=2, **neighbours).fit_transform(rows)
    return np.asarray(mapped, dtype=np.float64)


def settings_of(method: Method, n_rows: int, *, seed: int) -> list[str]:
    """What a map of so many rows depends on, for its title.

    >>> settings_of("tsne", 600, seed=0), settings_of("pca", 600, seed=0)
    (['perplexity 30', 'seed 0'], [])
    """
    if _is_linear(method, n_rows):
        return []
    return [f"{'perplexity' if method == 'tsne' else 'neighbours'} {_near(method, n_rows)}", f"seed {seed}"]


def _is_linear(method: Method, n_rows: int) -> bool:
    return method == "pca" or n_rows < 5  # too few points for a neighbourhood method


def _near(method: Method, n_rows: int) -> int:
    """Perplexity of t-SNE, or number of neighbours of UMAP."""
    near = min(30, (n_rows - 1) // 3)
    return near if method == "tsne" else min(15, near + 1)


def check_method(method: str) -> None:
    """Raises ``DataError`` when there is no such method."""
    if method not in METHODS:
        raise DataError(
            f"the method of a map is one of {', '.join(METHODS)}, got {method!r}{did_you_mean(method, METHODS)}"
        )


def is_drawable(method: Method) -> bool:
    """Whether the package that a method needs is installed."""
    return method not in NEEDED or find_spec(NEEDED[method][0]) is not None


def what_is_missing(method: Method) -> str:
    """Which package a method lacks, and how to install it."""
    module, extra = NEEDED[method]
    return f'a {SHOWN_AS[method]} map needs {module}, which is not installed: pip install "twinlens[{extra}]"'


def _package(method: Method, module: str) -> Any:
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise TwinlensError(f"{what_is_missing(method)}, or use pca") from error


def _principal_components(rows: Embeddings) -> NDArray[np.float64]:
    centred = rows.astype(np.float64) - rows.mean(axis=0)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    places = centred @ directions[:2].T
    places = np.pad(places, ((0, 0), (0, 2 - places.shape[1])))
    # the sign of a component is arbitrary: the largest value is made positive, so that maps are reproducible
    signs = np.sign(places[np.abs(places).argmax(axis=0), [0, 1]])
    mapped: NDArray[np.float64] = places * np.where(signs == 0, 1, signs)
    return mapped
