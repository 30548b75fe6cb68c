"""Curves of training runs over their epochs, as Vega-Lite."""

from collections.abc import Sequence
from typing import Any

from twinlens.apps.streamlit.measuring.charts import APART, BELOW, WHOLE, Rows, Spec, tooltips

GREY = "#8d99ae"
DECADES = 1e4  # a rate that falls to nothing does not take the room of the others


def lines(rows: Rows, *, y: str, best: Rows, resumed: Sequence[dict[str, Any]] = (), is_log: bool = False) -> Spec:
    """Curves over epochs, a colour for each run, a dash for each kind.

    Args:
        rows: run, kind, epoch and value.
        y: title of the values.
        best: the same for the best epochs, which get a diamond.
        resumed: run and epoch where runs were continued, which get a dotted line.
        is_log: logarithmic values; those below the largest by more than ``DECADES`` are at the lower edge.
    """
    kinds = list(dict.fromkeys(row["kind"] for row in rows))
    scale: Spec = {"zero": False}
    axis: Spec = {}
    if is_log:
        largest = max(row["value"] for row in rows)
        scale = {"type": "log", "domain": [largest / DECADES, largest], "clamp": True}
        axis = {"format": ".0e", "tickCount": 4}
    x = {"field": "epoch", "type": "quantitative", "axis": WHOLE, "title": "epoch", "scale": {"nice": False}}
    colour = {"field": "run", "type": "nominal", "scale": APART, "legend": BELOW}
    values = {"field": "value", "type": "quantitative", "title": y, "scale": scale, "axis": axis}
    encoding = {"x": x, "y": values, "color": colour}
    stroke = {"stroke": {"value": GREY}, "strokeWidth": {"value": 2}, "size": {"value": 300}}
    legend = {**BELOW, "symbolType": "stroke", "encoding": {"symbols": stroke}}
    dash = {"field": "kind", "type": "nominal", "sort": kinds, "legend": legend} if len(kinds) > 1 else {"value": []}
    tips = tooltips("run", "kind", "epoch", "value")
    layers: list[Spec] = [
        {
            "data": {"values": rows},
            "mark": {"type": "line", "point": {"size": 18}},
            "encoding": {**encoding, "strokeDash": dash, "tooltip": tips},
        },
        {
            "data": {"values": best},
            "mark": {"type": "point", "size": 160, "shape": "diamond", "strokeWidth": 2.5, "opacity": 1},
            "encoding": {**encoding, "tooltip": tips},
        },
        {
            "data": {"values": list(resumed)},
            "mark": {"type": "rule", "strokeDash": [2, 3], "strokeWidth": 1.5},
            "encoding": {"x": x, "color": colour, "tooltip": tooltips("run", "mark")},
        },
    ]
    return {"layer": [layer for layer in layers if layer["data"]["values"]]}
