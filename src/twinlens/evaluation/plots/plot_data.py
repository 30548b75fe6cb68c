"""What a plot of an evaluation is drawn from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twinlens.evaluation.pairs import EmbeddedPairs

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True)
class PlotData:
    """One evaluation.

    Attributes:
        pairs: embeddings of a split.
        paths: image id → photo file; empty when the photos are not at hand.
        run: folder of the training run, if there is one.
        reports: model name → report as printed by ``evaluate --json``, for a comparison.
        seed: for every random choice.
    """

    pairs: EmbeddedPairs
    paths: Mapping[str, Path] = field(default_factory=dict)
    run: Path | None = None
    reports: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    seed: int = 0


Plot = Callable[[PlotData], "Figure | None"]
"""A plot of the table ``PLOTS``; None where the data lacks what the plot shows."""
