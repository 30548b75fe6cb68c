"""Training curves of a run: losses, recall on the val split, learning rates."""

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twinlens.errors import DataError
from twinlens.evaluation.plots.canvas import COLOURS, DIRECTIONS, new_figure, tidy
from twinlens.evaluation.plots.plot_data import PlotData

if TYPE_CHECKING:
    from matplotlib.figure import Figure

METRICS = "metrics.jsonl"
MARKED_UP_TO = 40  # epochs; with more, markers would overlap


def plot(data: PlotData) -> "Figure | None":
    """Training curves of the run; None where there is none."""
    if data.run is None:
        return None
    return draw_training_curves(read_training_log(data.run), title=data.run.resolve().name)


def read_training_log(run: Path) -> list[dict[str, Any]]:
    """The epochs in a run's ``metrics.jsonl``; an incomplete last line is ignored.

    Args:
        run: the run's folder, or the file itself.

    Raises:
        DataError: it is missing, damaged, or has no epoch yet.
    """
    file = run / METRICS if run.is_dir() else run
    try:
        text = file.read_text(encoding="utf-8")
        epochs = [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines() if line.strip()]
    except (OSError, ValueError) as error:
        raise DataError(
            f"{file} is not the log of a training run: {getattr(error, 'strerror', None) or error}"
        ) from error
    if not epochs or not all(isinstance(line, dict) and {"epoch", "losses"} <= line.keys() for line in epochs):
        raise DataError(
            f"{file} contains no epochs of a training run; expected JSON objects with epoch and losses, one per line"
        )
    return epochs


def draw_training_curves(epochs: Sequence[Mapping[str, Any]], *, title: str = "") -> "Figure":
    """Three panels over epochs, with the best epoch and the start of each stage marked.

    Args:
        epochs: lines of ``metrics.jsonl``, as ``read_training_log`` gives them.
        title: of the figure.
    """
    figure = new_figure(9.5, 8)
    figure.suptitle(title or "training")
    losses, recalls, rates = figure.subplots(3, 1, sharex=True)
    measured = [line for line in epochs if line.get("val_loss") is not None]
    at, seen = [line["epoch"] for line in epochs], [line["epoch"] for line in measured]
    mark = "." if len(epochs) <= MARKED_UP_TO else ""
    losses.plot(
        at, [line["losses"].get("pairs", line["losses"].get("loss")) for line in epochs], mark + "-", label="train"
    )
    losses.plot(seen, [line["val_loss"] for line in measured], mark + "-", color=COLOURS[1], label="val")
    for (key, way), colour in zip(DIRECTIONS.items(), COLOURS, strict=False):
        for name, style in (("R@1", "-"), ("R@10", "--")):
            values = [line.get(key, {}).get(name) for line in measured]
            recalls.plot(seen, values, mark + style, color=colour, label=f"{way} {name}")
    for group, colour in zip(
        dict.fromkeys(name for line in epochs for name in line.get("learning_rates", {})), COLOURS * 3, strict=False
    ):
        rates.plot(at, [line["learning_rates"].get(group) for line in epochs], mark + "-", color=colour, label=group)
    for axes, name in ((losses, "loss"), (recalls, "val recall, per cent"), (rates, "learning rate")):
        tidy(axes).set_ylabel(name)
        _mark_epochs(axes, epochs)
        if axes.get_legend_handles_labels()[0]:
            axes.legend(fontsize="small", loc="center left", bbox_to_anchor=(1.01, 0.5))  # beside: it hides no curve
    rates.set_xlabel("epoch")
    rates.xaxis.get_major_locator().set_params(integer=True)
    rates.ticklabel_format(axis="y", style="sci", scilimits=(-2, 3))
    return figure


def _mark_epochs(axes: Any, epochs: Sequence[Mapping[str, Any]]) -> None:
    for before, line in pairwise(epochs):
        if line.get("stage") != before.get("stage"):
            axes.axvline((before["epoch"] + line["epoch"]) / 2, color="#888888", linewidth=0.8, linestyle=":")
    best = [line["epoch"] for line in epochs if line.get("best")]
    if best:
        axes.axvline(best[-1], color=COLOURS[2], linewidth=0.8, label="best epoch")
