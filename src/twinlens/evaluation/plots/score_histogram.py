"""Histogram of the cosines of matched and unmatched pairs."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from twinlens.evaluation.pairs import EmbeddedPairs
from twinlens.evaluation.plots.canvas import RIGHT_COLOUR, WRONG_COLOUR, legend_below, new_figure, tidy
from twinlens.evaluation.plots.plot_data import PlotData

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BINS = 60
DRAWN_PAIRS = 200_000  # unmatched pairs; enough for a smooth histogram of any gallery


def plot(data: PlotData) -> "Figure":
    """Score histogram of the split."""
    return draw_score_histogram(data.pairs, seed=data.seed)


def draw_score_histogram(pairs: EmbeddedPairs, *, seed: int = 0, title: str = "") -> "Figure":
    """Two densities over the cosine, in bins of equal width, with their means.

    Args:
        pairs: of a split.
        seed: of the sample of unmatched pairs.
        title: of the figure.
    """
    matched, unmatched = pair_cosines(pairs, seed=seed)
    figure = new_figure(8, 4.4)
    axes = figure.subplots()
    every = np.concatenate([matched, unmatched])
    low, high = float(every.min()), float(every.max())
    edges = np.linspace(low - 1e-3, high + 1e-3, BINS + 1)
    for values, name, colour in ((unmatched, "unmatched", WRONG_COLOUR), (matched, "matched", RIGHT_COLOUR)):
        if not len(values):
            continue
        label = f"{len(values):,} {name} pairs, mean {values.mean():.3f}"
        axes.hist(values, bins=edges.tolist(), density=True, alpha=0.6, color=colour, label=label)
        axes.axvline(float(values.mean()), color=colour, linewidth=1, linestyle="--")
    width = edges[1] - edges[0]
    tidy(axes).set(xlabel=f"cosine of photo and caption, {BINS} bins of {width:.3f}", ylabel="density")
    axes.set_title(title or pairs.heading(), fontsize="medium")
    legend_below(figure, axes)
    return figure


def pair_cosines(
    pairs: EmbeddedPairs, *, drawn: int = DRAWN_PAIRS, seed: int = 0
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Cosines of all matched pairs, and of a sample of unmatched ones.

    Matched are the captions' own photos; with a truth file, all pairs that it calls right.

    Args:
        pairs: of a split.
        drawn: number of unmatched pairs.
        seed: of the sample.
    """
    index, texts, right = pairs.text_image_index, pairs.texts, pairs.photo_of_text()
    sayings = np.repeat(np.arange(len(texts)), [len(own) for own in right])
    matched = np.einsum("md,md->m", texts[sayings], pairs.images[np.concatenate(right)])
    random = np.random.default_rng(seed)
    captions = random.integers(len(texts), size=drawn)
    # an offset of 1 to N - 1 from the caption's own photo never gives a matched pair
    steps = random.integers(1, len(pairs.images), size=drawn) if len(pairs.images) > 1 else np.empty(0, dtype=np.int64)
    captions = captions[: len(steps)]
    photos = (index[captions] + steps) % len(pairs.images)
    if pairs.right is not None:
        wrong = np.array([photo not in right[caption] for caption, photo in zip(captions, photos, strict=True)], bool)
        captions, photos = captions[wrong], photos[wrong]
    blocks = [
        np.einsum("md,md->m", texts[captions[at : at + 8192]], pairs.images[photos[at : at + 8192]])
        for at in range(0, len(captions), 8192)
    ]
    return matched, np.concatenate(blocks) if blocks else np.empty(0, dtype=np.float32)
