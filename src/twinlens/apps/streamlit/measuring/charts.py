"""Charts of evaluations as Vega-Lite, drawn by the browser in the page's colours and at its width."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

Spec = dict[str, Any]
Rows = list[dict[str, Any]]
BELOW: Spec = {"orient": "bottom", "direction": "vertical", "labelLimit": 320, "title": None}
APART = {"range": ["#2a9d8f", "#e76f51", "#457b9d", "#e9a03b", "#9b5de5", "#8d99ae", "#c9184a", "#6a994e"]}
COLOURS = {"A is better": "#2a9d8f", "B is better": "#e07a5f", "not clear": "#8d99ae"}
WHOLE: Mapping[str, Any] = {"format": "d", "tickMinStep": 1}
_NAMES = frozenset({"name", "measure", "said", "photo", "own", "run", "kind", "mark"})
_SHOWN_KS = (1, 2, 5, 10, 20, 50, 100)


def show_chart(spec: Spec, *, height: int, key: str, alt: str) -> None:
    """Draws a chart as wide as its place.

    Args:
        spec: in Vega-Lite.
        height: in pixels, with axes and legend.
        key: of the chart.
        alt: what it shows, for people who do not see it.
    """
    st.vega_lite_chart(spec=spec, height=height, key=key, alt=alt)


def recall_chart(curves: Rows, points: Rows, *, letter: str = "R") -> Spec:
    """R@K, or P@K, over K, with the intervals of the K that are reported.

    Args:
        curves: name, k and value of each K; empty where only figures are known.
        points: name, k, value, low and high; low and high are missing without intervals.
        letter: R or P.
    """
    x = {"field": "k", "type": "quantitative", "scale": {"type": "log"}, "title": "K", "axis": _ks(curves, points)}
    y = {"field": "value", "type": "quantitative", "title": f"{letter}@K in %", "scale": {"zero": letter == "P"}}
    is_several = len({row["name"] for row in points}) > 1
    colour = {"field": "name", "type": "nominal", "scale": APART, "legend": BELOW if is_several else None}
    ranged = [row for row in points if "low" in row]
    tips = tooltips("name", "k", "value", "low", "high")
    shown: list[Spec] = [
        {"data": {"values": curves}, "mark": "line", "encoding": {"x": x, "y": y, "color": colour}},
        {
            "data": {"values": ranged},
            "mark": {"type": "errorbar", "ticks": {"size": 8, "strokeWidth": 2}, "rule": {"strokeWidth": 2}},
            "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}, "color": colour},
        },
        {
            "data": {"values": points},
            "mark": {"type": "point", "filled": True, "size": 60, "opacity": 1},
            "encoding": {"x": x, "y": y, "color": colour, "tooltip": tips},
        },
    ]
    return {"layer": [layer for layer in shown if layer["data"]["values"]]}


def difference_chart(rows: Rows) -> Spec:
    """Differences of two models with their intervals, one line a measure; right of 0 the first one is better."""
    y = {"field": "measure", "type": "nominal", "sort": None, "title": None}
    colour = {
        "field": "verdict",
        "type": "nominal",
        "scale": {"domain": list(COLOURS), "range": list(COLOURS.values())},
        "legend": {**BELOW, "direction": "horizontal"},
    }
    return {
        "data": {"values": rows},
        "layer": [
            {
                "mark": {"type": "rule", "strokeWidth": 3},
                "encoding": {
                    "y": y,
                    "x": {
                        "field": "low",
                        "type": "quantitative",
                        "title": "A − B in percentage points, with 95 % intervals",
                    },
                    "x2": {"field": "high"},
                    "color": colour,
                },
            },
            {
                "mark": {"type": "point", "filled": True, "size": 90, "opacity": 1},
                "encoding": {
                    "y": y,
                    "x": {"field": "difference", "type": "quantitative"},
                    "color": colour,
                    "tooltip": tooltips("measure", "A", "B", "difference", "low", "high"),
                },
            },
            {"mark": {"type": "rule", "strokeDash": [4, 4], "color": "#8d99ae"}, "encoding": {"x": {"datum": 0}}},
        ],
    }


def tooltips(*fields: str) -> Sequence[Spec]:
    """Fields of a tooltip; numbers with four digits."""
    return [{"field": field, "format": ".4~g"} if field not in _NAMES else {"field": field} for field in fields]


def _ks(curves: Rows, points: Rows) -> Spec:
    largest = max((int(row["k"]) for row in (*curves, *points)), default=1)
    return {"values": [k for k in _SHOWN_KS if k <= largest], "format": "d"}
