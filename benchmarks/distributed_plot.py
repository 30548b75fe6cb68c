"""Draws what ``distributed.py`` has measured: recall by queries a second, and the share of a filter by them.

Example: .venv-test/bin/python benchmarks/distributed_plot.py measured.jsonl benchmarks/results/distributed.svg
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

COLOURS = {"exact": "#1f4fbf", "FLAT": "#3b8f5a", "HNSW": "#c0562b", "IVF_SQ8": "#7a4fa3"}


def draw(measured: Sequence[Mapping[str, Any]], file: Path) -> None:
    """Writes an SVG file; the same measurements give the same bytes."""
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    plt.rcParams.update({"svg.hashsalt": "twinlens", "svg.fonttype": "none", "font.size": 10})
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for name, colour in COLOURS.items():
        own = [one for one in measured if one["store"] == name]
        if not own:
            continue
        whole = sorted((one for one in own if one["share"] == 1.0), key=lambda one: one["breadth"])
        left.plot([one["per_s"] for one in whole], [one["recall"] for one in whole], "o-", color=colour, label=name)
        usual = max((one["breadth"] for one in own if one["share"] < 1.0), default=0)
        filtered = sorted((one for one in own if one["breadth"] == usual), key=lambda one: one["share"])
        right.plot([100 * one["share"] for one in filtered], [one["per_s"] for one in filtered], "o-", color=colour)
    left.set(xlabel="queries a second", ylabel="recall@10", title=f"{measured[0]['size']:,} vectors, without a filter")
    left.legend()
    right.set(xscale="log", xlabel="photos that pass the filter, %", ylabel="queries a second", title="with a filter")
    for axes in (left, right):
        axes.grid(alpha=0.3)
    right.set_ylim(bottom=0)
    figure.savefig(file, metadata={"Date": None})


if __name__ == "__main__":
    lines = Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()
    draw([json.loads(line) for line in lines if line.startswith("{")], Path(sys.argv[2]))
