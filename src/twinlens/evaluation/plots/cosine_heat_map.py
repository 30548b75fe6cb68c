"""Heat map of the cosines between some photos and captions; matched pairs are on the diagonal."""

from typing import TYPE_CHECKING

import numpy as np

from twinlens.evaluation.pairs import EmbeddedPairs
from twinlens.evaluation.plots.canvas import new_figure
from twinlens.evaluation.plots.plot_data import PlotData

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHOWN_PAIRS = 40
LONGEST_LABEL = 38


def plot(data: PlotData) -> "Figure":
    """Heat map of some pairs of the split."""
    return draw_cosine_heat_map(data.pairs, seed=data.seed)


def draw_cosine_heat_map(pairs: EmbeddedPairs, *, shown: int = SHOWN_PAIRS, seed: int = 0, title: str = "") -> "Figure":
    """Sampled photos in columns, the first caption of each in rows.

    Args:
        pairs: of a split.
        shown: largest number of photos.
        seed: of the sample.
        title: of the figure.
    """
    count = min(shown, len(pairs.images))
    photos = np.sort(np.random.default_rng(seed).choice(len(pairs.images), size=count, replace=False))
    captions = pairs.a_text_of_photo()[photos]
    cosines = pairs.texts[captions] @ pairs.images[photos].T  # [S, S]
    figure = new_figure(9.5 if pairs.captions else 7.5, 7)
    axes = figure.subplots()
    drawn = axes.imshow(cosines, cmap="viridis", aspect="equal")
    figure.colorbar(drawn, ax=axes, label="cosine", shrink=0.8)
    if pairs.captions and count <= SHOWN_PAIRS:
        axes.set_yticks(range(count), [_shortened(pairs.captions[row]) for row in captions], fontsize=6)
    matched, others = np.diagonal(cosines).mean(), cosines[~np.eye(count, dtype=bool)]
    beside = f", of others {others.mean():.2f}" if others.size else ""
    axes.set_title(
        f"{title or pairs.heading()}\n{count} of the photos, mean cosine of matched pairs {matched:.2f}{beside}",
        fontsize="medium",
    )
    axes.set(xlabel="photo", ylabel="" if pairs.captions else "caption")
    axes.set_xticks([])
    return figure


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_LABEL else text[: LONGEST_LABEL - 1] + "…"
