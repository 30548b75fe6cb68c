"""Draws what ``distributed.py`` and ``distributed_servers.py`` have measured.

Of vectors: recall by processor time of a query, and that by the share of a filter. Of servers: processor time of an
answer by how many there are.

Example: .venv-test/bin/python benchmarks/distributed_plot.py measured.jsonl benchmarks/results/distributed.svg 100000
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

COLOURS = {"exact": "#1f4fbf", "FLAT": "#3b8f5a", "HNSW": "#c0562b", "IVF_SQ8": "#7a4fa3"}


def draw(measured: Sequence[Mapping[str, Any]], file: Path) -> None:
    """Writes an SVG file; the same measurements give the same bytes."""
    figure, (left, right) = _two_panels()
    for name, colour in COLOURS.items():
        own = [one for one in measured if one["store"] == name]
        if not own:
            continue
        whole = sorted((one for one in own if one["share"] == 1.0), key=lambda one: one["breadth"])
        left.plot(
            [one["processor_ms"] for one in whole], [one["recall"] for one in whole], "o-", color=colour, label=name
        )
        usual = max((one["breadth"] for one in own if one["share"] < 1.0), default=0)
        filtered = sorted((one for one in own if one["breadth"] == usual), key=lambda one: one["share"])
        right.plot(
            [100 * one["share"] for one in filtered], [one["processor_ms"] for one in filtered], "o-", color=colour
        )
    left.set(
        xlabel="processor time of a query, ms",
        ylabel="recall@10",
        title=f"{measured[0]['size']:,} vectors, without a filter",
    )
    left.legend()
    right.set(
        xscale="log",
        xlabel="photos that pass the filter, %",
        ylabel="processor time of a query, ms",
        title="with a filter",
    )
    right.set_ylim(bottom=0)
    figure.savefig(file, metadata={"Date": None})


def draw_servers(measured: Sequence[Mapping[str, Any]], file: Path) -> None:
    """Writes an SVG file about several servers on one catalog."""
    figure, panels = _two_panels()
    for axes, catalog in zip(panels, ("sqlite", "postgres"), strict=True):
        own = [one for one in measured if one["catalog"] == catalog]
        for is_behind, style in ((False, "o-"), (True, "s--")):
            some = [one for one in own if one["is_behind_proxy"] is is_behind]
            whole = [one["processor_ms"] + one["catalog_ms"] + one["proxy_ms"] for one in some]
            label = "behind Caddy" if is_behind else "asked directly"
            axes.plot([one["servers"] for one in some], whole, style, label=label)
        axes.set(
            xlabel="servers", ylabel="processor time of an answer, ms", title=f"catalog: {catalog}", ylim=(0, None)
        )
        axes.set_xticks(sorted({one["servers"] for one in own}))
    panels[0].legend()
    figure.savefig(file, metadata={"Date": None})


def _two_panels() -> tuple[Any, Any]:
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    plt.rcParams.update({"svg.hashsalt": "twinlens", "svg.fonttype": "none", "font.size": 10})
    figure, panels = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for axes in panels:
        axes.grid(alpha=0.3)
    return figure, panels


def main() -> None:
    """``FILE.jsonl FILE.svg [SIZE]``: vectors of that many rows, or servers."""
    lines = Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()
    measured = [json.loads(line) for line in lines if line.startswith("{")]
    if "servers" in measured[0]:
        draw_servers(measured, Path(sys.argv[2]))
    else:
        size = int(sys.argv[3]) if len(sys.argv) > 3 else measured[0]["size"]
        draw([one for one in measured if one["size"] == size], Path(sys.argv[2]))


if __name__ == "__main__":
    main()
